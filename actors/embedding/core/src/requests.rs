use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use synod_types::time::Moment;
use synod_types::vector::{Embedding, EmbeddingRefusal, ModelId};

use crate::cache::{Cache, Key};

/// One caller's question, numbered by the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Texts computed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// How much is taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Texts computed together.
    pub batch_max: usize,
    /// Batches computed at once.
    pub batches_max: usize,
    /// How long a text waits for others to be computed with.
    pub wait_max: Duration,
    /// Texts waiting for their batch; more are refused.
    pub waiting_max: usize,
    /// Texts of one request.
    pub texts_max: usize,
    /// Bytes of one text.
    pub text_bytes_max: usize,
    /// Vectors kept for the next time.
    pub cache_max: usize,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A caller wants vectors.
    Ask(RequestId, Vec<Arc<str>>),
    /// The alarm set by [`Effect::WakeAt`] rang.
    Wake,
    /// The model is done with a batch, or failed.
    Computed(BatchId, Result<Vec<Embedding>, Arc<str>>),
}

/// What the shell must now do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell the caller.
    Answer(RequestId, Result<Vec<Embedding>, EmbeddingRefusal>),
    /// Have the model compute these; come back with [`Input::Computed`].
    Compute(BatchId, Vec<Arc<str>>),
    /// Come back with [`Input::Wake`] at this time.
    WakeAt(Moment),
}

/// Questions under way, and vectors of late. The same text is computed once for all who want it.
#[derive(Debug)]
pub struct Requests {
    model: ModelId,
    limits: Limits,
    cache: Cache,
    open: BTreeMap<RequestId, Open>,
    /// Texts not yet in the cache, waiting or being computed, and who wants them where.
    wanted: HashMap<Key, Wanted>,
    waiting: VecDeque<(Moment, Key)>,
    computing: BTreeMap<BatchId, Vec<Key>>,
    /// When the last alarm set rings, so that it is set once.
    alarm: Option<Moment>,
    batches: u64,
    hits: u64,
    misses: u64,
}

#[derive(Debug)]
struct Open {
    answers: Vec<Option<Embedding>>,
    missing: usize,
}

#[derive(Debug)]
struct Wanted {
    text: Arc<str>,
    places: Vec<(RequestId, usize)>,
}

impl Requests {
    /// Nothing asked, nothing remembered.
    pub fn new(model: ModelId, limits: Limits) -> Self {
        Self {
            model,
            limits,
            cache: Cache::new(limits.cache_max),
            open: BTreeMap::new(),
            wanted: HashMap::new(),
            waiting: VecDeque::new(),
            computing: BTreeMap::new(),
            alarm: None,
            batches: 0,
            hits: 0,
            misses: 0,
        }
    }

    /// Texts that wait for their batch.
    pub fn waiting_len(&self) -> usize {
        self.waiting.len()
    }

    /// Vectors kept.
    pub fn cached_len(&self) -> usize {
        self.cache.len()
    }

