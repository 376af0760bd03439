//! Told to the quorum actor, and told by it.

use synod_supervision::{Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::actor::Incarnation;
use synod_types::quorum::{BallotId, Equivocation, Question, Refusal, Verdict, Vote};

/// Told to the quorum actor.
#[derive(Debug)]
pub enum QuorumMsg {
    /// Put a question. Answered once open or refused. The same question again: answered the
    /// same, and a verdict that is known is told again.
    Open(Question, Reply<Result<(), Refusal>>),
    /// An operator has answered, provably. Answered once heard or refused; the verdict is told
    /// as a [`QuorumEvent`].
    Cast(Vote, Reply<Result<(), Refusal>>),
    /// The latest offences, oldest first.
    Evidence(Reply<Vec<Equivocation>>),
    /// The actor's own alarm: a ballot's window has closed.
    Expire(BallotId),
    /// The actor's own alarm: whoever listens may have room again.
    Retell,
}

impl Message for QuorumMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Open(..) => "open",
            Self::Cast(..) => "cast",
            Self::Evidence(_) => "evidence",
            Self::Expire(_) => "expire",
            Self::Retell => "retell",
        }
    }

    /// Questions and votes share a lane: a vote follows its question.
    fn lane(&self) -> Lane {
        match self {
            Self::Evidence(_) => Lane::Control,
            Self::Expire(_) | Self::Retell => Lane::High,
            Self::Open(..) | Self::Cast(..) => Lane::Normal,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Open(question, _) => Some(fingerprint(self.kind(), question)),
            Self::Cast(vote, _) => Some(fingerprint(self.kind(), vote)),
            Self::Evidence(_) | Self::Expire(_) | Self::Retell => None,
        }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::Open(..) | Self::Cast(..) => Overflow::Wait,
            Self::Evidence(_) | Self::Expire(_) | Self::Retell => Overflow::Refuse,
        }
    }
}

/// Told by the quorum actor to whoever puts questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumEvent {
    /// A new life began and knows of no ballot: what is undecided must be put again.
    Started(Incarnation),
    /// A ballot has ended. Told again if the question is put again.
    Settled(Verdict),
    /// An operator answered a ballot in two ways.
    Equivocated(Equivocation),
}
