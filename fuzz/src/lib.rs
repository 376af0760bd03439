//! Targets of libFuzzer, one binary each: what they assert stands in `tests/decoders/targets`.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub use libfuzzer_sys;

#[path = "../../tests/decoders/targets/mod.rs"]
mod targets;

/// Runs the target of this name on one input.
pub fn check(target: &str, data: &[u8]) {
    (targets::named(target).check)(data);
}

/// Writes the inputs to begin from into the directory that `SYNOD_FUZZ_SEEDS` names, if any.
pub fn plant(target: &str) {
    let Some(directory) = std::env::var_os("SYNOD_FUZZ_SEEDS") else { return };
    let directory = std::path::Path::new(&directory);
    std::fs::create_dir_all(directory).unwrap();
    for (n, seed) in (targets::named(target).seeds)().into_iter().enumerate() {
        std::fs::write(directory.join(format!("seed-{n:03}")), seed).unwrap();
    }
}

/// The binary of one target.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(
            init: $crate::plant($name),
            |data: &[u8]| $crate::check($name, data)
        );
    };
}
