//! web3signer's eth1 API, spoken by a server on loopback whose signatures are our own.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use alloy_primitives::{Address, B256, keccak256};
use common::{Authority, Web3, Wire, plain, serve};
use parking_lot::Mutex;
use synod_signature::{RemoteError, RemoteSigner};
use synod_signature_core::{SecretKey, verified};
use synod_signature_remote::{SetupError, Tls, Web3signer};
use synod_types::Bytes;
use synod_types::certificate::CertificateRule;
use synod_types::signature::{Digest, PublicKey, RemoteRefusal, Scheme};
use synod_types::task::TaskId;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(Scheme::Ecdsa, &[byte; 32]).unwrap()
}

/// A digest as an executor has it signed, and what it is the hash of.
fn result() -> (Digest, Option<Bytes>) {
    let rule = CertificateRule::Ecdsa { major_version: '1', verifier: Address::repeat_byte(5) };
    let task = TaskId(B256::repeat_byte(1));
    (rule.digest(7, task, b"out"), Some(rule.preimage(7, task, b"out")))
}

fn at(url: &str, tls: &Tls) -> Web3signer {
    Web3signer::new(url, &secret(7).public(), tls).unwrap()
}

async fn signed(signer: &Web3signer) -> Result<Bytes, RemoteError> {
    let (digest, preimage) = result();
    signer.sign(digest, preimage).await
}

#[tokio::test]
async fn what_it_signs_is_what_a_certificate_wants() {
    let server = Web3::holding(&[9, 7]).serve().await;
    let signer = at(&server.url, &Tls::default());
    signer.check().await.unwrap();
    let (digest, _) = result();
    let bytes = signed(&signer).await.unwrap();
    let signature = verified(&secret(7).public(), digest, &bytes).unwrap();
    assert_eq!(signature, secret(7).sign(digest), "our own key signs the same");
    // The list is looked at once by the check, and not for each signature.
    let asked: Vec<String> = server.web3.asked.lock().clone();
    let name = common::name(7);
    let sign = format!("POST /api/v1/eth1/sign/{name}");
    assert_eq!(asked, ["GET /upcheck", "GET /api/v1/eth1/publicKeys", &sign]);
}

#[tokio::test]
async fn a_key_that_it_does_not_have_is_named() {
    let server = Web3::holding(&[8, 9]).serve().await;
    let signer = at(&server.url, &Tls::default());
    let PublicKey::Ecdsa(account) = secret(7).public() else { panic!() };
    for outcome in [signer.check().await, signed(&signer).await.map(drop)] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::UnknownKey);
        let expected = format!("{}: none of its 2 keys has the address {account}", signer.place());
        assert_eq!(&*error.why, expected);
    }
}

#[tokio::test]
async fn it_is_given_nothing_to_hash_that_is_not_what_the_digest_is_the_hash_of() {
    let server = Web3::holding(&[7]).serve().await;
    let signer = at(&server.url, &Tls::default());
    let (digest, preimage) = result();
    let other = Digest(keccak256("other"));
    for (digest, preimage) in [(digest, None), (other, preimage)] {
        let error = signer.sign(digest, preimage).await.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::NoPreimage);
    }
    assert!(server.web3.asked.lock().is_empty());
}

