//! Signing guards while no daemon runs: their journals, their keys and the marks beside those.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

use synod_config::{Actor, Config, KeySource as Place, Settings, StoreSettings};
use synod_protocol::store::StoreRefusal;
use synod_signature::{GuardRecord, Mark, guard_stream};
use synod_signature_core::guard::interchange::{KeyRecords, MergeRefusal, merge};
use synod_store::{Answer, JournalPort, Metrics, Request};
use synod_store_segment::{Journal, OpenError};
use synod_supervision::Failure;
use synod_types::actor::ActorId;
use synod_types::signature::PublicKey;
use synod_types::store::Version;

use crate::exit::{DATA, Exit, IO, UNAVAILABLE};
use crate::topology::service::keys::{KeyPlace, place};
use crate::topology::service::records_max;
use crate::topology::store;

/// Bytes of records read at once.
const PAGE_BYTES: u32 = 1 << 20;

/// Every guard of a topology, and their journals, held against any daemon.
pub(crate) struct Guards {
    journals: BTreeMap<ActorId, (Journal, StoreSettings)>,
    /// By signer. One whose key is yet to be generated has none.
    pub(crate) guards: BTreeMap<ActorId, Guard>,
}

/// What one guard remembers.
pub(crate) struct Guard {
    pub(crate) held: KeyRecords,
    /// Of its key; none if none can be kept.
    pub(crate) mark: Option<Mark>,
    key: KeyPlace,
    store: ActorId,
}

impl Guard {
    /// Whether its signer would sign: it lacks nothing that the key has signed by.
    pub(crate) fn is_whole(&self) -> bool {
        self.mark.is_none_or(|mark| mark.is_passed_by(&self.held.records))
    }
}

/// What a file adds to one guard.
pub(crate) struct Addition {
    pub(crate) signer: ActorId,
    /// Of so many.
    pub(crate) brought: usize,
    pub(crate) records: Vec<GuardRecord>,
}

impl Guards {
    /// Opens every journal in which a signer's guard lies, and reads the guards. A journal that is
    /// not there is begun if `may_begin`, and an error otherwise.
    pub(crate) fn open(config: &Config, data_dir: &Path, may_begin: bool) -> Result<Self, Exit> {
        let mut all = Self { journals: BTreeMap::new(), guards: BTreeMap::new() };
        for (id, actor) in &config.topology.actors {
            let Settings::Signer(settings) = &actor.settings else { continue };
            let key = place(data_dir, id, settings);
            if settings.key == Place::Generated && key.is_absent() {
                continue;
            }
            let failed = |error| Exit::new(IO, format!("{id}: {}", Failure::from(error).chain()));
            let public = key.public_key().map_err(failed)?;
            if let Some((other, _)) = all.guards.iter().find(|(_, it)| it.held.key == public) {
                return Err(Exit::new(DATA, format!("{id}: {other} holds the same key")));
            }
            let store = journal_of(config, id)?;
            all.hold(config, data_dir, store, may_begin)?;
            let mark = key.mark().map_err(failed)?;
            let held = KeyRecords { key: public, records: all.read(store, &public)? };
            let store = store.clone();
            all.guards.insert(id.clone(), Guard { held, mark, key, store });
        }
        Ok(all)
    }

    fn hold(
        &mut self,
        config: &Config,
        data_dir: &Path,
        id: &ActorId,
        may_begin: bool,
    ) -> Result<(), Exit> {
        if self.journals.contains_key(id) {
            return Ok(());
        }
        let actor = config.topology.actors.get(id);
        let Some(Actor { settings: Settings::Store(settings), .. }) = actor else {
            return Err(Exit::new(DATA, format!("{id} is no store")));
        };
        let directory = store::directory(config, data_dir, id);
        if !may_begin && !directory.join("journal").is_dir() {
            let text = format!("{}: no journal; is it the data directory?", directory.display());
            return Err(Exit::new(IO, text));
        }
        let opened = Journal::open(&directory, store::limits(settings), Metrics::register());
        let journal = opened.map_err(|error| {
            let code = if matches!(error, OpenError::Locked { .. }) { UNAVAILABLE } else { IO };
            Exit::new(code, format!("{id}: {}", Failure::from(error).chain()))
        })?;
        self.journals.insert(id.clone(), (journal, settings.clone()));
        Ok(())
    }

