mod remote;

use std::sync::Mutex;
use std::time::Duration;

use synod_signature_core::{SecretKey, verify};
use synod_supervision::{Address, CallError, Running};
use synod_tests::stage::{Stage, clock_at, id, room};
use synod_tests::store::{Disk, Fate, Store};
use synod_types::operator::OperatorId;
use synod_types::signature::{GuardRefusal, Scheme};
use synod_types::task::TaskId;
use synod_types::{Address as Account, B256};

use super::*;
use crate::port::KeySourceError;

const YES: Digest = Digest(B256::repeat_byte(1));
const NO: Digest = Digest(B256::repeat_byte(2));
const LIMITS: SignerLimits = SignerLimits { duties_max: 3, waiting_max: 2, batch_max: 2 };
const PATIENCE: Duration = Duration::from_secs(5);

struct Fixed {
    scheme: Scheme,
    mark: Mutex<Option<Mark>>,
}

impl KeySource for Fixed {
    fn load(&self) -> Result<Key, KeySourceError> {
        Ok(SecretKey::from_bytes(self.scheme, &[7; 32]).unwrap().into())
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        Ok(*self.mark.lock().unwrap())
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        let mut mark = self.mark.lock().unwrap();
        let place = "the mark".to_owned();
        match mark.as_mut() {
            None => Err(KeySourceError::MalformedMark { place }),
            Some(held) if *held == from || *held == to => {
                *held = to;
                Ok(())
            }
            Some(held) => {
                let (found, known) = (held.records, from.records);
                Err(KeySourceError::MovedMark { place, found, known })
            }
        }
    }
}

fn public(scheme: Scheme) -> PublicKey {
    SecretKey::from_bytes(scheme, &[7; 32]).unwrap().public()
}

fn duty(n: u8) -> Duty {
    Duty::TaskResult(TaskId(B256::repeat_byte(n)), OperatorId(Account::repeat_byte(9)))
}

struct Signing {
    stage: Stage,
    key: Arc<Fixed>,
    signer: Address<SignerMsg>,
    _running: Running,
}

impl Signing {
    async fn begin(scheme: Scheme, journal: &Disk) -> Self {
        Self::begin_at(scheme, journal, Some(Mark::default())).await
    }

    async fn begin_at(scheme: Scheme, journal: &Disk, mark: Option<Mark>) -> Self {
        Self::begin_with(scheme, journal, mark, LIMITS).await
    }

    async fn begin_with(
        scheme: Scheme,
        journal: &Disk,
        mark: Option<Mark>,
        limits: SignerLimits,
    ) -> Self {
        let mut stage = Stage::new(clock_at(1_000));
        let store = stage.address("store", room(64));
        stage.add::<Store>(&store, journal.clone());
        let signer = stage.address("signer", room(64));
        let key = Arc::new(Fixed { scheme, mark: Mutex::new(mark) });
        let args = SignerArgs { key: Arc::clone(&key) as _, store: store.into(), limits };
        stage.add::<Signer>(&signer, args);
        let running = stage.start().await;
        Self { stage, key, signer, _running: running }
    }

