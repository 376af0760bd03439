//! All tables of certificates and of arithmetic, with two rivals more in the same rounds: the BLS
//! aggregation service of eigensdk, and mcl.
//!
//! `cargo run --release --manifest-path benches/rivals/Cargo.toml -- --rounds 3`

mod eigensdk_service;
mod mcl;

use synod_benches::Options;
use synod_benches::certificate::{Secrets, certificates, latency, longest_polls};
use synod_benches::crypto::{Numbers, arithmetic};

fn main() {
    let options = Options::read();
    let numbers = Numbers::new();
    arithmetic(&options, &numbers, vec![Box::new(mcl::Mcl::new(&numbers))]);
    let secrets = Secrets::new(1_000);
    latency(&options, &secrets);
    longest_polls(&options, &secrets);
    certificates(&options, &secrets, |scenario| {
        vec![eigensdk_service::each_by_the_service(scenario)]
    });
}
