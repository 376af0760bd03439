//! A signer whose key is with somebody who need not be honest, quick or there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use synod_protocol::signature::RemoteError;
use synod_supervision::Breaker;
use synod_supervision::core::{BreakerPolicy, OpensOn};
use synod_types::signature::{RemoteRefusal, SignerStatus};

use super::*;
use crate::port::{Asking, RemoteKey, RemoteSigner, RemoteTerms};

/// What the remote signer does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Honest,
    OtherKey,
    OtherDigest,
    Short,
    Hangs,
    Fails(RemoteRefusal),
}

struct Far {
    scheme: Scheme,
    way: Mutex<Way>,
    /// Every digest that it was asked to sign.
    asked: Mutex<Vec<Digest>>,
    at_once: AtomicUsize,
    at_once_most: AtomicUsize,
}

impl Far {
    fn secret(&self, byte: u8) -> SecretKey {
        SecretKey::from_bytes(self.scheme, &[byte; 32]).unwrap()
    }

    fn go(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    async fn act(&self, digest: Digest) -> Result<Bytes, RemoteError> {
        let way = *self.way.lock().unwrap();
        // Somebody else may be asked in between.
        tokio::time::sleep(Duration::from_millis(1)).await;
        match way {
            Way::Honest => Ok(self.secret(7).sign(digest).bytes),
            Way::OtherKey => Ok(self.secret(8).sign(digest).bytes),
            Way::OtherDigest => Ok(self.secret(7).sign(Digest(B256::repeat_byte(99))).bytes),
            Way::Short => Ok(Bytes::from_static(b"short")),
            Way::Hangs => std::future::pending().await,
            Way::Fails(kind) => Err(RemoteError { kind, why: format!("far: {kind}").into() }),
        }
    }
}

impl RemoteSigner for Far {
    fn place(&self) -> &str {
        "far"
    }

    fn check(&self) -> Asking<'_, ()> {
        Box::pin(async {
            let way = *self.way.lock().unwrap();
            match way {
                Way::Fails(_) | Way::Hangs => self.act(YES).await.map(drop),
                Way::Honest | Way::OtherKey | Way::OtherDigest | Way::Short => Ok(()),
            }
        })
    }

    fn sign(&self, digest: Digest, _: Option<Bytes>) -> Asking<'_, Bytes> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(digest);
            let now = 1 + self.at_once.fetch_add(1, Ordering::SeqCst);
            self.at_once_most.fetch_max(now, Ordering::SeqCst);
            let outcome = self.act(digest).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            outcome
        })
    }
}

struct Elsewhere {
    far: Arc<Far>,
    breaker: Arc<Breaker>,
    mark: Fixed,
}

impl KeySource for Elsewhere {
    fn load(&self) -> Result<Key, KeySourceError> {
        let terms = RemoteTerms {
            timeout: Duration::from_secs(2),
            calls_max: 2,
            check_every: Duration::from_secs(10),
        };
        let public = self.far.secret(7).public();
        let (signer, breaker) = (Arc::clone(&self.far) as _, Arc::clone(&self.breaker));
        Ok(Key::Remote(RemoteKey { public, signer, breaker, terms }))
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        self.mark.mark()
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        self.mark.raise(from, to)
    }
}

struct Room {
    stage: Stage,
    far: Arc<Far>,
    signer: Address<SignerMsg>,
    _running: Running,
}

impl Room {
    async fn begin(scheme: Scheme, journal: &Disk) -> Self {
        let mut stage = Stage::new(clock_at(1_000));
        let store = stage.address("store", room(64));
        stage.add::<Store>(&store, journal.clone());
        let signer = stage.address("signer", room(64));
        let far = Arc::new(Far {
            scheme,
            way: Mutex::new(Way::Honest),
            asked: Mutex::default(),
            at_once: AtomicUsize::default(),
            at_once_most: AtomicUsize::default(),
        });
        let policy = BreakerPolicy {
            opens_on: OpensOn::ConsecutiveFailures(3),
            open_for: Duration::from_secs(60),
            ..BreakerPolicy::default()
        };
        let breaker = stage.runtime.breaker("signer", policy);
        let mark = Fixed { scheme, mark: Mutex::new(Some(Mark::default())) };
        let key = Arc::new(Elsewhere { far: Arc::clone(&far), breaker, mark });
        let limits = SignerLimits { duties_max: 100, waiting_max: 100, batch_max: 100 };
        stage.add::<Signer>(&signer, SignerArgs { key, store: store.into(), limits });
        let running = stage.start().await;
        // Once it has been looked at.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Self { stage, far, signer, _running: running }
    }

    async fn ask(&self, n: u8, digest: Digest) -> Result<Signature, SignRefusal> {
        let question = |reply| SignerMsg::Sign { duty: duty(n), digest, preimage: None, reply };
        self.signer.call(Duration::from_secs(30), question).await.unwrap()
    }

