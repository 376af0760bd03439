//! A signer before a store that came to harm: nothing is signed, it says why, and when the store
//! is whole again it signs what it may, and nothing else.
//!
//! A store that cannot be opened is not offered to a signer: a daemon ends there. One that can be
//! opened and is not the one the key signed by makes a signer that does not start, however often
//! it is tried. One that fails later refuses each record, and so each signature.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use synod_store_segment::{Disk, Limits, OpenError, RealDisk};
use synod_supervision::CallError;
use synod_types::signature::{SignRefusal, Signature};

use crate::count;
use crate::harm::{Refusing, Volume, copy};
use crate::house::{House, Ports, digest, tokio, until};

/// Duties that are signed before anything comes to harm.
const DUTIES: u64 = 6;
/// How often a signer that does not start is tried before it is taken for one that never does.
const STARTS: u64 = 3;

/// Small segments, so that there are several, and no bytes written ahead.
fn limits() -> Limits {
    Limits { segment_bytes_max: 600, prepared_bytes: 0, ..Limits::default() }
}

/// A home whose guard has signed, and a copy of its store after each signature.
struct Past {
    home: tempfile::TempDir,
    signatures: Vec<Signature>,
    /// By how many duties were signed.
    stores: Vec<PathBuf>,
}

impl Past {
    async fn make() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (mut signatures, mut stores) = (Vec::new(), Vec::new());
        for n in 0..=DUTIES {
            let house = open(home.path(), Arc::new(RealDisk)).await.unwrap();
            if 0 < n {
                signatures.push(house.ask(n, digest(1)).await.unwrap());
            }
            house.end().await;
            stores.push(home.path().join(format!("store-{n}")));
            copy(&home.path().join("data"), &stores[n as usize]);
        }
        Self { home, signatures, stores }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The store as it was after so many signatures.
    fn restore(&self, duties: usize) {
        clear(&self.data());
        copy(&self.stores[duties], &self.data());
    }

    /// The whole store is there again: what was signed is signed the same, nothing else for it,
    /// and new duties are signed.
    async fn healed(&self, new: u64) {
        let house = open(self.home.path(), Arc::new(RealDisk)).await.unwrap();
        for (n, signature) in (1..).zip(&self.signatures) {
            assert_eq!(house.ask(n, digest(1)).await.as_ref(), Ok(signature));
            let other = house.ask(n, digest(2)).await.unwrap_err();
            assert_eq!(other.reason(), "conflict");
        }
        assert!(house.ask(new, digest(1)).await.is_ok());
        house.end().await;
    }

    /// With the whole store back all is well; then the key's mark is put back for the next case.
    async fn recovers(&self, new: u64, mark: &[u8]) {
        self.restore(DUTIES as usize);
        self.healed(new).await;
        self.put_back(mark);
    }

    /// The files of its journal, in order.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.data().join("journal")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// Marks a point to go back to: the mark of the key goes with what is signed after it.
    fn keep(&self) -> Vec<u8> {
        fs::read(self.home.path().join("key.guard")).unwrap()
    }

    fn put_back(&self, mark: &[u8]) {
        fs::write(self.home.path().join("key.guard"), mark).unwrap();
    }
}

fn clear(data: &Path) {
    for entry in fs::read_dir(data).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap()
        } else {
            fs::remove_file(path).unwrap()
        }
    }
}

/// The ports of this home, once whoever had them before has let go.
async fn ports(home: &Path, disk: Arc<dyn Disk>) -> Result<Ports, OpenError> {
    let mut opened = None;
    let is_settled = || {
        let tried = Ports::open_on(Arc::clone(&disk), home, limits());
        let is_locked = matches!(tried, Err(OpenError::Locked { .. }));
        opened = Some(tried);
        !is_locked
    };
    until(is_settled).await;
    opened.unwrap()
}

/// A signer before the store of this home, or why there is none.
async fn open(home: &Path, disk: Arc<dyn Disk>) -> Result<House, String> {
    match ports(home, disk).await {
        Ok(ports) => Ok(House::begin(ports).await),
        Err(error) => {
            let causes =
                std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
            Err(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
        }
    }
}

/// Asks for what was signed, for another digest of it and for what is new. Nothing is signed; says
/// why.
async fn refusal(home: &Path, disk: Arc<dyn Disk>) -> String {
    let house = match open(home, disk).await {
        Ok(house) => house,
        Err(why) => return why,
    };
    let mut asked = Vec::new();
    for (n, of) in [(1, 1), (1, 2), (DUTIES, 2), (1_000, 1)] {
        asked.push(house.put(n, digest(of)).await);
    }
    until(|| STARTS <= house.signer_ends().0).await;
    for asked in asked {
        match asked.within(Duration::ZERO).await {
            Err(CallError::Timeout) | Ok(Err(SignRefusal::NotDurable)) => (),
            other => panic!("something was answered: {other:?}"),
        }
    }
    let why = house.signer_ends().1.unwrap();
    house.end().await;
    why
}

fn told(what: &str, why: &str, words: &[&str]) {
    assert!(words.iter().any(|word| why.contains(word)), "{what}: it says only: {why}");
}

fn cases() -> u64 {
    count("GUARD_HARMED", 3)
}

#[test]
fn of_a_store_that_is_missing_nothing_is_signed() {
    tokio().block_on(async {
        let past = Past::make().await;
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let mark = past.keep();
        for case in 0..cases() {
            past.restore(DUTIES as usize);
            let journal = past.data().join("journal");
            let mut names = past.files();
            names.retain(|path| path.extension().is_none_or(|kind| kind == "segment"));
            names.retain(|path| !path.is_dir());
            names.extend([journal, past.data()]);
            names.sort();
            let gone = &names[(dice.next_u64() % names.len() as u64) as usize];
            match gone.is_dir() {
                true => fs::remove_dir_all(gone).unwrap(),
                false => fs::remove_file(gone).unwrap(),
            }
            let why = refusal(past.home.path(), Arc::new(RealDisk)).await;
            told(&gone.display().to_string(), &why, &["is missing", "older than the key's mark"]);
            past.recovers(2_000 + case, &mark).await;
        }
        eprintln!("{} missing stores, nothing signed", cases());
    });
}

#[test]
fn of_a_store_with_a_flipped_bit_nothing_is_signed() {
    tokio().block_on(async {
        let past = Past::make().await;
        let mut dice = ChaCha8Rng::seed_from_u64(2);
        let mark = past.keep();
        for case in 0..cases() {
            past.restore(DUTIES as usize);
            let mut names = past.files();
            names.retain(|path| {
                let is_segment = path.extension().is_some_and(|kind| kind == "segment");
                is_segment || path.ends_with("manifest")
            });
            let path = &names[(dice.next_u64() % names.len() as u64) as usize];
            flip(path, &mut dice);
            let why = refusal(past.home.path(), Arc::new(RealDisk)).await;
            told(&path.display().to_string(), &why, &["damaged", "gap"]);
            past.recovers(3_000 + case, &mark).await;
        }
        eprintln!("{} flipped bits, nothing signed", cases());
    });
}

fn flip(path: &Path, dice: &mut ChaCha8Rng) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let at = dice.next_u64() % file.metadata().unwrap().len();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    byte[0] ^= 1 << (dice.next_u64() % 8);
    file.write_all_at(&byte, at).unwrap();
}

