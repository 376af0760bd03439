//! Cerberus, spoken by a server on loopback whose signatures are our own.
#![allow(clippy::unwrap_used)]

mod common;
mod gate;

use common::{Authority, Wire, plain};
use gate::{Gate, Way, name};
use synod_signature::RemoteSigner;
use synod_signature_core::{SecretKey, verified};
use synod_signature_remote::{Admission, Cerberus, SetupError, Tls};
use synod_types::B256;
use synod_types::signature::{Bn254G2, Digest, PublicKey, RemoteRefusal, Scheme};
use tonic::Code;

const DIGEST: Digest = Digest(B256::repeat_byte(0x73));
const PASSWORD: &str = "planted horse battery";
const TOKEN: &str = "planted-token";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(Scheme::Bn254, &[byte; 32]).unwrap()
}

fn admission() -> Admission {
    let token = Some(TOKEN.to_owned().into());
    Admission { password: PASSWORD.to_owned().into(), token }
}

fn at(url: &str, tls: &Tls) -> Cerberus {
    Cerberus::new(url, &secret(7).public(), tls, admission()).unwrap()
}

#[tokio::test]
async fn what_it_signs_is_what_a_certificate_wants() {
    let gate = Gate::holding(&[9, 7]).serve().await;
    let signer = at(&gate.url, &Tls::default());
    signer.check().await.unwrap();
    let bytes = signer.sign(DIGEST, None).await.unwrap();
    assert_eq!(verified(&secret(7).public(), DIGEST, &bytes).unwrap(), secret(7).sign(DIGEST));
    let asked = gate.gate.asked.lock().clone();
    let expected = (name(7), DIGEST.0.to_vec(), PASSWORD.to_owned(), Some(TOKEN.to_owned()));
    assert_eq!(asked, [expected]);
}

#[tokio::test]
async fn a_key_that_it_does_not_have_is_named() {
    let gate = Gate::holding(&[8, 9]).serve().await;
    let error = at(&gate.url, &Tls::default()).check().await.unwrap_err();
    assert_eq!(error.kind, RemoteRefusal::UnknownKey);
    let expected = format!("cerberus at {}: none of its 2 keys is {}", gate.url, name(7));
    assert_eq!(&*error.why, expected);
}

#[tokio::test]
async fn refusals_have_names_and_do_not_repeat_secrets() {
    use RemoteRefusal::{Failing, Garbage, Refused, Timeout, UnknownKey, Unreachable};
    let cases = [
        (Code::Unauthenticated, Refused),
        (Code::PermissionDenied, Refused),
        (Code::InvalidArgument, Refused),
        (Code::Unimplemented, Refused),
        (Code::NotFound, UnknownKey),
        (Code::Internal, Failing),
        (Code::ResourceExhausted, Failing),
        (Code::DeadlineExceeded, Timeout),
        (Code::Unavailable, Unreachable),
        (Code::OutOfRange, Garbage),
    ];
    let gate = Gate::holding(&[7]).serve().await;
    let signer = at(&gate.url, &Tls::default());
    for (code, expected) in cases {
        let text = format!("no: {PASSWORD} and {TOKEN} for {}", name(7));
        gate.gate.go(Way::Refuses(code, text));
        let error = signer.sign(DIGEST, None).await.unwrap_err();
        assert_eq!(error.kind, expected, "{code:?}");
        let told = format!("{error} {error:?}");
        assert!(told.contains(&name(7)) && told.contains("<redacted>"), "{told}");
        assert!(!told.contains("planted"), "{told}");
    }
    // It may keep its list to itself.
    gate.gate.go(Way::Refuses(Code::Unimplemented, String::new()));
    signer.check().await.unwrap();
    gate.gate.go(Way::Refuses(Code::Unauthenticated, String::new()));
    assert_eq!(signer.check().await.unwrap_err().kind, Refused);
}

/// Whatever bytes come are handed on: that they are no signature, the actor finds out.
#[tokio::test]
async fn bytes_that_are_no_signature_are_only_bytes() {
    let gate = Gate::holding(&[7]).serve().await;
    let signer = at(&gate.url, &Tls::default());
    gate.gate.go(Way::Says(b"nonsense".to_vec()));
    let bytes = signer.sign(DIGEST, None).await.unwrap();
    assert!(verified(&secret(7).public(), DIGEST, &bytes).is_err());
    gate.gate.go(Way::Says(vec![0; 2 << 20]));
    let error = signer.sign(DIGEST, None).await.unwrap_err();
    assert_eq!(error.kind, RemoteRefusal::Garbage, "longer than any answer: {error}");
}

