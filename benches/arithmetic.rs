//! The arithmetic of signatures beside ark's, and blst's on its curve.
//!
//! `--rounds N` says how many.
#![allow(missing_docs)]

use synod_benches::Options;
use synod_benches::crypto::{Numbers, arithmetic};

fn main() {
    arithmetic(&Options::read(), &Numbers::new(), Vec::new());
}
