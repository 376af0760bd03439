//! Reads the conformance files.

use alloy_primitives::{Bytes, FixedBytes};
use serde_json::Value;

pub(crate) fn ponos() -> Value {
    let text =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/ponos.json"));
    serde_json::from_str(text).unwrap()
}

pub(crate) fn bls() -> Value {
    let text =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/bls.json"));
    serde_json::from_str(text).unwrap()
}

#[track_caller]
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[track_caller]
pub(crate) fn bytes(value: &Value) -> Bytes {
    text(value).parse().unwrap()
}

#[track_caller]
pub(crate) fn number<T: TryFrom<u64, Error: std::fmt::Debug>>(value: &Value) -> T {
    value.as_u64().unwrap().try_into().unwrap()
}

/// Hexadecimal, with leading zeros left out or not.
#[track_caller]
pub(crate) fn fixed<const N: usize>(value: &Value) -> FixedBytes<N> {
    let digits = text(value).trim_start_matches("0x");
    format!("{digits:0>width$}", width = 2 * N).parse().unwrap()
}

/// Decimal words, big-endian, one after another.
#[track_caller]
pub(crate) fn words<const N: usize>(words: &[&Value]) -> FixedBytes<N> {
    let word =
        |value: &&Value| text(value).parse::<alloy_primitives::U256>().unwrap().to_be_bytes::<32>();
    FixedBytes::from_slice(&words.iter().map(word).collect::<Vec<_>>().concat())
}