    fn read(&self, store: &ActorId, key: &PublicKey) -> Result<Vec<GuardRecord>, Exit> {
        let (stream, mut after) = (guard_stream(key), Version(0));
        let mut records = Vec::new();
        loop {
            let stream = stream.clone();
            let page = self.ask(store, |answer| Request::Read {
                stream,
                after,
                bytes_max: PAGE_BYTES,
                answer,
            })?;
            for record in &page.records {
                let read = GuardRecord::decode(record);
                records.push(read.map_err(|error| Exit::new(DATA, format!("{store}: {error}")))?);
            }
            if !page.more || page.version_after <= after {
                return Ok(records);
            }
            after = page.version_after;
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        store: &ActorId,
        request: impl FnOnce(Answer<T>) -> Request,
    ) -> Result<T, Exit> {
        let failed = |why: String| Exit::new(IO, format!("{store}: {why}"));
        let (sender, answer) = mpsc::channel::<Result<T, StoreRefusal>>();
        // A receiver that has gone wants no answer.
        let request = request(Answer::new(move |result| drop(sender.send(result))));
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let journal = self.journals.get(store).map(|(journal, _)| journal);
        let journal = journal.ok_or_else(|| failed("its journal is not open".to_owned()))?;
        runtime.block_on(journal.submit(request));
        let answer = answer.recv().map_err(|_| failed("the journal gives no answer".to_owned()))?;
        answer.map_err(|refusal| failed(refusal.to_string()))
    }

    /// What these records add, guard by guard; nothing is written.
    pub(crate) fn additions(&self, keys: &[KeyRecords]) -> Result<Vec<Addition>, Exit> {
        let refused = |refusal: MergeRefusal| Exit::new(DATA, refusal.to_string());
        let one = |brought: &KeyRecords| {
            let owner = self.guards.iter().find(|(_, guard)| guard.held.key == brought.key);
            let Some((signer, guard)) = owner else {
                let key = synod_signature_core::guard::interchange::Name::of(&brought.key);
                let text = format!("{key}: no signer here holds it; export only what belongs here");
                return Err(Exit::new(DATA, text));
            };
            let records = merge(&guard.held.records, brought, guard.mark).map_err(refused)?;
            Ok(Addition { signer: signer.clone(), brought: brought.records.len(), records })
        };
        keys.iter().map(one).collect()
    }

    /// Makes an addition durable, then raises the key's mark over it.
    pub(crate) fn add(&mut self, addition: Addition) -> Result<(), Exit> {
        let Addition { signer, records, .. } = addition;
        let Some(guard) = self.guards.get(&signer) else { return Ok(()) };
        let store = &guard.store;
        let Some((_, settings)) = self.journals.get(store) else { return Ok(()) };
        let mut after = Version(guard.held.records.len() as u64);
        for some in records.chunks(records_max(settings)) {
            let stream = guard_stream(&guard.held.key);
            let records = some.iter().map(|record| record.encode().into()).collect();
            after = self.ask(store, |answer| Request::Append { stream, after, records, answer })?;
        }
        let all = guard.held.records.iter().chain(&records);
        if let Some(mark) = guard.mark {
            let raised = guard.key.raise(mark, Mark::of(all));
            raised.map_err(|error| {
                let text = Failure::from(error).chain();
                Exit::new(IO, format!("{signer}: the records are added, the mark is not: {text}"))
            })?;
        }
        Ok(())
    }
}

/// The store in which a signer's guard lies.
fn journal_of<'a>(config: &'a Config, signer: &'a ActorId) -> Result<&'a ActorId, Exit> {
    let store = config.topology.targets(signer, "journal").next();
    store.ok_or_else(|| Exit::new(DATA, format!("{signer} has no journal")))
}
