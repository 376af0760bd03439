//! What is said of a key: never the secret.

use std::path::Path;

use serde_json::{Map, Value, json};
use synod_signature_core::bn254::{G1, operator_id};
use synod_signature_keyfile::Keystore;
use synod_types::signature::PublicKey;

use crate::exit::Exit;
use crate::out;

/// What is told of one key, in order.
pub(super) struct Told(Vec<(&'static str, Value)>);

impl Told {
    /// Of a key that is known.
    pub(super) fn of(did: &'static str, path: &Path, key: &PublicKey) -> Self {
        Self(vec![(did, json!(path.display().to_string())), ("scheme", json!(key.scheme().name()))])
            .with_key(key)
    }

    /// Of a key alone.
    pub(super) fn key(key: &PublicKey) -> Map<String, Value> {
        let told = Self(vec![("scheme", json!(key.scheme().name()))]).with_key(key);
        told.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Of a keystore that is not open.
    pub(super) fn store(did: &'static str, path: &Path, store: &Keystore) -> Self {
        let name = if did.is_empty() { "keystore" } else { did };
        let mut told = vec![
            (name, json!(path.display().to_string())),
            ("form", json!(store.form().name())),
            ("scheme", json!(store.scheme().name())),
            ("work", json!(store.work().to_string())),
        ];
        let path = store.path().filter(|path| !path.is_empty());
        told.extend(path.map(|path| ("path", json!(path))));
        told.extend(store.id().map(|id| ("id", json!(id))));
        told.extend(store.claimed().map(|key| ("claims", json!(key))));
        Self(told)
    }

    /// It opened.
    pub(super) fn opened(mut self, key: &PublicKey) -> Self {
        self.0.push(("opens", json!(true)));
        self.with_key(key)
    }

    /// And the former file is kept there.
    pub(super) fn kept(mut self, path: &Path) -> Self {
        self.0.push(("former", json!(path.display().to_string())));
        self
    }

    /// The public half, as `public_key` of a set's member wants it.
    fn with_key(mut self, key: &PublicKey) -> Self {
        match key {
            PublicKey::Bn254 { g1, g2 } => {
                let both = format!("{g1}{}", &g2.to_string()[2..]);
                self.0.push(("public_key", json!(both)));
                let id = G1::decode(g1).map(|g1| operator_id(&g1).to_string()).ok();
                self.0.extend(id.map(|id| ("operator_id", json!(id))));
            }
            PublicKey::Bls12381(key) => self.0.push(("public_key", json!(key.to_string()))),
            PublicKey::Ecdsa(address) => self.0.push(("public_key", json!(address.to_string()))),
        }
        self
    }

    pub(super) fn json(self) -> Value {
        let members = self.0.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(members.collect::<Map<_, _>>())
    }

    pub(super) fn tell(self, as_json: bool) -> Result<(), Exit> {
        if as_json {
            return out::json(&self.json());
        }
        for (name, value) in self.0 {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out::line(format_args!("{name:<12} {text}"))?;
        }
        Ok(())
    }
}
