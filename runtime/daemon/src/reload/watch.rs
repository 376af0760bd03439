//! Looks at the file now and then: a change that has come to rest is a wish to reload.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::{Reloader, Resolve, Trigger};
use crate::exit::Exit;

/// More of a file is not looked at; one that is longer is not read at all.
const BYTES_MAX: u64 = 8 << 20;
/// Between two looks. A change is taken up when two looks in a row see the same.
const LOOK: Duration = Duration::from_millis(500);

/// Reloads whenever the content of the file is another one and stays so for a moment. Never ends.
///
/// # Errors
/// None: a reload that fails is told in the log, and the next change is waited for.
pub async fn watch(reloader: Reloader) -> Result<(), Exit> {
    let Some(file) = reloader.file().map(Path::to_owned) else { return Ok(()) };
    let mut rest = Rest::new(digest(&file).await);
    let mut every = tokio::time::interval(LOOK);
    loop {
        every.tick().await;
        if rest.is_another(digest(&file).await) {
            // What came of it has been logged.
            drop(reloader.reload(Trigger::Watch, Resolve::Apply).await);
        }
    }
}

/// Of the content; nothing while the file cannot be read, as between removal and creation.
async fn digest(file: &Path) -> Option<u64> {
    let file = file.to_owned();
    let read = move || {
        let mut content = Vec::new();
        File::open(&file).ok()?.take(BYTES_MAX).read_to_end(&mut content).ok()?;
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Some(hasher.finish())
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// Tells a change that has come to rest from one under way.
struct Rest {
    /// What was last acted upon.
    taken: Option<u64>,
    /// What was last seen.
    seen: Option<u64>,
}

impl Rest {
    const fn new(digest: Option<u64>) -> Self {
        Self { taken: digest, seen: digest }
    }

    /// Whether this is another content than the last one acted upon, seen twice in a row.
    fn is_another(&mut self, digest: Option<u64>) -> bool {
        let is_at_rest = self.seen == digest && digest.is_some();
        self.seen = digest;
        if is_at_rest && self.taken != digest {
            self.taken = digest;
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seen: &[u64], expected: &[bool]) {
        let mut rest = Rest::new(Some(1));
        let told: Vec<bool> =
            seen.iter().map(|&digest| rest.is_another((digest != 0).then_some(digest))).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_change_is_taken_up_once_it_has_come_to_rest() {
        check(&[1, 1, 1], &[false; 3]);
        check(&[2, 2, 2], &[false, true, false]);
        check(&[2, 3, 3, 3], &[false, false, true, false]);
        check(&[0, 0, 2, 2], &[false, false, false, true]);
        check(&[2, 1, 1], &[false; 3]);
        check(&[2, 2, 1, 1], &[false, true, false, true]);
    }
}
