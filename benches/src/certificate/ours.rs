use std::sync::Arc;
use std::time::Duration;

use synod_protocol::signature::{AggregationEvent, AggregationMsg};
use synod_signature::{
    AggregationArgs, AggregationLimits, AggregationMail, Arithmetic, CollectionLimits,
    SystemEntropy,
};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Context, Failure, Message, Pending, Running,
};
use synod_types::actor::ActorId;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::scenario::Scenario;
use crate::{Threads, child_policy, runtime, tree};

const PATIENCE: Duration = Duration::from_secs(600);

/// Our aggregation under a supervisor, with its pool of threads, and whoever ordered certificates,
/// an actor beside it.
pub struct Ours {
    tokio: Runtime,
    aggregation: Address<AggregationMail>,
    heard: Heard,
    _running: Running,
}

/// What the consumer has been told so far.
#[derive(Clone, Debug)]
struct Heard {
    proven: Arc<Semaphore>,
    rejected: Arc<Semaphore>,
}

/// Ordered the certificates.
struct Consumer(Heard);

struct Told(AggregationEvent);

impl From<AggregationEvent> for Told {
    fn from(event: AggregationEvent) -> Self {
        Self(event)
    }
}

impl Message for Told {
    fn kind(&self) -> &'static str {
        "event"
    }
}

impl Actor for Consumer {
    type Msg = Told;
    type Args = Heard;

    async fn start(_: &Context<Told>, heard: Heard) -> Result<Self, Failure> {
        Ok(Self(heard))
    }

    async fn handle(&mut self, _: &Context<Told>, Told(event): Told) -> Result<(), Failure> {
        match event {
            AggregationEvent::Proven(_) => self.0.proven.add_permits(1),
            AggregationEvent::Rejected { .. } => self.0.rejected.add_permits(1),
            AggregationEvent::Started(_) => (),
            AggregationEvent::Split { .. } => return Err(Failure::because("an answer can win")),
        }
        Ok(())
    }
}

impl Ours {
    /// As `A` runs aggregation, with the keys of the scenario's table checked already.
    pub fn begin<A>(
        threads: Threads,
        scenario: &Scenario,
        make: impl FnOnce(AggregationArgs) -> A::Args,
        arithmetic: Arithmetic,
    ) -> Self
    where
        A: Actor<Msg = AggregationMail>,
    {
        let tokio = threads.tokio();
        let house = runtime();
        let room = Capacity { control: 64, high: 4_096, normal: 4_096 };
        let aggregation = house.address::<AggregationMail>(id("aggregation"), room);
        let consumer: Address<Told> = house.address(id("consumer"), room);
        let none = || Arc::new(Semaphore::new(0));
        let heard = Heard { proven: none(), rejected: none() };
        let args = AggregationArgs {
            events: consumer.outlet(),
            limits: limits(),
            arithmetic,
            entropy: Arc::new(SystemEntropy),
        };
        let children = vec![
            ChildSpec::worker::<Consumer>(child_policy("consumer"), &consumer, heard.clone()),
            ChildSpec::worker::<A>(child_policy("aggregation"), &aggregation, make(args)),
        ];
        let running = tokio.block_on(tree(&house, children));
        let ours = Self { tokio, aggregation, heard, _running: running };
        ours.certify(scenario);
        ours
    }

    /// From the answers to the certificates in the consumer's hand.
    pub fn certify(&self, scenario: &Scenario) {
        self.tokio.block_on(async {
            self.open(scenario).await;
            self.submit(scenario, 0..scenario.shape.signers).await;
            self.proven(scenario).await;
        });
    }

    /// Runs on our threads.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.tokio.block_on(work)
    }

    /// Orders the certificates.
    pub async fn open(&self, scenario: &Scenario) {
        for order in &scenario.orders {
            let order = order.clone();
            let asked =
                self.aggregation.request(|reply| AggregationMsg::Open(order, reply).into()).await;
            answered(asked.expect("there is room")).await.expect("a good order");
        }
    }

    /// The answers of these members to all tasks.
    pub async fn submit(&self, scenario: &Scenario, members: std::ops::Range<usize>) {
        let mut replies = Vec::with_capacity(members.len() * scenario.orders.len());
        for n in members {
            for answers in &scenario.answers {
                let answer = answers[n].clone();
                let asked =
                    self.aggregation.request(|r| AggregationMsg::Submit(answer, r).into()).await;
                replies.push(asked.expect("there is room"));
            }
        }
        for reply in replies {
            answered(reply).await.expect("a good answer");
        }
    }

    /// Waits for all certificates, and forgets the tasks.
    pub async fn proven(&self, scenario: &Scenario) {
        let tasks = scenario.orders.len();
        let take = |semaphore: Arc<Semaphore>, count: usize| async move {
            let permits = semaphore.acquire_many(count as u32).await;
            permits.expect("it is never closed").forget();
        };
        take(Arc::clone(&self.heard.proven), tasks).await;
        // They were told before.
        take(Arc::clone(&self.heard.rejected), tasks * scenario.shape.bad).await;
        assert_eq!(self.heard.rejected.available_permits(), 0, "nobody else is rejected");
        for order in &scenario.orders {
            let closed = self.aggregation.send(AggregationMsg::Close(order.task).into()).await;
            closed.expect("there is room");
        }
    }
}

async fn answered<T: Send + 'static>(reply: Pending<T>) -> T {
    reply.within(PATIENCE).await.expect("aggregation answers")
}

/// As in the daemon; but a false signature is as unexpected each time.
fn limits() -> AggregationLimits {
    let limits = AggregationLimits::default();
    AggregationLimits {
        collection: CollectionLimits { suspects_max: 0, ..limits.collection },
        ..limits
    }
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).expect("benches name their actors well")
}
