//! Online backup: a directory that opens as a journal.

use std::fs::{self, File};
use std::path::Path;

use synod_protocol::store::{BackupReport, StoreRefusal};
use synod_store_core::{Manifest, Mark, SegmentId, SnapshotName};

use crate::error::{FileError, Trying};
use crate::files::Files;
use crate::journal::create_private;
use crate::recover::{Purpose, recover};
use crate::shared::Shared;

/// What a backup consists of: the journal as it was at one moment. Everything named here is
/// synced, and stays as it is while a backup is running.
struct Plan {
    records: u64,
    manifest: Manifest,
    mark: Mark,
    segments: Vec<(SegmentId, u64)>,
    snapshots: Vec<SnapshotName>,
}

/// While it lives, no file is removed.
struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.housekeeping.lock().is_backup_running = false;
    }
}

impl Shared {
    /// Copies everything committed into `to`, an empty or new directory, and reads the copy back.
    pub(crate) fn back_up(&self, to: &Path) -> Result<BackupReport, StoreRefusal> {
        let invalid = |reason: String| StoreRefusal::Invalid(format!("no backup: {reason}"));
        create_private(to).map_err(|error| invalid(format!("{}: {error}", to.display())))?;
        let mut entries =
            fs::read_dir(to).map_err(|error| invalid(format!("{}: {error}", to.display())))?;
        if entries.next().is_some() {
            return Err(invalid(format!("{} is not empty", to.display())));
        }
        let (plan, running) =
            self.plan_backup().ok_or_else(|| invalid("another one is running".into()))?;
        let report = self.copy(&plan, to).map_err(|error| invalid(error.to_string()))?;
        drop(running);
        let copy = Files::new(self.files.disk.clone(), to);
        let found = recover(&copy, self.limits.clone(), Purpose::Verify)
            .map_err(|error| invalid(format!("the copy is not good: {error}")))?;
        let records = found.index.next().0 - 1;
        if records != plan.records || 0 < found.tail.torn {
            return Err(invalid(format!("the copy has {records} of {} records", plan.records)));
        }
        Ok(report)
    }

    fn plan_backup(&self) -> Option<(Plan, Running<'_>)> {
        let mut housekeeping = self.housekeeping.lock();
        if housekeeping.is_backup_running {
            return None;
        }
        housekeeping.is_backup_running = true;
        let index = self.index.lock();
        let (segment, offset) = index.end();
        let plan = Plan {
            records: index.next().0 - 1,
            manifest: index.manifest(),
            mark: Mark { segment, offset },
            segments: index.segments().collect(),
            snapshots: index.newest_snapshots(),
        };
        Some((plan, Running(self)))
    }

    /// The manifest is written last: without it the copy does not open.
    fn copy(&self, plan: &Plan, to: &Path) -> Result<BackupReport, FileError> {
        let target = Files::new(self.files.disk.clone(), to);
        target.make_directories()?;
        let mut report = BackupReport { files: 2, bytes: 0 };
        for &(segment, length) in &plan.segments {
            let from = self.files.segment(segment);
            report.add(self.copy_file(&from, &target, &target.segment(segment), Some(length))?);
            if segment != plan.mark.segment {
                let (from, to) = (self.files.directory(segment), target.directory(segment));
                report.add(self.copy_file(&from, &target, &to, None)?);
            }
        }
        for name in &plan.snapshots {
            let (from, to) = (self.files.snapshot(name), target.snapshot(name));
            report.add(self.copy_file(&from, &target, &to, None)?);
        }
        target.write_mark(plan.mark)?;
        target.write_manifest(&plan.manifest)?;
        Ok(report)
    }

    /// Copies the first `length` bytes, or all.
    fn copy_file(
        &self,
        from: &Path,
        target: &Files,
        to: &Path,
        length: Option<u64>,
    ) -> Result<u64, FileError> {
        let file = File::open(from).trying("open", from)?;
        let whole = file.metadata().trying("read", from)?.len();
        let length = length.unwrap_or(whole);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.files.disk.read_at(&file, &mut bytes, 0).trying("read", from)?;
        target.replace(to, &bytes)?;
        Ok(length)
    }
}

/// Adds one file.
trait Add {
    fn add(&mut self, bytes: u64);
}

impl Add for BackupReport {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}
