//! Writers that each wait for their record before they write the next.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::RECORD_BYTES;
use crate::engine::{Engine, Opened};
use crate::machine::Rate;

pub(crate) fn measure(engine: Engine, dir: &Path, writers: u64, during: Duration) -> Rate {
    let engine = Arc::new(engine.open(dir));
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let start = Instant::now();
        let mut running = JoinSet::new();
        for writer in 0..writers {
            running.spawn(write(Arc::clone(&engine), writer, start + during));
        }
        let times = running.join_all().await.concat();
        Rate { times, took: start.elapsed() }
    })
}

async fn write(engine: Arc<Opened>, writer: u64, until: Instant) -> Vec<Duration> {
    let record = Bytes::from(vec![writer as u8; RECORD_BYTES]);
    let mut times = Vec::new();
    while Instant::now() < until {
        let begin = Instant::now();
        let (tell, told) = oneshot::channel();
        let done = Box::new(move || tell.send(()).unwrap());
        engine.put(writer, times.len() as u64, vec![record.clone()], done).await;
        told.await.unwrap();
        times.push(begin.elapsed());
    }
    times
}