/// Nobody there; one who hangs up at once; one who speaks something else.
#[tokio::test]
async fn a_broken_connection_is_no_signature() {
    let gone = plain(|_| async {}).await;
    let other = plain(|mut wire: Wire| async move {
        wire.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK").await;
        wire.hold().await;
    });
    let other = other.await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for url in [gone.url.as_str(), other.url.as_str(), nobody.as_str()] {
        let error = at(url, &Tls::default()).sign(DIGEST, None).await.unwrap_err();
        assert!(error.kind.may_pass(), "{error:?}");
        assert!(!format!("{error:?}").contains("planted"));
    }
}

/// The caller gives up; the same connection serves the next question.
#[tokio::test]
async fn a_call_that_is_dropped_harms_no_other() {
    let gate = Gate::holding(&[7]).serve().await;
    let signer = at(&gate.url, &Tls::default());
    gate.gate.go(Way::Hangs);
    let mut call = Box::pin(signer.sign(DIGEST, None));
    tokio::select! {
        outcome = &mut call => panic!("{outcome:?}"),
        () = gate.gate.asked_once() => {}
    }
    drop(call);
    gate.gate.go(Way::Honest);
    assert!(signer.sign(DIGEST, None).await.is_ok());
}

#[tokio::test]
async fn both_sides_show_certificates_that_the_other_believes() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let own = ours.server("signer.example", Some(&ours));
    let gate = Gate::holding(&[7]).serve_tls(&own).await;
    let tls = |trusted: &Authority, shown: Option<&Authority>, server_name: &str| Tls {
        authorities: Some(trusted.pem()),
        identity: shown.map(Authority::client),
        server_name: Some(server_name.to_owned()),
    };
    let good = at(&gate.url, &tls(&ours, Some(&ours), "signer.example"));
    good.check().await.unwrap();
    assert!(good.sign(DIGEST, None).await.is_ok());
    let cases = [
        ("an authority that is not believed", tls(&theirs, Some(&ours), "signer.example")),
        ("a certificate of somebody else's", tls(&ours, Some(&theirs), "signer.example")),
        ("no certificate", tls(&ours, None, "signer.example")),
        ("another name", tls(&ours, Some(&ours), "localhost")),
    ];
    for (what, tls) in cases {
        let error = at(&gate.url, &tls).sign(DIGEST, None).await.unwrap_err();
        assert_eq!(error.kind, RemoteRefusal::Unreachable, "{what}: {error}");
    }
    assert_eq!(gate.gate.asked.lock().len(), 1, "the others did not come so far");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_anybody_is() {
    let made = |url: &str, key: &PublicKey, tls: &Tls| {
        Cerberus::new(url, key, tls, admission()).map(drop).unwrap_err()
    };
    let key = secret(7).public();
    for scheme in [Scheme::Ecdsa, Scheme::Bls12381] {
        let key = SecretKey::from_bytes(scheme, &[7; 32]).unwrap().public();
        assert!(matches!(made("http://h", &key, &Tls::default()), SetupError::Scheme), "{scheme}");
    }
    let PublicKey::Bn254 { g1, .. } = key else { panic!() };
    let PublicKey::Bn254 { g2, .. } = secret(8).public() else { panic!() };
    for g2 in [g2, Bn254G2::ZERO] {
        let error = made("http://h", &PublicKey::Bn254 { g1, g2 }, &Tls::default());
        assert!(matches!(error, SetupError::Key(_)), "{error}");
    }
    let bad = Admission { token: Some("planted\n".to_owned().into()), ..Admission::default() };
    let error = Cerberus::new("http://h", &key, &Tls::default(), bad).map(drop).unwrap_err();
    assert!(matches!(error, SetupError::Token) && !error.to_string().contains("planted"));
    let tls = Tls { server_name: Some("x".to_owned()), ..Tls::default() };
    assert!(matches!(made("http://h", &key, &tls), SetupError::Tls(_)));
    assert!(matches!(made("unix:/x", &key, &Tls::default()), SetupError::Address(_)));
}
