use std::sync::Arc;

use parking_lot::Mutex;
use synod_protocol::embedding::EmbeddingMsg;
use synod_supervision::{Actor, Context, Failure};
use synod_types::vector::{self, EmbeddingRefusal, ModelId};

/// One value a letter: how often it occurs. Enough to tell texts apart.
#[derive(Clone, Default)]
pub struct Model(Arc<Mutex<Mood>>);

#[derive(Default)]
struct Mood {
    is_down: bool,
    /// Texts that hold this are refused for good.
    dislikes: Option<&'static str>,
    asked: usize,
}

impl Model {
    pub fn set_down(&self, is_down: bool) {
        self.0.lock().is_down = is_down;
    }

    pub fn dislike(&self, text: &'static str) {
        self.0.lock().dislikes = Some(text);
    }

    pub fn asked(&self) -> usize {
        self.0.lock().asked
    }

    fn embed(&self, texts: &[Arc<str>]) -> Result<Vec<vector::Embedding>, EmbeddingRefusal> {
        let mut mood = self.0.lock();
        mood.asked += 1;
        if mood.is_down {
            return Err(EmbeddingRefusal::Failed("down".into()));
        }
        let dislikes = |text: &Arc<str>| mood.dislikes.is_some_and(|word| text.contains(word));
        if texts.iter().any(dislikes) {
            return Err(EmbeddingRefusal::TooLong { bytes: 1, max: 0 });
        }
        Ok(texts.iter().map(|text| letters(text)).collect())
    }
}

fn letters(text: &str) -> vector::Embedding {
    let count = |letter: u8| text.bytes().filter(|&byte| byte == letter).count() as f32;
    let values = (b'a'..=b'z').map(count).collect();
    vector::Embedding { model: ModelId("letters".into()), values }
}

pub struct Embedding(Model);

impl Actor for Embedding {
    type Msg = EmbeddingMsg;
    type Args = Model;

    async fn start(_: &Context<EmbeddingMsg>, model: Model) -> Result<Self, Failure> {
        Ok(Self(model))
    }

    async fn handle(
        &mut self,
        _: &Context<EmbeddingMsg>,
        msg: EmbeddingMsg,
    ) -> Result<(), Failure> {
        if let EmbeddingMsg::Embed(texts, reply) = msg {
            reply.answer(self.0.embed(&texts));
        }
        Ok(())
    }
}
