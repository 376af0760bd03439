//! Certificates through the mailbox: what they cost, beside others'; how long the last answer waits
//! for one; how long the actors' threads are held.
//!
//! `--rounds N` says how many; `--only 64,100,0 --count N` certifies 64 tasks of 100 signers, none bad,
//! so often, for a profiler.
#![allow(missing_docs)]

use synod_benches::Options;
use synod_benches::certificate::{Secrets, certificates, latency, longest_polls};

fn main() {
    let options = Options::read();
    let secrets = Secrets::new(1_000);
    if options.only.is_none() {
        latency(&options, &secrets);
        longest_polls(&options, &secrets);
    }
    certificates(&options, &secrets, |_| Vec::new());
}
