//! The actor on paused time, before models that work, fail and hang.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_embedding::{
    Args, Computing, EmbedError, Embedder, EmbeddingActor, Lexical, LexicalEmbedder, Limits,
};
use synod_protocol::embedding::EmbeddingMsg;
use synod_supervision::core::BreakerPolicy;
use synod_supervision::{Address, Pending, Running, Runtime};
use synod_tests::stage::{Stage, clock_at, room};
use synod_types::vector::{Embedding, EmbeddingRefusal, ModelId};

const LIMITS: Limits = Limits {
    batch_max: 4,
    batches_max: 1,
    wait_max: Duration::from_millis(5),
    waiting_max: 100,
    texts_max: 8,
    text_bytes_max: 100,
    cache_max: 100,
};

/// The built-in model, which notes its batches and does as it is told.
struct Moody {
    model: Lexical,
    batches: Mutex<Vec<usize>>,
    mood: Mutex<Mood>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Works,
    Fails,
    Hangs,
}

impl Embedder for Moody {
    fn model(&self) -> &ModelId {
        self.model.model()
    }

    fn dimensions(&self) -> usize {
        self.model.dimensions()
    }

    fn embed(&self, texts: Vec<Arc<str>>) -> Computing<'_> {
        Box::pin(async move {
            let mood = *self.mood.lock();
            self.batches.lock().push(texts.len());
            match mood {
                Mood::Works => Ok(texts.iter().map(|text| self.model.embed(text)).collect()),
                Mood::Fails => Err(EmbedError("moody".to_owned())),
                Mood::Hangs => std::future::pending().await,
            }
        })
    }
}

struct Process {
    running: Running,
    runtime: Runtime,
    embedding: Address<EmbeddingMsg>,
    moody: Arc<Moody>,
}

impl Process {
    async fn start() -> Self {
        let moody = Moody {
            model: Lexical::new(64).unwrap(),
            batches: Mutex::default(),
            mood: Mutex::new(Mood::Works),
        };
        let moody = Arc::new(moody);
        let (runtime, running, embedding) = start(moody.clone()).await;
        Self { running, runtime, embedding, moody }
    }

    async fn ask(&self, texts: &[&str]) -> Pending<Result<Vec<Embedding>, EmbeddingRefusal>> {
        let texts = texts.iter().map(|&text| text.into()).collect();
        self.embedding.request(|reply| EmbeddingMsg::Embed(texts, reply)).await.unwrap()
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbeddingRefusal> {
        self.ask(texts).await.within(Duration::from_secs(60)).await.unwrap()
    }
}

async fn start(embedder: Arc<dyn Embedder>) -> (Runtime, Running, Address<EmbeddingMsg>) {
    let mut stage = Stage::new(clock_at(1_700_000_000));
    let address = stage.address("embedding", room(64));
    let breaker = stage.runtime.breaker("model", BreakerPolicy::default());
    stage.add::<EmbeddingActor>(&address, Args { limits: LIMITS, embedder, breaker });
    let running = stage.start_ready().await;
    (stage.runtime, running, address)
}

#[tokio::test(start_paused = true)]
async fn callers_share_batches_and_the_cache() {
    let process = Process::start().await;
    let (one, two) = (process.ask(&["a", "b"]).await, process.ask(&["b", "c"]).await);
    let one = one.within(Duration::from_secs(1)).await.unwrap().unwrap();
    let two = two.within(Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(one[1], two[0]);
    assert_eq!(*process.moody.batches.lock(), [3]);
    assert_eq!(process.embed(&["c", "a"]).await.unwrap(), [two[1].clone(), one[0].clone()]);
    assert_eq!(*process.moody.batches.lock(), [3]);
    process.running.abandon();
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_is_a_refusal_and_then_left_alone() {
    let process = Process::start().await;
    *process.moody.mood.lock() = Mood::Fails;
    for number in 0..20 {
        let refused = process.embed(&[&format!("text {number}")]).await.unwrap_err();
        assert!(refused.is_retryable(), "{refused}");
    }
    assert!(process.moody.batches.lock().len() < 20, "the breaker never opened");
    *process.moody.mood.lock() = Mood::Works;
    process.runtime.find_breaker("model").unwrap().reset();
    assert_eq!(process.embed(&["text 1"]).await.unwrap().len(), 1);
    process.running.abandon();
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_is_given_up() {
    let process = Process::start().await;
    *process.moody.mood.lock() = Mood::Hangs;
    assert!(matches!(process.embed(&["a"]).await, Err(EmbeddingRefusal::Failed(_))));
    *process.moody.mood.lock() = Mood::Works;
    assert!(process.embed(&["a"]).await.is_ok());
    process.running.abandon();
}

#[tokio::test]
async fn the_built_in_model_gives_the_same_vectors_after_a_restart() {
    let embedder = Arc::new(LexicalEmbedder::new(256).unwrap());
    let (runtime, running, address) = start(embedder).await;
    let ask = || {
        address.call(Duration::from_secs(5), |reply| {
            EmbeddingMsg::Embed(vec!["block 7".into(), "task 8".into()], reply)
        })
    };
    let before = ask().await.unwrap().unwrap();
    runtime.restart(address.id()).unwrap();
    let after = ask().await.unwrap().unwrap();
    assert_eq!(before, after);
    assert_eq!(&*after[0].model.0, "synod-lexical-1-256");
    assert_eq!(after[1], Lexical::new(256).unwrap().embed("task 8"));
    running.abandon();
}