#[tokio::test]
async fn refusals_and_garbage_have_names() {
    use RemoteRefusal::{Failing, Garbage, Refused, UnknownKey};
    let long = "a".repeat(300);
    let cases: [(u16, &str, Result<(), RemoteRefusal>); 12] = [
        (400, "", Err(Refused)),
        (401, "", Err(Refused)),
        (403, "", Err(Refused)),
        (404, "", Err(UnknownKey)),
        (429, "", Err(Failing)),
        (500, "", Err(Failing)),
        (503, "", Err(Failing)),
        (302, "", Err(Refused)),
        (200, "hello", Err(Garbage)),
        (200, "0xzz", Err(Garbage)),
        (200, &long, Err(Garbage)),
        // Bytes; the actor finds that they are no signature.
        (200, "\"0x00ff\"\n", Ok(())),
    ];
    let answer: Arc<Mutex<(u16, String)>> = Arc::default();
    let web3 = Web3 { sign: Some(Arc::clone(&answer)), ..Web3::holding(&[7]) };
    let server = web3.serve().await;
    let signer = at(&server.url, &Tls::default());
    for (status, body, expected) in cases {
        *answer.lock() = (status, body.to_owned());
        let outcome = signed(&signer).await;
        let kind = outcome.as_ref().map(drop).map_err(|error| error.kind);
        assert_eq!(kind, expected, "{status} {body}");
        if let Err(error) = outcome {
            assert!(error.why.starts_with("web3signer at http://127.0.0.1:"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_none_is_garbage() {
    for body in ["", "{}", "[1]", "0x"] {
        let list = Some(body.to_owned());
        let server = Web3 { list, ..Web3::holding(&[]) }.serve().await;
        let error = at(&server.url, &Tls::default()).check().await.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::Garbage, "{body}");
    }
    // Keys that are none are other people's.
    let list = Some(format!("[\"0x12\", \"nonsense\", \"04{}\"]", &common::name(7)[2..]));
    let server = Web3 { list, ..Web3::holding(&[]) }.serve().await;
    at(&server.url, &Tls::default()).check().await.unwrap();
}

/// Nobody there; one who hangs up at once; one who hangs up in the middle of an answer.
#[tokio::test]
async fn a_broken_connection_is_unreachable() {
    let gone = plain(|_| async {}).await;
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0x";
    let cut = plain(move |mut wire: Wire| async move {
        wire.head().await;
        wire.say(half).await;
    });
    let cut = cut.await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for url in [gone.url.as_str(), cut.url.as_str(), nobody.as_str()] {
        let error = at(url, &Tls::default()).check().await.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::Unreachable, "{error}");
    }
}

/// The caller gives up, and the next question finds its way.
#[tokio::test]
async fn a_call_that_is_dropped_harms_no_other() {
    let server = Web3::holding(&[7]).serve().await;
    let silent = plain(|wire: Wire| async move { wire.hold().await }).await;
    let hung = at(&silent.url, &Tls::default());
    let mut call = Box::pin(hung.check());
    tokio::select! {
        outcome = &mut call => panic!("{outcome:?}"),
        () = silent.connected() => {}
    }
    drop(call);
    at(&server.url, &Tls::default()).check().await.unwrap();
}

#[tokio::test]
async fn nothing_secret_of_an_address_is_told() {
    let url = "http://user:hunter2@127.0.0.1:1/t0k3n?key=4711";
    let signer = at(url, &Tls::default());
    assert_eq!(signer.place(), "web3signer at http://127.0.0.1:1");
    let told = format!("{:?}", signer.check().await.unwrap_err());
    for secret in ["hunter2", "t0k3n", "4711", "user"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn both_sides_show_certificates_that_the_other_believes() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Web3::holding(&[7]).serve_tls(&ours.server("localhost", Some(&ours))).await;
    let tls = |trusted: &Authority, shown: Option<&Authority>| Tls {
        authorities: Some(trusted.pem()),
        identity: shown.map(Authority::client),
        server_name: None,
    };
    at(&server.url, &tls(&ours, Some(&ours))).check().await.unwrap();
    let cases = [
        ("an authority that is not believed", tls(&theirs, Some(&ours))),
        ("a certificate of somebody else's", tls(&ours, Some(&theirs))),
        ("no certificate", tls(&ours, None)),
    ];
    for (what, tls) in cases {
        let error = at(&server.url, &tls).check().await.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::Unreachable, "{what}: {error}");
    }
    assert_eq!(server.web3.asked.lock().len(), 2, "the others did not come so far");

    // A server of a name that its certificate does not bear.
    let other = Web3::holding(&[7]).serve_tls(&ours.server("elsewhere", None)).await;
    let error = at(&other.url, &tls(&ours, None)).check().await.unwrap_err();
    assert_eq!(error.kind, RemoteRefusal::Unreachable);
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is() {
    let ours = Authority::new();
    let key = secret(7).public();
    let made = |url: &str, key: &PublicKey, tls: &Tls| {
        Web3signer::new(url, key, tls).map(drop).unwrap_err().to_string()
    };
    let trusted = Tls { authorities: Some(ours.pem()), identity: None, server_name: None };
    assert!(made("ftp://h", &key, &Tls::default()).contains("http://"));
    assert!(made("http://h", &key, &trusted).contains("certificates are given"));
    let empty = Tls { authorities: Some(b"nothing".to_vec()), identity: None, server_name: None };
    assert!(made("https://h", &key, &empty).contains("authorities"));
    let mut identity = ours.client();
    identity.key =
        b"-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n".to_vec().into();
    let broken = Tls { authorities: None, identity: Some(identity), server_name: None };
    let told = made("https://h", &key, &broken);
    assert!(told.contains("private key") && !told.contains("planted"), "{told}");
    for scheme in [Scheme::Bn254, Scheme::Bls12381] {
        let key = SecretKey::from_bytes(scheme, &[7; 32]).unwrap().public();
        let refused = Web3signer::new("http://h", &key, &Tls::default());
        assert!(matches!(refused.map(drop), Err(SetupError::Scheme)), "{scheme}");
    }
}

#[tokio::test]
async fn the_servers_of_these_tests_end_with_them() {
    let server = serve(Web3::holding(&[7])).await;
    let url = server.url.clone();
    drop(server);
    let error = at(&url, &Tls::default()).check().await.unwrap_err();
    assert_eq!(error.kind, RemoteRefusal::Unreachable);
}
