use proptest::prelude::*;

use super::*;
use crate::Lexical;

const LIMITS: Limits = Limits {
    batch_max: 3,
    batches_max: 1,
    wait_max: Duration::from_millis(5),
    waiting_max: 6,
    texts_max: 4,
    text_bytes_max: 8,
    cache_max: 100,
};

fn at(millis: u64) -> Moment {
    Moment::from_unix_millis(millis)
}

fn requests(limits: Limits) -> Requests {
    Requests::new(Lexical::new(64).unwrap().model().clone(), limits)
}

/// Each letter is a text.
fn ask(request: u64, letters: &str) -> Input {
    Input::Ask(RequestId(request), texts(letters))
}

fn texts(letters: &str) -> Vec<Arc<str>> {
    letters.chars().map(|letter| letter.to_string().into()).collect()
}

fn embed(texts: &[Arc<str>]) -> Vec<Embedding> {
    texts.iter().map(|text| Lexical::new(64).unwrap().embed(text)).collect()
}

fn compute(batch: u64, letters: &str) -> Effect {
    Effect::Compute(BatchId(batch), texts(letters))
}

fn answer(request: u64, letters: &str) -> Effect {
    Effect::Answer(RequestId(request), Ok(embed(&texts(letters))))
}

fn done(batch: u64, letters: &str) -> Input {
    Input::Computed(BatchId(batch), Ok(embed(&texts(letters))))
}

/// Inputs at milliseconds, and what each must lead to.
#[track_caller]
fn check(steps: Vec<(u64, Input, Vec<Effect>)>) {
    let mut requests = requests(LIMITS);
    for (step, (millis, input, expected)) in steps.into_iter().enumerate() {
        assert_eq!(requests.apply(at(millis), input), expected, "step {step}");
    }
}

#[test]
fn callers_share_a_batch() {
    check(vec![
        (0, ask(1, "a"), vec![Effect::WakeAt(at(5))]),
        (1, ask(2, "bc"), vec![compute(1, "abc")]),
        (2, done(1, "abc"), vec![answer(1, "a"), answer(2, "bc")]),
    ]);
}

#[test]
fn a_small_batch_starts_when_its_first_text_has_waited() {
    check(vec![
        (0, ask(1, "a"), vec![Effect::WakeAt(at(5))]),
        (5, Input::Wake, vec![compute(1, "a")]),
        (9, Input::Wake, vec![]),
    ]);
}

#[test]
fn a_text_wanted_twice_is_computed_once() {
    check(vec![
        (0, ask(1, "aab"), vec![Effect::WakeAt(at(5))]),
        (5, Input::Wake, vec![compute(1, "ab")]),
        (6, ask(2, "b"), vec![]),
        (7, done(1, "ab"), vec![answer(1, "aab"), answer(2, "b")]),
        (8, ask(3, "ba"), vec![answer(3, "ba")]),
    ]);
}

#[test]
fn the_next_batch_waits_for_the_one_before() {
    check(vec![
        (0, ask(1, "abcd"), vec![compute(1, "abc")]),
        (9, Input::Wake, vec![]),
        (9, done(1, "abc"), vec![compute(2, "d")]),
        (9, done(2, "d"), vec![answer(1, "abcd")]),
    ]);
}

#[test]
fn a_failure_is_told_once_to_everyone_in_the_batch_and_to_nobody_else() {
    let failed =
        |request| Effect::Answer(RequestId(request), Err(EmbeddingRefusal::Failed("down".into())));
    check(vec![
        (0, ask(1, "ab"), vec![Effect::WakeAt(at(5))]),
        (0, ask(2, "cd"), vec![compute(1, "abc")]),
        (1, ask(3, "d"), vec![]),
        (
            9,
            Input::Computed(BatchId(1), Err("down".into())),
            vec![failed(1), failed(2), compute(2, "d")],
        ),
        (9, done(2, "d"), vec![answer(3, "d")]),
    ]);
}

