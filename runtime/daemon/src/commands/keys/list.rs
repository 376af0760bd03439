//! The keys of a directory.

use std::path::Path;

use serde_json::{Value, json};
use synod_signature::KeySourceError;
use synod_signature_keyfile::{is_plain, read_keystore};
use synod_supervision::Failure;

use super::show::Told;
use crate::exit::{Exit, IO};
use crate::out;

/// Entries of a directory that are looked at; more are said to be left out.
const ENTRIES_MAX: usize = 10_000;

/// Says which files of a directory hold keys. Those that hold something else are passed over.
pub(super) fn list(directory: &Path, as_json: bool) -> Result<(), Exit> {
    let failed = |error: std::io::Error| Exit::new(IO, format!("{}: {error}", directory.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)?.take(ENTRIES_MAX + 1) {
        paths.push(entry.map_err(failed)?.path());
    }
    let is_cut = ENTRIES_MAX < paths.len();
    paths.truncate(ENTRIES_MAX);
    paths.retain(|path| path.is_file());
    paths.sort();
    let found: Vec<Value> = paths.iter().filter_map(|path| look(path)).collect();
    if as_json {
        out::json(&json!(found))?;
    } else {
        found.iter().try_for_each(|one| out::line(row(one)))?;
    }
    if is_cut {
        let text = format!("{}: only {ENTRIES_MAX} entries were looked at", directory.display());
        return Err(Exit::new(IO, text));
    }
    Ok(())
}

/// What is told of one file; nothing if it holds no key.
fn look(path: &Path) -> Option<Value> {
    match read_keystore(path) {
        Ok(store) => Some(Told::store("keystore", path, &store).json()),
        Err(KeySourceError::Keystore { .. }) if is_plain(path) => {
            Some(json!({ "keystore": path.display().to_string(), "form": "plain" }))
        }
        // It may hold a key, and others can read it.
        Err(error @ KeySourceError::Exposed { .. }) if is_named_like_a_key(path) => {
            let problem = Failure::from(error).chain();
            Some(json!({ "keystore": path.display().to_string(), "problem": problem }))
        }
        Err(_) => None,
    }
}

fn is_named_like_a_key(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json" || extension == "key")
}

fn row(told: &Value) -> String {
    let text = |name: &str| told[name].as_str().unwrap_or("").to_owned();
    if told["problem"].is_string() {
        return text("problem");
    }
    let (file, form, scheme) = (text("keystore"), text("form"), text("scheme"));
    let mut key = text("claims");
    if 24 < key.len() {
        key = format!("{}…{}", &key[..12], &key[key.len() - 6..]);
    }
    format!("{file}  {form}  {scheme}  {key}").trim_end().to_owned()
}
