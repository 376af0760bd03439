//! From files to an index.

use std::fs;

use synod_store_core::{
    Directory, Frame, Inconsistent, Index, Limits, Manifest, Mark, SEGMENT_HEADER_BYTES,
    SegmentHeader, SegmentId, SnapshotName, Tail, decode_snapshot, scan,
};

use crate::OpenError;
use crate::error::Trying;
use crate::files::{Files, remove};

/// What the files are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To go on writing. Of sealed segments the directories are read, the last segment whole.
    Open,
    /// To know that everything is good. Every byte is read, nothing is changed.
    Verify,
}

/// What was found.
pub(crate) struct Recovered {
    pub(crate) index: Index,
    /// Of the last segment.
    pub(crate) tail: Tail,
}

/// Whether no journal was ever begun here. A journal without its manifest is not a new one.
pub(crate) fn is_new(files: &Files) -> Result<bool, OpenError> {
    if files.read(&files.manifest())?.is_some() {
        return Ok(false);
    }
    let (names, snapshots) = files.names()?;
    let first = Mark { segment: SegmentId(1), offset: SEGMENT_HEADER_BYTES };
    let mark = files.read(&files.mark())?;
    let is_beyond = mark.is_some_and(|bytes| Mark::decode(&bytes) != Some(first));
    let mut has_records = is_beyond || !snapshots.is_empty();
    for segment in names.iter().filter_map(|name| SegmentId::from_file_name(name)) {
        has_records |= segment != SegmentId(1) || length(files, segment)? > SEGMENT_HEADER_BYTES;
    }
    if has_records { Err(OpenError::Missing { file: files.manifest() }) } else { Ok(true) }
}

/// Reads what is there.
pub(crate) fn recover(
    files: &Files,
    limits: Limits,
    purpose: Purpose,
) -> Result<Recovered, OpenError> {
    let manifest = read_manifest(files)?;
    let mark = read_mark(files)?;
    let damaged = || OpenError::Corrupt { file: files.manifest(), offset: 0 };
    let (&last, sealed) = manifest.segments.split_last().ok_or_else(damaged)?;
    if last < mark.segment {
        return Err(OpenError::OldJournal { marked: mark.segment, last });
    }
    if purpose == Purpose::Open {
        remove_unlisted(files, &manifest, last)?;
    }
    let mut index = Index::new(limits, last, manifest.floors);
    for &segment in sealed {
        add_sealed(files, &mut index, segment, purpose)?;
    }
    let synced = if mark.segment == last { mark.offset } else { 0 };
    let bytes = read_segment(files, last)?;
    let tail = add_frames(files, &mut index, last, &bytes, synced)?;
    index.add_snapshots(find_snapshots(files, purpose)?)?;
    Ok(Recovered { index, tail })
}

fn read_manifest(files: &Files) -> Result<Manifest, OpenError> {
    let file = files.manifest();
    let Some(bytes) = files.read(&file)? else {
        return Err(OpenError::Missing { file });
    };
    Manifest::decode(&bytes).ok_or(OpenError::Corrupt { file, offset: 0 })
}

fn read_mark(files: &Files) -> Result<Mark, OpenError> {
    let file = files.mark();
    let Some(bytes) = files.read(&file)? else {
        return Err(OpenError::Missing { file });
    };
    Mark::decode(&bytes).ok_or(OpenError::Corrupt { file, offset: 0 })
}

/// Removes segments that were dropped or never used, as the manifest says, and directories whose
/// segment is not sealed after all.
fn remove_unlisted(files: &Files, manifest: &Manifest, last: SegmentId) -> Result<(), OpenError> {
    for name in files.names()?.0 {
        let segment = SegmentId::from_file_name(&name);
        if let Some(segment) = segment.filter(|segment| !manifest.segments.contains(segment)) {
            let file = files.segment(segment);
            if last < segment && SEGMENT_HEADER_BYTES < length(files, segment)? {
                return Err(OpenError::Unlisted { file });
            }
            remove(&file)?;
        }
        let of = SegmentId::from_directory_name(&name);
        if let Some(segment) = of.filter(|of| *of == last || !manifest.segments.contains(of)) {
            remove(&files.directory(segment))?;
        }
    }
    Ok(())
}

