//! An aggregation and a quorum that count heads of a set of four, two of which they need three,
//! and a signer: small stand-ins that forget when they die.

use std::collections::{BTreeMap, BTreeSet};

use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_protocol::signature::{AggregationEvent, AggregationMsg, SignerMsg};
use synod_supervision::{Actor, Context, Failure, Outlet};
use synod_types::B256;
use synod_types::certificate::{Bn254Certificate, Certificate, CertifiedResult};
use synod_types::operator::OperatorId;
use synod_types::quorum::{BallotId, Verdict};
use synod_types::signature::{Digest, PublicKey, Scheme, Signature, SignerStatus};
use synod_types::task::{Answer, TaskId};

const ENOUGH: usize = 3;

pub struct Aggregation {
    listener: Outlet<AggregationEvent>,
    open: BTreeMap<TaskId, BTreeMap<OperatorId, Answer>>,
}

impl Actor for Aggregation {
    type Msg = AggregationMsg;
    type Args = Outlet<AggregationEvent>;

    async fn start(
        ctx: &Context<AggregationMsg>,
        listener: Outlet<AggregationEvent>,
    ) -> Result<Self, Failure> {
        listener.tell(AggregationEvent::Started(ctx.incarnation()))?;
        Ok(Self { listener, open: BTreeMap::new() })
    }

    async fn handle(
        &mut self,
        _: &Context<AggregationMsg>,
        msg: AggregationMsg,
    ) -> Result<(), Failure> {
        match msg {
            AggregationMsg::Open(order, reply) => {
                self.open.entry(order.task).or_default();
                reply.answer(Ok(()));
                self.tell(order.task)
            }
            AggregationMsg::Submit(answer, reply) => {
                let task = answer.task;
                if let Some(answers) = self.open.get_mut(&task) {
                    answers.insert(answer.operator, answer);
                }
                reply.answer(Ok(()));
                self.tell(task)
            }
            AggregationMsg::Close(task) => {
                self.open.remove(&task);
                Ok(())
            }
        }
    }
}

impl Aggregation {
    fn tell(&self, task: TaskId) -> Result<(), Failure> {
        let Some(answers) = self.open.get(&task).filter(|answers| ENOUGH <= answers.len()) else {
            return Ok(());
        };
        let first = answers.values().next().unwrap();
        let certificate = Certificate::Bn254(Bn254Certificate {
            reference_timestamp: 7,
            message_hash: B256::ZERO,
            signature: [1; 64].into(),
            apk_g2: [2; 128].into(),
            non_signers: Vec::new(),
        });
        let signers = answers.keys().copied().collect();
        let (output, digest) = (first.output.clone(), first.digest);
        let result = CertifiedResult { task, output, digest, signers, certificate };
        Ok(self.listener.tell(AggregationEvent::Proven(Box::new(result)))?)
    }
}

pub struct Quorum {
    listener: Outlet<QuorumEvent>,
    open: BTreeMap<BallotId, (BTreeSet<OperatorId>, Option<Digest>)>,
}

impl Actor for Quorum {
    type Msg = QuorumMsg;
    type Args = Outlet<QuorumEvent>;

    async fn start(
        ctx: &Context<QuorumMsg>,
        listener: Outlet<QuorumEvent>,
    ) -> Result<Self, Failure> {
        listener.tell(QuorumEvent::Started(ctx.incarnation()))?;
        Ok(Self { listener, open: BTreeMap::new() })
    }

    async fn handle(&mut self, _: &Context<QuorumMsg>, msg: QuorumMsg) -> Result<(), Failure> {
        let ballot = match msg {
            QuorumMsg::Open(question, reply) => {
                self.open.entry(question.ballot).or_default();
                reply.answer(Ok(()));
                question.ballot
            }
            QuorumMsg::Cast(vote, reply) => {
                if let Some((voters, digest)) = self.open.get_mut(&vote.ballot) {
                    voters.insert(vote.operator);
                    *digest = Some(vote.digest);
                }
                reply.answer(Ok(()));
                vote.ballot
            }
            QuorumMsg::Evidence(_) | QuorumMsg::Expire(_) | QuorumMsg::Retell => return Ok(()),
        };
        match self.open.get(&ballot) {
            Some((voters, Some(digest))) if ENOUGH <= voters.len() => {
                let verdict = Verdict::Agreed(ballot, *digest);
                Ok(self.listener.tell(QuorumEvent::Settled(verdict))?)
            }
            _ => Ok(()),
        }
    }
}

pub struct Signer;

impl Actor for Signer {
    type Msg = SignerMsg;
    type Args = ();

    async fn start(_: &Context<SignerMsg>, (): ()) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn handle(&mut self, _: &Context<SignerMsg>, msg: SignerMsg) -> Result<(), Failure> {
        match msg {
            SignerMsg::Sign { digest, reply, .. } => {
                let bytes = digest.0.to_vec().repeat(2).into();
                reply.answer(Ok(Signature { scheme: Scheme::Bn254, bytes }));
            }
            SignerMsg::PublicKey(reply) => {
                reply.answer(PublicKey::Bn254 { g1: [1; 64].into(), g2: [2; 128].into() });
            }
            SignerMsg::Status(reply) => reply.answer(SignerStatus::default()),
            SignerMsg::Journalled(_)
            | SignerMsg::Marked(_)
            | SignerMsg::Signed(_)
            | SignerMsg::Fetched(..)
            | SignerMsg::Checked(_)
            | SignerMsg::Check => (),
        }
        Ok(())
    }
}
