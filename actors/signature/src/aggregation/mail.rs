use synod_protocol::signature::AggregationMsg;
use synod_signature_core::aggregation::{Readiness, Report};
use synod_supervision::{Fingerprint, Lane, Message, Overflow, Panicked};

/// What reaches aggregation: what others tell it, and what it tells itself.
#[derive(Debug)]
pub enum AggregationMail {
    /// By others.
    Told(AggregationMsg),
    /// The keys of a table are checked.
    Prepared(Box<Result<Readiness, Panicked>>),
    /// A verification has ended.
    Verified(Box<Result<Vec<Report>, Panicked>>),
    /// The listener may have room now.
    Retry,
}

impl From<AggregationMsg> for AggregationMail {
    fn from(msg: AggregationMsg) -> Self {
        Self::Told(msg)
    }
}

impl Message for AggregationMail {
    fn kind(&self) -> &'static str {
        match self {
            Self::Told(msg) => msg.kind(),
            Self::Prepared(_) => "prepared",
            Self::Verified(_) => "verified",
            Self::Retry => "retry",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Told(msg) => msg.lane(),
            Self::Prepared(_) | Self::Verified(_) | Self::Retry => Lane::High,
        }
    }

    fn again(&self) -> Option<Self> {
        match self {
            Self::Told(msg) => msg.again().map(Self::Told),
            Self::Prepared(_) | Self::Verified(_) | Self::Retry => None,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Told(msg) => msg.digest(),
            Self::Prepared(_) | Self::Verified(_) | Self::Retry => None,
        }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::Told(msg) => msg.overflow(),
            Self::Prepared(_) | Self::Verified(_) | Self::Retry => Overflow::Wait,
        }
    }
}
