//! Topology files: any text is a configuration or a list of errors, each with its place.

use synod_config::{Config, ConfigErrors, DEFAULT, Profile};

/// Begins a file that names a place outside; what such a place holds is not looked for here.
const PLACES: [&str; 2] = ["file", "env"];

pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if PLACES.iter().any(|place| text.contains(place)) {
        return;
    }
    match Config::parse("a.toml", text) {
        Ok(config) => {
            let effective = config.effective();
            if !effective.contains("<redacted>") {
                let again = Config::parse("a.toml", &effective);
                assert_eq!(again.map(|again| again.effective()), Ok(effective));
            }
        }
        Err(errors) => named(&errors, text),
    }
}

/// Each error is one line, and stands in the text.
fn named(errors: &ConfigErrors, text: &str) {
    assert!(!errors.errors().is_empty() && errors.errors().len() <= ConfigErrors::MAX);
    let lines = text.split('\n').count();
    for error in errors.errors() {
        assert!((1..=lines).contains(&error.line) && 1 <= error.column, "{error:?}");
        assert!(!error.rule.is_empty() && !error.to_string().contains('\n'));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let profiles = Profile::ALL.iter().map(|profile| profile.text());
    let short = [
        "[actors.a]\nkind = \"store\"\npath = \"x\"\n",
        "[breakers.b]\nopen_for = \"1s\"\n[topology]\nroot = \"r\"\n",
        "[http]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"info\"\n",
    ];
    profiles.chain([DEFAULT, ""]).chain(short).map(|text| text.as_bytes().to_vec()).collect()
}
