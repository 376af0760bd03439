//! Snapshots, and what becomes superfluous through them.

use bytes::Bytes;
use synod_protocol::store::{Snapshot, StoreRefusal};
use synod_store::refusal;
use synod_store_core::{SnapshotName, decode_snapshot, encode_snapshot};
use synod_types::store::{StreamId, Version};

use crate::error::{FileError, Trying};
use crate::files::remove;
use crate::shared::Shared;

impl Shared {
    /// Saves a state. A state older than the newest saved one is no news.
    pub(crate) fn save_snapshot(
        &self,
        stream: StreamId,
        at: Version,
        state: &Bytes,
    ) -> Result<(), StoreRefusal> {
        self.check_writable()?;
        let (value, limit) = (state.len() as u64, self.limits.snapshot_bytes_max);
        if limit < value {
            return Err(StoreRefusal::TooLarge { what: "bytes of a snapshot", value, limit });
        }
        let saving = self.saving.lock();
        if !self.index.lock().wants_snapshot(&stream, at).map_err(refusal)? {
            return Ok(());
        }
        let name = SnapshotName { stream, at };
        let path = self.files.snapshot(&name);
        let bytes = encode_snapshot(&name, state).trying("encode", &path);
        let written = bytes.and_then(|bytes| self.files.replace(&path, &bytes));
        written.map_err(|error| self.fail_writing(&error))?;
        self.index.lock().snapshot_saved(&name);
        self.metrics.snapshot_saved();
        drop(saving);
        self.tidy().map_err(|error| self.fail_writing(&error))
    }

    /// The newest state that is good, if the journal goes on from there. No state at all is only
    /// an answer if the journal has the stream from its beginning.
    pub(crate) fn load_snapshot(
        &self,
        stream: &StreamId,
    ) -> Result<Option<Snapshot>, StoreRefusal> {
        let (names, is_whole) = self.index.lock().snapshots(stream);
        let mut refused = None;
        for name in names {
            let path = self.files.snapshot(&name);
            let bytes = self.files.read(&path).map_err(|error| self.unreadable(&error))?;
            if let Some(state) = bytes.and_then(|bytes| decode_snapshot(&name, &bytes)) {
                return Ok(Some(Snapshot { at: name.at, state }));
            }
            refused = Some(self.damaged(&path, 0));
        }
        match refused {
            Some(refusal) if !is_whole => Err(refusal),
            Some(_) | None => Ok(None),
        }
    }

    /// Removes surplus snapshots, and segments for all of whose records snapshots stand.
    pub(crate) fn tidy(&self) -> Result<(), FileError> {
        let housekeeping = self.housekeeping.lock();
        if housekeeping.is_backup_running {
            return Ok(());
        }
        self.drop_segments()?;
        let surplus = self.index.lock().surplus_snapshots();
        for name in surplus {
            remove(&self.files.snapshot(&name))?;
            self.index.lock().snapshot_removed(&name);
        }
        drop(housekeeping);
        self.publish();
        Ok(())
    }

    fn drop_segments(&self) -> Result<(), FileError> {
        let (segments, stand_ins) = {
            let index = self.index.lock();
            let segments = index.droppable();
            let stand_ins = index.stand_ins(&segments);
            (segments, stand_ins)
        };
        if segments.is_empty() {
            return Ok(());
        }
        for name in stand_ins {
            let path = self.files.snapshot(&name);
            let bytes = self.files.read(&path)?;
            if bytes.is_none_or(|bytes| decode_snapshot(&name, &bytes).is_none()) {
                // Counted and logged. The records stay, so nothing is lost.
                drop(self.damaged(&path, 0));
                return Ok(());
            }
        }
        let manifest = {
            let mut index = self.index.lock();
            index.forget(&segments);
            index.manifest()
        };
        self.files.write_manifest(&manifest)?;
        for &segment in &segments {
            remove(&self.files.segment(segment))?;
            remove(&self.files.directory(segment))?;
        }
        self.metrics.dropped(segments.len());
        Ok(())
    }
}
