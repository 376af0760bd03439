//! How a store comes to harm: by real refusals of a real file system where one can be mounted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use synod_store_segment::{Disk, RealDisk};

/// Copies a directory with what is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).unwrap();
        }
    }
}

/// A file system of its own, in memory, as long as this lives.
pub(crate) struct Volume {
    at: PathBuf,
}

impl Volume {
    /// Of so many KiB; none where this process may not mount.
    pub(crate) fn mount(at: &Path, kib: u32) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={kib}k,mode=700");
        let is_mounted = run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], at);
        is_mounted.then(|| Self { at: at.to_owned() })
    }

    /// From now on the kernel refuses whatever would change it; or there is still a file open for
    /// writing, and nothing is changed.
    pub(crate) fn is_made_read_only(&self) -> bool {
        run("mount", &["-o", "remount,ro"], &self.at)
    }

    pub(crate) fn make_writable(&self) {
        assert!(run("mount", &["-o", "remount,rw"], &self.at));
    }

    /// Fills it up to the last byte; what is returned is what fills it.
    pub(crate) fn fill(&self) -> PathBuf {
        let ballast = self.at.join("ballast");
        let mut file = fs::File::create(&ballast).unwrap();
        let full = loop {
            if let Err(error) = io::Write::write_all(&mut file, &[1; 4096]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        ballast
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.at);
    }
}

fn run(program: &str, arguments: &[&str], at: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).arg(at).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A disk that refuses as a file system does, where none can be mounted.
pub(crate) struct Refusing {
    pub(crate) with: io::ErrorKind,
    pub(crate) is_on: Arc<AtomicBool>,
}

impl Refusing {
    fn check(&self) -> io::Result<()> {
        if self.is_on.load(Ordering::SeqCst) { Err(self.with.into()) } else { Ok(()) }
    }
}

impl Disk for Refusing {
    fn write_at(&self, file: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.check()?;
        RealDisk.write_at(file, bytes, offset)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check()?;
        RealDisk.rename(from, to)
    }
}