#[test]
fn vectors_of_another_model_are_a_failure() {
    let mut requests = requests(LIMITS);
    requests.apply(at(0), ask(1, "abc"));
    let strange = vec![Lexical::new(65).unwrap().embed("a"); 3];
    let effects = requests.apply(at(0), Input::Computed(BatchId(1), Ok(strange)));
    assert!(matches!(effects[..], [Effect::Answer(_, Err(EmbeddingRefusal::Failed(_)))]));
}

#[test]
fn limits_refuse() {
    let refused = |request, refusal| vec![Effect::Answer(RequestId(request), Err(refusal))];
    let long = Input::Ask(RequestId(2), vec!["123456789".into()]);
    check(vec![
        (0, ask(1, "abcde"), refused(1, EmbeddingRefusal::TooMany { texts: 5, max: 4 })),
        (0, long, refused(2, EmbeddingRefusal::TooLong { bytes: 9, max: 8 })),
        (0, ask(3, "abcd"), vec![compute(1, "abc")]),
        (0, ask(4, "efgh"), vec![]),
        (0, ask(5, "ij"), refused(5, EmbeddingRefusal::Busy { waiting: 5 })),
        (0, ask(6, "ad"), vec![]),
        (0, ask(7, ""), vec![answer(7, "")]),
    ]);
}

#[test]
fn what_just_fits_is_taken() {
    let long = Input::Ask(RequestId(2), vec!["12345678".into()]);
    let busy = EmbeddingRefusal::Busy { waiting: 6 };
    check(vec![
        (0, ask(1, "abcd"), vec![compute(1, "abc")]),
        (0, long, vec![]),
        (0, ask(3, "efgh"), vec![]),
        (0, ask(4, "d"), vec![]),
        (0, ask(5, "i"), vec![Effect::Answer(RequestId(5), Err(busy))]),
    ]);
}

#[test]
fn what_waits_and_what_was_remembered_is_counted() {
    let mut requests = requests(LIMITS);
    requests.apply(at(0), ask(1, "abcd"));
    requests.apply(at(1), done(1, "abc"));
    requests.apply(at(1), ask(2, "abe"));
    assert_eq!(requests.waiting_len(), 2);
    assert_eq!(requests.cached_len(), 3);
    assert_eq!(requests.hits_and_misses(), (2, 5));
}

proptest! {
    /// Whatever is asked when, everyone gets the vectors of their own texts, once.
    #[test]
    fn everyone_is_answered_once(
        asks in proptest::collection::vec(("[a-h]{0,4}", 0_u64..4), 1..40),
        cache_max in 0_usize..6,
    ) {
        let mut requests = requests(Limits { cache_max, waiting_max: 1_000, ..LIMITS });
        let mut computing: VecDeque<(BatchId, Vec<Arc<str>>)> = VecDeque::new();
        let mut answered = BTreeMap::new();
        let mut now = 0;
        let mut steps: VecDeque<Input> = asks
            .iter()
            .enumerate()
            .map(|(number, (letters, _))| ask(number as u64, letters))
            .collect();
        let mut pauses = asks.iter().map(|&(_, pause)| pause).cycle();
        loop {
            let input = match steps.pop_front() {
                Some(input) => input,
                None if answered.len() == asks.len() => break,
                None => Input::Wake,
            };
            now += pauses.next().unwrap() + u64::from(steps.is_empty());
            let mut effects = requests.apply(at(now), input);
            if (steps.is_empty() || now % 2 == 0)
                && let Some((batch, texts)) = computing.pop_front() {
                let outcome = Ok(embed(&texts));
                effects.extend(requests.apply(at(now), Input::Computed(batch, outcome)));
            }
            for effect in effects {
                match effect {
                    Effect::Answer(request, vectors) => {
                        prop_assert!(answered.insert(request, vectors.unwrap()).is_none());
                    }
                    Effect::Compute(batch, texts) => computing.push_back((batch, texts)),
                    Effect::WakeAt(_) => (),
                }
            }
            prop_assert!(computing.len() <= LIMITS.batches_max);
            prop_assert!(requests.cached_len() <= cache_max);
        }
        for (number, (letters, _)) in asks.iter().enumerate() {
            let expected = embed(&texts(letters));
            prop_assert_eq!(&answered[&RequestId(number as u64)], &expected);
        }
    }
}
