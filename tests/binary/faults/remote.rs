//! A daemon that never sees an operator's key: who holds it is elsewhere, comes and goes.

mod web3;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use synod_signature::SecretKey;
use synod_types::signature::{PublicKey, Scheme};

use super::super::support::{Reach, Synod, get, ran, until};
use super::{network, with};
use web3::Web3;

const SIGNER: &str = "edges = { journal = \"store\" }\nsettings = { generate = true }";
/// In an address; it may be shown nowhere.
const PLANTED: &str = "planted-4711";

/// The network of `dev` under ECDSA, where nothing is certified without the first signer, and that
/// one asks `web3`.
fn remote(directory: &Path, web3: &Web3) -> PathBuf {
    network(directory, |text| {
        let set = "mailbox = \"0x00000000000000000000000000000000000000b0\"";
        let verifier =
            "scheme = \"ecdsa\"\nverifier = \"0x00000000000000000000000000000000000000c0\"";
        let text = with(&text, set, &format!("{set}\n{verifier}"));
        let text = with(&text, "bips = 6667", "bips = 10000");
        let (url, key) =
            (web3.url().replace("://", &format!("://operator:{PLANTED}@")), web3.account());
        let here = SIGNER.replace("generate = true", "scheme = \"ecdsa\", generate = true");
        let there = SIGNER.replace(
            "generate = true",
            &format!(
                "scheme = \"ecdsa\", source = \"web3signer\", remote = {{ url = \"{url}\", \
                 public_key = \"{key}\", timeout = \"2s\", check_interval = \"100ms\", \
                 breaker = \"quick\" }}"
            ),
        );
        let text = with(&text.replace(SIGNER, &here), &here, &there);
        text + "level = \"debug\"\n\n[breakers.quick]\nopen_for = \"200ms\"\n"
    })
}

fn completed(reach: &Reach) -> usize {
    let tasks = reach.read("/v1/tasks");
    let all = tasks["tasks"].as_array().unwrap().iter();
    all.filter(|task| task["state"] == "completed").count()
}

fn ready(reach: &Reach) -> (u16, Value) {
    let answer = get(&reach.at("/readyz"));
    (answer.status, answer.json())
}

#[test]
fn tasks_are_certified_by_a_key_that_the_daemon_never_sees() {
    let home = tempfile::tempdir().unwrap();
    let web3 = Web3::serve([7; 32], None);
    let port = web3.port();
    let file = remote(home.path(), &web3);
    let config = file.to_str().unwrap();
    for args in [&["validate", config][..], &["validate", "--show", config]] {
        let ended = ran(args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.out.contains(PLANTED), "{ended:?}");
    }
    let (mut synod, reach) = Synod::run(&file);
    until("the daemon to be ready", || (ready(&reach).0 == 200).then_some(()));
    until("certified tasks", || (3 <= completed(&reach)).then_some(()));
    assert!(3 <= web3.signed());

    // It goes away: degraded, with a reason, and nothing is certified.
    drop(web3);
    let told = until("the reason", || {
        let (status, body) = ready(&reach);
        (status == 200 && body["degraded"].is_array()).then_some(body)
    });
    let expected = format!("signer-1: web3signer at http://127.0.0.1:{port}: ");
    assert!(told["degraded"][0].as_str().unwrap().starts_with(&expected), "{told}");
    let scrape = reach.scrape();
    assert!(scrape.contains("synod_signer_remote_up{actor=\"signer-1\"} 0"), "{scrape}");

    // It comes back, and what waited is signed.
    let web3 = Web3::serve([7; 32], Some(port));
    let before = completed(&reach);
    until("more certified tasks", || (before < completed(&reach)).then_some(()));
    let undegraded = || ready(&reach).1["degraded"].is_null().then_some(());
    until("no reason any more", undegraded);

    // Somebody else is there now, under the same name: his signatures are worth nothing.
    web3.sign_with([8; 32]);
    let told = until("the reason", || {
        let (status, body) = ready(&reach);
        (status == 503).then_some(body)
    });
    assert!(told["reasons"].to_string().contains("does not fit key and digest"), "{told}");
    let refused = "synod_signer_remote_signatures_total{actor=\"signer-1\",outcome=\"remote_wrong_signature\"}";
    assert!(reach.scrape().contains(refused));
    web3.sign_with([7; 32]);
    let before = completed(&reach);
    until("more certified tasks", || (before < completed(&reach)).then_some(()));

    let said = [reach.read("/v1/actors").to_string(), reach.scrape(), told.to_string()];
    synod.signal(Signal::TERM);
    assert!(synod.end().success());
    let log = synod.err.so_far().join("\n");
    for said in said.into_iter().chain([log]) {
        assert!(!said.contains(PLANTED), "{said}");
    }
}

