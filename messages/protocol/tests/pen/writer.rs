//! An actor that lives by its pen.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use synod_protocol::journal::{Committed, Past, Pen};
use synod_protocol::store::{StoreMsg, StoreRefusal};
use synod_supervision::{Actor, Context, Failure, Message, Outlet};
use synod_tests::store::Disk;
use synod_types::actor::Incarnation;
use synod_types::store::{StreamId, Version};

#[derive(Debug)]
pub enum WriterMsg {
    /// Write this many records, all of this number, then act.
    Write(u32, usize),
    /// Save a snapshot.
    Save,
    /// Let time pass in hand.
    Dwell(Duration),
    Die,
    Journalled(Committed),
    Saved(Result<(), StoreRefusal>),
}

impl Message for WriterMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Write(..) => "write",
            Self::Save => "save",
            Self::Dwell(_) => "dwell",
            Self::Die => "die",
            Self::Journalled(_) => "journalled",
            Self::Saved(_) => "saved",
        }
    }
}

/// An effect that left the pen.
#[derive(Clone, Debug)]
pub struct Act {
    pub incarnation: Incarnation,
    pub number: u32,
    /// Of the stream, once everything written before it is durable.
    pub needs: Version,
    /// What was durable then.
    pub durable: Version,
}

#[derive(Clone)]
pub struct WriterArgs {
    pub store: Outlet<StoreMsg>,
    pub disk: Disk,
    pub acts: Arc<Mutex<Vec<Act>>>,
    /// What each incarnation was told of the past.
    pub pasts: Arc<Mutex<Vec<Vec<u32>>>>,
    pub stream: StreamId,
}

pub struct Writer {
    args: WriterArgs,
    pen: Pen<(u32, Version)>,
    written: Vec<u32>,
}

fn number(record: &Bytes) -> u32 {
    String::from_utf8_lossy(record).parse().unwrap()
}

impl Actor for Writer {
    type Msg = WriterMsg;
    type Args = WriterArgs;

    async fn start(_: &Context<WriterMsg>, args: WriterArgs) -> Result<Self, Failure> {
        let mut written = Vec::new();
        let pen = Pen::open(args.store.clone(), args.stream.clone(), |past| {
            match past {
                Past::Snapshot(state) => {
                    let text = String::from_utf8_lossy(state).into_owned();
                    written = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
                }
                Past::Record(record) => written.push(number(record)),
            }
            Ok(())
        });
        let pen = pen.await?;
        args.pasts.lock().push(written.clone());
        Ok(Self { args, pen, written })
    }

    async fn handle(&mut self, ctx: &Context<WriterMsg>, msg: WriterMsg) -> Result<(), Failure> {
        match msg {
            WriterMsg::Write(number, records) => {
                let needs = Version(self.pen.version().0 + records as u64);
                self.written.extend(std::iter::repeat_n(number, records));
                let records = vec![Bytes::from(number.to_string()); records];
                let effects = vec![(number, needs)];
                let free = self.pen.write(ctx, records, effects, WriterMsg::Journalled).await?;
                self.act(ctx, free);
            }
            WriterMsg::Save => {
                let words: Vec<String> = self.written.iter().map(u32::to_string).collect();
                self.pen.save(ctx, words.join(" ").into(), WriterMsg::Saved).await?;
            }
            WriterMsg::Dwell(time) => tokio::time::sleep(time).await,
            WriterMsg::Die => return Err(Failure::because("told to")),
            WriterMsg::Journalled(committed) => {
                let free = self.pen.settle(ctx, committed, WriterMsg::Journalled).await?;
                self.act(ctx, free);
            }
            // The next one is as good.
            WriterMsg::Saved(outcome) => drop(outcome),
        }
        Ok(())
    }
}

impl Writer {
    fn act(&self, ctx: &Context<WriterMsg>, free: Vec<(u32, Version)>) {
        let durable = Version(self.args.disk.records_len() as u64);
        let incarnation = ctx.incarnation();
        let acts = free.into_iter();
        let acts = acts.map(|(number, needs)| Act { incarnation, number, needs, durable });
        self.args.acts.lock().extend(acts);
    }
}