#[test]
fn of_an_older_store_nothing_is_signed() {
    tokio().block_on(async {
        let past = Past::make().await;
        let mut dice = ChaCha8Rng::seed_from_u64(3);
        let mark = past.keep();
        for case in 0..cases() {
            past.restore((dice.next_u64() % DUTIES) as usize);
            let why = refusal(past.home.path(), Arc::new(RealDisk)).await;
            told("an older store", &why, &["older than the key's mark"]);
            past.recovers(4_000 + case, &mark).await;
        }
        eprintln!("{} older stores, nothing signed", cases());
    });
}

#[test]
fn of_a_store_that_is_read_only_nothing_is_signed() {
    tokio().block_on(async {
        let past = Past::make().await;
        let mark = past.keep();
        let volume = Volume::mount(&past.data(), 1_024);
        for case in 0..cases() {
            past.restore(DUTIES as usize);
            let is_on = Arc::new(AtomicBool::new(volume.is_none()));
            let disk: Arc<dyn Disk> = match &volume {
                Some(volume) => {
                    until(|| volume.is_made_read_only()).await;
                    Arc::new(RealDisk)
                }
                None => Arc::new(Refusing { with: ErrorKind::ReadOnlyFilesystem, is_on }),
            };
            let why = refusal(past.home.path(), disk).await;
            told("a store that is read-only", &why.to_lowercase(), &["read-only"]);
            volume.iter().for_each(Volume::make_writable);
            past.healed(5_000 + case).await;
            past.put_back(&mark);
        }
        let how = if volume.is_some() { "by the kernel" } else { "by a double of the disk" };
        eprintln!("{} read-only stores, nothing signed; refused {how}", cases());
    });
}

/// It fills up while the signer runs: what is not on record is not signed, then or by the next
/// incarnations.
#[test]
fn of_a_store_that_is_full_nothing_new_is_signed() {
    tokio().block_on(async {
        let past = Past::make().await;
        let mark = past.keep();
        let volume = Volume::mount(&past.data(), 512);
        for case in 0..cases() {
            past.restore(DUTIES as usize);
            let is_full = Arc::new(AtomicBool::new(false));
            let disk: Arc<dyn Disk> = match &volume {
                Some(_) => Arc::new(RealDisk),
                None => {
                    let (with, is_on) = (ErrorKind::StorageFull, Arc::clone(&is_full));
                    Arc::new(Refusing { with, is_on })
                }
            };
            let ports = ports(past.home.path(), disk).await.unwrap();
            let journal = Arc::clone(&ports.journal);
            let house = House::begin(ports).await;
            is_full.store(true, Ordering::SeqCst);
            let ballast = volume.as_ref().map(Volume::fill);
            full(&house, &past, 6_000 + 10 * case).await;
            let why = journal.status().failed.unwrap().to_lowercase();
            told("a store that is full", &why, &["no space left", "storage full", "no storage"]);
            drop(journal);
            house.end().await;
            ballast.iter().for_each(|ballast| fs::remove_file(ballast).unwrap());
            past.healed(6_009 + 10 * case).await;
            past.put_back(&mark);
        }
        let how = if volume.is_some() { "by the kernel" } else { "by a double of the disk" };
        eprintln!("{} full stores, nothing new signed; refused {how}", cases());
    });
}

/// New duties until one finds no room, and then some more: from there on none is signed.
async fn full(house: &House, past: &Past, first: u64) {
    let mut refused = 0;
    // What a page of the file system has left may still take a few records.
    for n in first.. {
        match house.ask(100_000 + n * 1_000, digest(1)).await {
            Ok(_) => assert_eq!(refused, 0, "signed after the store had failed"),
            Err(refusal) => {
                assert_eq!(refusal, SignRefusal::NotDurable);
                refused += 1;
            }
        }
        if refused == 3 {
            break;
        }
    }
    let other = house.ask(1, digest(2)).await.unwrap_err();
    assert_eq!(other.reason(), "conflict");
    assert_eq!(house.ask(1, digest(1)).await.as_ref(), Ok(&past.signatures[0]));
}