    async fn ask(
        &self,
        n: u8,
        digest: Digest,
    ) -> Result<Result<Signature, SignRefusal>, CallError> {
        let question = |reply| SignerMsg::Sign { duty: duty(n), digest, preimage: None, reply };
        self.signer.call(PATIENCE, question).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_signed_is_on_record_first_and_the_same_again() {
    for scheme in [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa] {
        let journal = Disk::default();
        let signing = Signing::begin(scheme, &journal).await;
        let signature = signing.ask(1, YES).await.unwrap().unwrap();
        assert_eq!(verify(&public(scheme), YES, &signature), Ok(()));
        assert_eq!(journal.records_len(), 1);
        assert_eq!(signing.ask(1, YES).await.unwrap().unwrap(), signature);
        assert_eq!(journal.records_len(), 1);
        let key = signing.signer.call(PATIENCE, SignerMsg::PublicKey).await;
        assert_eq!(key, Ok(public(scheme)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_digest_is_refused_even_by_the_next_incarnation() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    let signature = signing.ask(1, YES).await.unwrap().unwrap();
    let conflict = Err(SignRefusal::Guard(GuardRefusal::Conflict { first: YES, second: NO }));
    assert_eq!(signing.ask(1, NO).await.unwrap(), conflict);
    signing.stage.runtime.kill(&id("signer")).unwrap();
    assert_eq!(signing.ask(1, NO).await.unwrap(), conflict);
    assert_eq!(signing.ask(1, YES).await.unwrap().unwrap(), signature);
    assert_eq!(journal.records_len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_before_the_commit() {
    let journal = Disk::default();
    journal.always(Fate::Held);
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    let question =
        |digest| move |reply| SignerMsg::Sign { duty: duty(1), digest, preimage: None, reply };
    let first = signing.signer.request(question(YES)).await.unwrap();
    let second = signing.signer.request(question(YES)).await.unwrap();
    let full = signing.signer.request(question(YES)).await.unwrap();
    let refused = full.within(PATIENCE).await.unwrap();
    assert_eq!(refused, Err(SignRefusal::Busy { waiting: 2 }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(journal.records_len(), 0);

    journal.recover();
    let first = first.within(PATIENCE).await.unwrap().unwrap();
    assert_eq!(second.within(PATIENCE).await.unwrap(), Ok(first));
    assert_eq!(journal.records_len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_refuses_is_a_clear_refusal_and_no_signature() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    journal.always(Fate::Refused);
    assert_eq!(signing.ask(1, YES).await.unwrap(), Err(SignRefusal::NotDurable));
    assert_eq!(journal.records_len(), 0);
    // The next incarnation knows nothing of it, and the journal recovers.
    journal.recover();
    assert!(signing.ask(1, NO).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_journal_does_not_record_twice() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    journal.next([Fate::Unheard]);
    assert!(signing.ask(1, YES).await.unwrap().is_ok());
    assert_eq!(journal.records_len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_guard_forgets_nothing() {
    let signing = Signing::begin(Scheme::Ecdsa, &Disk::default()).await;
    for n in 1..=3 {
        assert!(signing.ask(n, YES).await.unwrap().is_ok());
    }
    let full = Err(SignRefusal::Guard(GuardRefusal::Full { duties: 3 }));
    assert_eq!(signing.ask(4, YES).await.unwrap(), full);
    assert!(signing.ask(1, YES).await.unwrap().is_ok());
    let conflict = SignRefusal::Guard(GuardRefusal::Conflict { first: YES, second: NO });
    assert_eq!(signing.ask(1, NO).await.unwrap(), Err(conflict));
}

/// Nothing is answered while the guard cannot be read: there is no incarnation to answer.
#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_the_guards_stops_the_signer() {
    let foreign = GuardRecord::V1 { key: B256::ZERO, duty: duty(1), digest: YES };
    for record in [foreign.encode(), vec![0xff; 10]] {
        let journal = Disk::default();
        journal.write(guard_stream(&public(Scheme::Ecdsa)), record.into());
        let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
        assert_eq!(signing.ask(1, YES).await, Err(CallError::Timeout));
    }
}

/// The mark of a guard with these duties on record for [`YES`].
fn mark_of(duties: &[u8]) -> Mark {
    let key = fingerprint(&public(Scheme::Ecdsa));
    let record = |n: &u8| GuardRecord::V1 { key, duty: duty(*n), digest: YES };
    duties.iter().map(record).fold(Mark::default(), |mark, record| mark.after(&record))
}

#[tokio::test(start_paused = true)]
async fn the_mark_is_raised_by_what_is_signed_and_holds_an_older_guard_back() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    for (n, mark) in [(1, mark_of(&[1])), (2, mark_of(&[1, 2])), (1, mark_of(&[1, 2]))] {
        assert!(signing.ask(n, YES).await.unwrap().is_ok());
        assert_eq!(*signing.key.mark.lock().unwrap(), Some(mark));
    }
    drop(signing);
    // A mark that lags behind: the process died before it was raised.
    for mark in [mark_of(&[1]), mark_of(&[1, 2])] {
        let again = Signing::begin_at(Scheme::Ecdsa, &journal, Some(mark)).await;
        assert!(again.ask(2, YES).await.unwrap().is_ok());
        assert_eq!(*again.key.mark.lock().unwrap(), Some(mark_of(&[1, 2])));
    }
    let longer = mark_of(&[1, 2, 3]);
    for (journal, mark) in [(&journal, longer), (&Disk::default(), mark_of(&[1]))] {
        let older = Signing::begin_at(Scheme::Ecdsa, journal, Some(mark)).await;
        assert_eq!(older.ask(1, YES).await, Err(CallError::Timeout));
    }
}

/// As many records, but not those that were signed by: an older journal that went its own way.
#[tokio::test(start_paused = true)]
async fn another_journal_as_long_as_the_marked_one_signs_nothing() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    for n in [1, 3] {
        assert!(signing.ask(n, YES).await.unwrap().is_ok());
    }
    drop(signing);
    for mark in [mark_of(&[2]), mark_of(&[1, 2])] {
        let other = Signing::begin_at(Scheme::Ecdsa, &journal, Some(mark)).await;
        assert_eq!(other.ask(1, YES).await, Err(CallError::Timeout));
        assert_eq!(other.ask(2, NO).await, Err(CallError::Timeout));
    }
}

/// Two daemons, each with a journal of its own, and one key: the mark belongs to the first.
#[tokio::test(start_paused = true)]
async fn of_two_guards_of_one_key_one_signs() {
    let journals = [Disk::default(), Disk::default()];
    let first = Signing::begin(Scheme::Ecdsa, &journals[0]).await;
    let second = Signing::begin(Scheme::Ecdsa, &journals[1]).await;
    assert!(first.ask(1, YES).await.unwrap().is_ok());
    *second.key.mark.lock().unwrap() = *first.key.mark.lock().unwrap();
    assert_eq!(second.ask(1, NO).await.unwrap(), Err(SignRefusal::NotDurable));
    assert_eq!(second.ask(2, NO).await, Err(CallError::Timeout), "nor does its next incarnation");
}

#[tokio::test(start_paused = true)]
async fn who_comes_during_a_commit_goes_with_the_next() {
    let journal = Disk::default();
    let limits = SignerLimits { duties_max: 100, waiting_max: 100, batch_max: 7 };
    let mark = Some(Mark::default());
    let signing = Signing::begin_with(Scheme::Ecdsa, &journal, mark, limits).await;
    journal.always(Fate::Held);
    let mut asked = Vec::new();
    for n in 0..20 {
        let question =
            |reply| SignerMsg::Sign { duty: duty(n), digest: YES, preimage: None, reply };
        asked.push(signing.signer.request(question).await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut on_record = Vec::new();
    while on_record.last() != Some(&20) {
        journal.recover();
        journal.always(Fate::Held);
        tokio::time::sleep(Duration::from_secs(1)).await;
        on_record.push(journal.records_len());
    }
    assert_eq!(on_record, [1, 8, 15, 20]);
    for (n, asked) in asked.into_iter().enumerate() {
        let signature = asked.within(PATIENCE).await.unwrap().unwrap();
        assert_eq!(verify(&public(Scheme::Ecdsa), YES, &signature), Ok(()));
        assert_eq!(signing.ask(n as u8, YES).await.unwrap(), Ok(signature), "the same bytes");
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_mark_a_key_signs_nothing() {
    let journal = Disk::default();
    let signing = Signing::begin(Scheme::Ecdsa, &journal).await;
    assert!(signing.ask(1, YES).await.unwrap().is_ok());
    *signing.key.mark.lock().unwrap() = None;
    assert_eq!(signing.ask(2, YES).await.unwrap(), Err(SignRefusal::NotDurable));
    // The next incarnation finds a place that has never kept one.
    assert!(signing.ask(2, YES).await.unwrap().is_ok());
    assert_eq!(journal.records_len(), 2);
}

#[test]
fn the_guards_stream_is_named_after_the_key() {
    let [one, other] = [Scheme::Bn254, Scheme::Ecdsa].map(|scheme| guard_stream(&public(scheme)));
    assert!(one.is_valid() && other.is_valid());
    assert_ne!(one, other);
}
