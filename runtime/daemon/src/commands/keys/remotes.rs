//! The keys of a topology that are elsewhere.

use std::path::Path;

use serde_json::{Map, Value, json};
use synod_config::Config;

use super::show::Told;
use crate::commands::files::refused;
use crate::commands::run::runtime;
use crate::exit::{CONFIG, Exit};
use crate::out;
use crate::topology::{RemoteView, remotes};

/// Says which remote signers a topology has, and whether they have their keys. Has nothing signed.
pub(super) fn list(file: &Path, as_json: bool) -> Result<(), Exit> {
    let config = Config::load(file).map_err(refused)?;
    let data_dir = &config.runtime.data_dir;
    let looked = runtime(&config)?.block_on(remotes(&config, data_dir));
    let views = looked.map_err(|error| Exit::new(CONFIG, error.to_string()))?;
    let told: Vec<Map<String, Value>> = views.into_iter().map(told).collect();
    if as_json {
        return out::json(&json!(told));
    }
    for one in told {
        let words = ["signer", "remote", "scheme", "state", "problem"];
        let words = words.iter().filter_map(|&word| one.get(word)?.as_str());
        out::line(words.collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}

fn told(view: RemoteView) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("signer".to_owned(), json!(view.signer.as_str()));
    told.insert("remote".to_owned(), json!(view.place));
    told.extend(Told::key(&view.key));
    match view.outcome {
        Ok(()) => told.insert("state".to_owned(), json!("has the key")),
        Err(error) => told.insert("problem".to_owned(), json!(&*error.why)),
    };
    told
}