    /// Texts found in the cache, and those not, since the start.
    pub const fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits, self.misses)
    }

    /// Takes one input at `now`; says what follows from it.
    pub fn apply(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        let mut effects = match input {
            Input::Ask(request, texts) => self.ask(now, request, texts),
            Input::Wake => {
                self.alarm = None;
                Vec::new()
            }
            Input::Computed(batch, outcome) => self.computed(batch, outcome),
        };
        self.dispatch(now, &mut effects);
        effects
    }

    fn ask(&mut self, now: Moment, request: RequestId, texts: Vec<Arc<str>>) -> Vec<Effect> {
        if let Err(refusal) = self.admit(&texts) {
            return vec![Effect::Answer(request, Err(refusal))];
        }
        let keys: Vec<Key> = texts.iter().map(|text| Key::new(&self.model, text)).collect();
        let answers: Vec<_> = keys.iter().map(|key| self.cache.get(key)).collect();
        let missing = answers.iter().filter(|answer| answer.is_none()).count();
        let fresh = keys.iter().zip(&answers);
        let fresh =
            fresh.filter(|(key, answer)| answer.is_none() && !self.wanted.contains_key(*key));
        if self.limits.waiting_max < self.waiting.len() + fresh.count() {
            let refusal = EmbeddingRefusal::Busy { waiting: self.waiting.len() };
            return vec![Effect::Answer(request, Err(refusal))];
        }
        self.hits += (answers.len() - missing) as u64;
        self.misses += missing as u64;
        for (place, (key, text)) in keys.into_iter().zip(texts).enumerate() {
            if answers[place].is_none() {
                self.want(now, key, text, (request, place));
            }
        }
        self.open.insert(request, Open { answers, missing });
        self.answer_if_whole(request).into_iter().collect()
    }

    fn admit(&self, texts: &[Arc<str>]) -> Result<(), EmbeddingRefusal> {
        let Limits { texts_max, text_bytes_max, .. } = self.limits;
        if texts_max < texts.len() {
            return Err(EmbeddingRefusal::TooMany { texts: texts.len(), max: texts_max });
        }
        match texts.iter().map(|text| text.len()).find(|&bytes| text_bytes_max < bytes) {
            Some(bytes) => Err(EmbeddingRefusal::TooLong { bytes, max: text_bytes_max }),
            None => Ok(()),
        }
    }

    fn want(&mut self, now: Moment, key: Key, text: Arc<str>, place: (RequestId, usize)) {
        let waiting = &mut self.waiting;
        let wanted = self.wanted.entry(key).or_insert_with(|| {
            waiting.push_back((now, key));
            Wanted { text, places: Vec::new() }
        });
        wanted.places.push(place);
    }

    /// Starts what is due: a full batch at once, a smaller one when its first text has waited.
    fn dispatch(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        while self.computing.len() < self.limits.batches_max
            && let Some(&(since, _)) = self.waiting.front()
        {
            let due = since + self.limits.wait_max;
            if self.waiting.len() < self.limits.batch_max && now < due {
                if self.alarm.replace(due) != Some(due) {
                    effects.push(Effect::WakeAt(due));
                }
                return;
            }
            let size = self.waiting.len().min(self.limits.batch_max);
            let keys: Vec<Key> = self.waiting.drain(..size).map(|(_, key)| key).collect();
            let texts = keys.iter().map(|key| Arc::clone(&self.wanted[key].text)).collect();
            self.batches += 1;
            let batch = BatchId(self.batches);
            self.computing.insert(batch, keys);
            effects.push(Effect::Compute(batch, texts));
        }
    }

    fn computed(
        &mut self,
        batch: BatchId,
        outcome: Result<Vec<Embedding>, Arc<str>>,
    ) -> Vec<Effect> {
        let Some(keys) = self.computing.remove(&batch) else {
            return Vec::new();
        };
        let outcome = outcome.and_then(|embeddings| {
            let is_fit = embeddings.len() == keys.len()
                && embeddings.iter().all(|embedding| embedding.model == self.model);
            if is_fit { Ok(embeddings) } else { Err("not one vector of its own a text".into()) }
        });
        match outcome {
            Ok(embeddings) => keys
                .into_iter()
                .zip(embeddings)
                .flat_map(|(key, embedding)| self.fill(key, &embedding))
                .collect(),
            Err(reason) => keys.into_iter().flat_map(|key| self.fail(key, &reason)).collect(),
        }
    }

    fn fill(&mut self, key: Key, embedding: &Embedding) -> Vec<Effect> {
        self.cache.put(key, embedding.clone());
        let places = self.wanted.remove(&key).map(|wanted| wanted.places).unwrap_or_default();
        let mut effects = Vec::new();
        for (request, place) in places {
            if let Some(open) = self.open.get_mut(&request) {
                open.answers[place] = Some(embedding.clone());
                open.missing -= 1;
            }
            effects.extend(self.answer_if_whole(request));
        }
        effects
    }

    fn fail(&mut self, key: Key, reason: &Arc<str>) -> Vec<Effect> {
        let places = self.wanted.remove(&key).map(|wanted| wanted.places).unwrap_or_default();
        let refusal = || EmbeddingRefusal::Failed(Arc::clone(reason));
        let failed = places.into_iter().filter(|(request, _)| self.open.remove(request).is_some());
        failed.map(|(request, _)| Effect::Answer(request, Err(refusal()))).collect()
    }

    fn answer_if_whole(&mut self, request: RequestId) -> Option<Effect> {
        self.open.get(&request).filter(|open| open.missing == 0)?;
        let open = self.open.remove(&request)?;
        Some(Effect::Answer(request, Ok(open.answers.into_iter().flatten().collect())))
    }
}

#[cfg(test)]
mod tests;