    async fn status(&self) -> SignerStatus {
        self.signer.call(PATIENCE, SignerMsg::Status).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_remote_key_signs_is_on_record_first_and_verified() {
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let journal = Disk::default();
        let room = Room::begin(scheme, &journal).await;
        let signature = room.ask(1, YES).await.unwrap();
        assert_eq!(verify(&public(scheme), YES, &signature), Ok(()));
        assert_eq!(journal.records_len(), 1);
        assert_eq!(room.ask(1, YES).await, Ok(signature), "this one is deterministic");
        let conflict = GuardRefusal::Conflict { first: YES, second: NO };
        assert_eq!(room.ask(1, NO).await, Err(SignRefusal::Guard(conflict)));
        assert_eq!(*room.far.asked.lock().unwrap(), [YES, YES]);
        assert_eq!(room.status().await, SignerStatus::default());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_keys_signature_never_leaves() {
    use RemoteRefusal::{Garbage, WrongSignature};
    let ways = [
        (Way::OtherKey, WrongSignature),
        (Way::OtherDigest, WrongSignature),
        (Way::Short, Garbage),
    ];
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let room = Room::begin(scheme, &Disk::default()).await;
        for (n, (way, why)) in (1..).zip(ways) {
            room.far.go(way);
            assert_eq!(room.ask(n, YES).await, Err(SignRefusal::Remote(why)), "{scheme} {way:?}");
            assert!(room.status().await.halted.unwrap().starts_with("far: "));
            // Nothing is lost: once it is mended, the same digest is signed, and no other.
            room.far.go(Way::Honest);
            assert!(matches!(room.ask(n, NO).await, Err(SignRefusal::Guard(_))));
            assert!(room.ask(n, YES).await.is_ok());
            assert_eq!(room.status().await, SignerStatus::default());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_given_up_in_time_and_not_asked_while_its_breaker_is_open() {
    let room = Room::begin(Scheme::Ecdsa, &Disk::default()).await;
    room.far.go(Way::Hangs);
    for n in 1..=3 {
        let refusal = room.ask(n, YES).await.unwrap_err();
        assert_eq!(refusal, SignRefusal::Remote(RemoteRefusal::Timeout));
        assert!(refusal.is_retryable());
    }
    let degraded = room.status().await.degraded.unwrap();
    assert_eq!(&*degraded, "far: no answer in time");
    let asked = room.far.asked.lock().unwrap().len();
    assert_eq!(room.ask(4, YES).await, Err(SignRefusal::Remote(RemoteRefusal::Withheld)));
    assert_eq!(room.far.asked.lock().unwrap().len(), asked, "the breaker is open");
    assert_eq!(room.status().await.degraded.unwrap(), degraded, "the cause, not the breaker");
    // Looking at it is what probes it: nobody need ask for a signature.
    room.far.go(Way::Honest);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(room.status().await, SignerStatus::default());
    assert!(room.ask(4, YES).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_found_without_a_signature_and_heals() {
    let room = Room::begin(Scheme::Ecdsa, &Disk::default()).await;
    room.far.go(Way::Fails(RemoteRefusal::UnknownKey));
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(room.status().await.halted.is_some());
    room.far.go(Way::Honest);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(room.status().await, SignerStatus::default());
    assert!(room.far.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_are_asked_for_at_once_than_allowed_and_nobody_is_forgotten() {
    let room = Room::begin(Scheme::Ecdsa, &Disk::default()).await;
    let mut asked = Vec::new();
    for n in 0..20 {
        let question =
            |reply| SignerMsg::Sign { duty: duty(n), digest: YES, preimage: None, reply };
        asked.push(room.signer.request(question).await.unwrap());
    }
    for asked in asked {
        assert!(asked.within(PATIENCE).await.unwrap().is_ok());
    }
    assert_eq!(room.far.at_once_most.load(Ordering::SeqCst), 2);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Go(Way),
    Ask(u8, Digest),
    Kill,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let ways = prop_oneof![
        3 => Just(Way::Honest),
        1 => Just(Way::OtherKey),
        1 => Just(Way::Hangs),
        1 => Just(Way::Fails(RemoteRefusal::Unreachable)),
    ];
    prop_oneof![
        2 => ways.prop_map(Step::Go),
        6 => (0_u8..4, any::<bool>()).prop_map(|(n, yes)| Step::Ask(n, if yes { YES } else { NO })),
        1 => Just(Step::Kill),
        1 => (0_u64..100_000).prop_map(Step::Wait),
    ]
}

/// Of one duty, whatever happens, the remote signer is asked for one digest: what is asked of it
/// may have been signed, whether or not its answer came.
async fn run(steps: Vec<Step>) {
    let journal = Disk::default();
    let room = Room::begin(Scheme::Ecdsa, &journal).await;
    let mut first: BTreeMap<u8, Digest> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Go(way) => room.far.go(way),
            Step::Kill => drop(room.stage.runtime.kill(&id("signer"))),
            Step::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Step::Ask(n, digest) => {
                let before = room.far.asked.lock().unwrap().len();
                let question =
                    |reply| SignerMsg::Sign { duty: duty(n), digest, preimage: None, reply };
                let answer = room.signer.call(Duration::from_secs(30), question).await;
                let asked = room.far.asked.lock().unwrap()[before..].to_vec();
                assert!(asked.iter().all(|asked| *asked == digest));
                if !asked.is_empty() {
                    assert_eq!(*first.entry(n).or_insert(digest), digest, "two digests of {n}");
                }
                if let Ok(Ok(signature)) = answer {
                    assert_eq!(verify(&public(Scheme::Ecdsa), digest, &signature), Ok(()));
                    assert_eq!(*first.entry(n).or_insert(digest), digest);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn of_one_duty_a_remote_signer_sees_one_digest(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(steps));
    }
}