fn add_sealed(
    files: &Files,
    index: &mut Index,
    segment: SegmentId,
    purpose: Purpose,
) -> Result<(), OpenError> {
    let path = files.directory(segment);
    let file = files.read(&path)?;
    let directory = file.as_deref().and_then(decode_directory).filter(|d| d.segment == segment);
    if let Some(directory) = &directory {
        let length = length(files, segment)?;
        if length != directory.length {
            let offset = length.min(directory.length);
            return Err(OpenError::Corrupt { file: files.segment(segment), offset });
        }
        if purpose == Purpose::Open {
            check_header(files, SegmentHeader { segment, first: directory.first })?;
            return Ok(index.add_sealed(directory)?);
        }
    }
    let bytes = read_segment(files, segment)?;
    add_frames(files, index, segment, &bytes, bytes.len() as u64)?;
    let (found, tracks) = index.directory();
    let whole = found.encode(&tracks).trying("encode", &path)?;
    index.roll(&found);
    match purpose {
        Purpose::Verify if file.as_ref() == Some(&whole) => Ok(()),
        Purpose::Verify => Err(OpenError::Corrupt { file: path, offset: 0 }),
        Purpose::Open => {
            tracing::warn!(file = %path.display(), "missing or damaged; made anew from its segment");
            Ok(files.replace(&path, &whole)?)
        }
    }
}

/// No frame's checksum covers the header, and nobody reads it after this.
fn check_header(files: &Files, expected: SegmentHeader) -> Result<(), OpenError> {
    let path = files.segment(expected.segment);
    let mut bytes = [0; SEGMENT_HEADER_BYTES as usize];
    let file = fs::File::open(&path).trying("open", &path)?;
    files.disk.read_at(&file, &mut bytes, 0).trying("read", &path)?;
    let is_good = SegmentHeader::decode(&bytes) == Some(expected);
    if is_good { Ok(()) } else { Err(OpenError::Corrupt { file: path, offset: 0 }) }
}

fn decode_directory(file: &[u8]) -> Option<Directory> {
    let (head, rest) = file.split_at_checked(Directory::HEAD_BYTES)?;
    let length = usize::try_from(Directory::length(head)?).ok()?;
    Directory::decode(rest.get(..length)?)
}

/// Adds a segment frame by frame.
fn add_frames(
    files: &Files,
    index: &mut Index,
    segment: SegmentId,
    bytes: &[u8],
    synced: u64,
) -> Result<Tail, OpenError> {
    let corrupt = |offset| OpenError::Corrupt { file: files.segment(segment), offset };
    let header = SegmentHeader::decode(bytes).filter(|header| header.segment == segment);
    let first = header.ok_or_else(|| corrupt(0))?.first;
    index.begin_active(segment, first)?;
    let mut gap: Option<Inconsistent> = None;
    let tail = scan(segment, first, bytes, synced, |frame: &Frame<'_>| {
        index.add_frame(frame).map_err(|error| gap = Some(error)).is_ok()
    });
    match gap {
        Some(gap) => Err(gap.into()),
        None => tail.map_err(|corruption| corrupt(corruption.offset)),
    }
}

fn find_snapshots(files: &Files, purpose: Purpose) -> Result<Vec<SnapshotName>, OpenError> {
    let names = files.names()?.1;
    let found: Vec<_> =
        names.iter().filter_map(|name| SnapshotName::from_file_name(name)).collect();
    for name in &found {
        let file = files.snapshot(name);
        if purpose == Purpose::Verify
            && files.read(&file)?.is_none_or(|bytes| decode_snapshot(name, &bytes).is_none())
        {
            return Err(OpenError::Corrupt { file, offset: 0 });
        }
    }
    Ok(found)
}

fn read_segment(files: &Files, segment: SegmentId) -> Result<Vec<u8>, OpenError> {
    let file = files.segment(segment);
    files.read(&file)?.ok_or(OpenError::Missing { file })
}

fn length(files: &Files, segment: SegmentId) -> Result<u64, OpenError> {
    let file = files.segment(segment);
    match fs::metadata(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(OpenError::Missing { file })
        }
        found => Ok(found.trying("read", &file)?.len()),
    }
}
