//! A journal that outlives crashes, for the simulations of both sides.

use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Default)]
pub(crate) struct Journal(Vec<Vec<u8>>);

impl Journal {
    /// The effects that happen if the process dies after so many of them. The records of one
    /// input become durable together; if it dies before the first effect, not at all.
    pub(crate) fn commit<E, R: Serialize>(
        &mut self,
        mut effects: Vec<E>,
        reached: Option<usize>,
        record: impl Fn(&E) -> Option<&R>,
    ) -> Vec<E> {
        if reached != Some(0) {
            self.0.extend(effects.iter().filter_map(record).map(crate::encode));
        }
        effects.truncate(reached.unwrap_or(usize::MAX));
        effects
    }

    pub(crate) fn records<R: DeserializeOwned>(&self) -> impl Iterator<Item = R> {
        self.0.iter().map(|record| crate::decode(record).unwrap())
    }
}