/// Nobody is where Cerberus should be: the daemon runs, says so, and keeps what it would have told
/// Cerberus to itself.
#[test]
fn a_password_for_a_remote_signer_is_told_by_no_surface() {
    let home = tempfile::tempdir().unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let key = SecretKey::from_bytes(Scheme::Bn254, &[7; 32]).unwrap().public();
    let PublicKey::Bn254 { g1, g2 } = key else { unreachable!() };
    for name in ["word", "token"] {
        let path = home.path().join(name);
        std::fs::write(&path, format!("{PLANTED}-{name}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    }
    let file = network(home.path(), |text| {
        let there = format!(
            "source = \"cerberus\", remote = {{ url = \"http://{PLANTED}@{nobody}\", \
             public_key = \"{g1}{}\", password = {{ file = \"word\" }}, \
             token = {{ file = \"token\" }}, check_interval = \"100ms\" }}",
            &g2.to_string()[2..]
        );
        let text = with(&text, SIGNER, &SIGNER.replace("generate = true", &there));
        // The others have 60 of 100.
        let text = with(&text, "bips = 6667", "bips = 6000");
        text + "level = \"trace,ractor=trace\"\n"
    });
    let config = file.to_str().unwrap();
    let mut said: Vec<String> =
        [&["validate", config][..], &["validate", "--show", config], &["keys", "list", config]]
            .map(|args| {
                let ended = ran(args);
                assert_eq!(ended.code, Some(0), "{ended:?}");
                ended.out + &ended.err
            })
            .into();
    let listed = format!("signer-1  cerberus at http://{nobody}  ");
    assert!(said[2].contains(&listed), "{said:?}");
    let (mut synod, reach) = Synod::run(&file);
    let told = until("the reason", || {
        let (status, body) = ready(&reach);
        (status == 200 && body["degraded"][0].to_string().contains("Unavailable")).then_some(body)
    });
    until("tasks certified by the others", || (0 < completed(&reach)).then_some(()));
    said.extend(["/v1/actors", "/v1/status", "/v1/breakers"].map(|at| reach.read(at).to_string()));
    said.extend([reach.scrape(), told.to_string()]);
    synod.signal(Signal::TERM);
    assert!(synod.end().success());
    said.extend(synod.err.so_far());
    for said in said {
        assert!(!said.contains(PLANTED), "{said}");
    }
    // A password that others can read is none.
    std::fs::set_permissions(home.path().join("word"), PermissionsExt::from_mode(0o640)).unwrap();
    for args in [&["validate", config][..], &["run", "--config", config]] {
        let ended = ran(args);
        assert_eq!(ended.code, Some(78), "{ended:?}");
        assert!(ended.err.contains("word: mode 640 lets others at the key"), "{ended:?}");
    }
}

#[test]
fn a_remote_signer_without_the_key_ends_the_start_by_name() {
    let home = tempfile::tempdir().unwrap();
    let web3 = Web3::serve([7; 32], None);
    let file = remote(home.path(), &web3);
    web3.know([9; 32]);
    let ended = ran(&["run", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    let expected = format!("none of its 1 keys has the address {}", web3.account());
    assert!(ended.err.contains("signer-1") && ended.err.contains(&expected), "{ended:?}");
    assert!(!ended.err.contains(PLANTED), "{ended:?}");
}
