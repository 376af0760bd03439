use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_store_core::{Manifest, Mark, SegmentHeader, SegmentId, SnapshotName};

use crate::disk::Disk;
use crate::error::{FileError, Trying};

const TEMPORARY: &str = "tmp";

/// Where the files of a journal are, and how they are replaced.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) disk: Arc<dyn Disk>,
    journal: PathBuf,
    snapshots: PathBuf,
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>, data_dir: &Path) -> Self {
        let journal = data_dir.join("journal");
        let snapshots = journal.join("snapshots");
        Self { disk, journal, snapshots }
    }

    /// Makes the directories, so that they are there after a power failure too.
    pub(crate) fn make_directories(&self) -> Result<(), FileError> {
        fs::create_dir_all(&self.snapshots).trying("create", &self.snapshots)?;
        for directory in self.snapshots.ancestors().skip(1).take(3) {
            if !directory.as_os_str().is_empty() {
                self.disk.sync_dir(directory).trying("sync", directory)?;
            }
        }
        Ok(())
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.journal.join("manifest")
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.journal.join("mark")
    }

    pub(crate) fn segment(&self, segment: SegmentId) -> PathBuf {
        self.journal.join(segment.file_name())
    }

    pub(crate) fn directory(&self, segment: SegmentId) -> PathBuf {
        self.journal.join(segment.directory_name())
    }

    pub(crate) fn snapshot(&self, name: &SnapshotName) -> PathBuf {
        self.snapshots.join(name.file_name())
    }

    /// Names of the files of the journal, and of its snapshots.
    pub(crate) fn names(&self) -> Result<(Vec<String>, Vec<String>), FileError> {
        Ok((names_in(&self.journal)?, names_in(&self.snapshots)?))
    }

    /// Removes what a replacement that was not finished left behind.
    pub(crate) fn remove_temporary(&self) -> Result<(), FileError> {
        for directory in [&self.journal, &self.snapshots] {
            for name in names_in(directory)? {
                let path = directory.join(name);
                if path.extension().is_some_and(|extension| extension == TEMPORARY) {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Makes `path` a file with these bytes, durably; or leaves what was there.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(TEMPORARY);
        let temporary = PathBuf::from(name);
        // A rest of an earlier try is no obstacle.
        remove(&temporary)?;
        let file = write_to(&temporary)?;
        self.write(&file, &temporary, bytes, 0)?;
        self.disk.sync(&file).trying("sync", &temporary)?;
        self.disk.rename(&temporary, path).trying("rename", &temporary)?;
        self.sync_parent(path)
    }

    /// Replaces the manifest.
    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> Result<(), FileError> {
        let path = self.manifest();
        self.replace(&path, &manifest.encode().trying("encode", &path)?)
    }

    /// Replaces the mark, durably.
    pub(crate) fn write_mark(&self, mark: Mark) -> Result<(), FileError> {
        self.replace(&self.mark(), &mark.file())
    }

    /// Begins a segment and opens it for writing. What a try before left there is replaced: the
    /// manifest does not list it.
    pub(crate) fn begin_segment(&self, header: SegmentHeader) -> Result<File, FileError> {
        let path = self.segment(header.segment);
        self.replace(&path, &header.encode())?;
        write_to(&path)
    }

    /// Writes all of `bytes` at `offset`.
    pub(crate) fn write(
        &self,
        file: &File,
        path: &Path,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), FileError> {
        let (mut rest, mut offset) = (bytes, offset);
        while !rest.is_empty() {
            match self.disk.write_at(file, rest, offset) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero)).trying("write", path),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    offset += written as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error).trying("write", path),
            }
        }
        Ok(())
    }

    /// All bytes of a file; `None` if there is none.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, FileError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.trying("open", path)?,
        };
        let length = file.metadata().trying("read", path)?.len();
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.disk.read_at(&file, &mut bytes, 0).trying("read", path)?;
        Ok(Some(bytes))
    }

    fn sync_parent(&self, path: &Path) -> Result<(), FileError> {
        let parent = path.parent().unwrap_or(&self.journal);
        self.disk.sync_dir(parent).trying("sync", parent)
    }
}

/// Opens a file for writing; makes it if it is not there.
pub(crate) fn write_to(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).open(path).trying("open", path)
}

/// Removes a file that may be gone already.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.trying("remove", path),
    }
}

fn names_in(directory: &Path) -> Result<Vec<String>, FileError> {
    let entries = fs::read_dir(directory).trying("list", directory)?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.trying("list", directory)?;
        // A name that is no text is none of ours.
        names.extend(entry.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}
