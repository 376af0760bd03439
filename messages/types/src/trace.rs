//! Which trace a piece of work belongs to: W3C Trace Context, without `tracestate`.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A trace: everything that follows from one request, in every process. Never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// One piece of work in a trace. Never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

/// What a message carries of its trace, and the header `traceparent` between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The piece of work that what follows hangs below.
    pub span: SpanId,
    flags: u8,
}

/// Which rule of the header `traceparent` a text broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadTraceparent {
    /// Not `version-trace-span-flags`, each of its length.
    #[error("not of the form 00-<32 hex>-<16 hex>-<2 hex>")]
    Form,
    /// A digit that is no lower-case hexadecimal one.
    #[error("a digit is not one of 0-9, a-f")]
    Digit,
    /// Version `ff`.
    #[error("version ff is forbidden")]
    Version,
    /// The trace id is zero.
    #[error("the trace id is zero")]
    Trace,
    /// The span id is zero.
    #[error("the span id is zero")]
    Span,
}

impl TraceContext {
    /// Bytes of the header in version 00.
    const BYTES: usize = 55;
    /// Sampled, and a trace id that is random: what the standard knows. Other flags are dropped.
    const KNOWN_FLAGS: u8 = 0b11;
    const RANDOM: u8 = 0b10;

    /// The beginning of a trace whose id is random.
    pub const fn new(trace: TraceId, span: SpanId) -> Self {
        Self { trace, span, flags: Self::RANDOM }
    }

    /// The same trace, below another piece of work.
    #[must_use]
    pub const fn below(self, span: SpanId) -> Self {
        Self { span, ..self }
    }

    /// Whether who began the trace wishes it to be recorded.
    pub const fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

impl TraceId {
    /// Nothing of zero.
    pub fn new(bits: u128) -> Option<Self> {
        NonZeroU128::new(bits).map(Self)
    }
}

impl SpanId {
    /// Nothing of zero.
    pub fn new(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }
}

/// Of a version to come, what version 00 has is read, and what follows it is left.
impl FromStr for TraceContext {
    type Err = BadTraceparent;

    fn from_str(text: &str) -> Result<Self, BadTraceparent> {
        let bytes = text.as_bytes();
        let head = bytes.get(..Self::BYTES).ok_or(BadTraceparent::Form)?;
        if [head[2], head[35], head[52]] != [b'-'; 3] {
            return Err(BadTraceparent::Form);
        }
        let version = hex(&head[..2])?;
        if version == 0xff {
            return Err(BadTraceparent::Version);
        }
        let is_whole = match bytes.get(Self::BYTES) {
            None => true,
            Some(next) => version != 0 && *next == b'-',
        };
        if !is_whole {
            return Err(BadTraceparent::Form);
        }
        let trace = TraceId::new(hex(&head[3..35])?).ok_or(BadTraceparent::Trace)?;
        let span = u64::try_from(hex(&head[36..52])?).ok().and_then(SpanId::new);
        let span = span.ok_or(BadTraceparent::Span)?;
        let flags = u8::try_from(hex(&head[53..])?).map_err(|_| BadTraceparent::Digit)?;
        Ok(Self { trace, span, flags: flags & Self::KNOWN_FLAGS })
    }
}

fn hex(digits: &[u8]) -> Result<u128, BadTraceparent> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(BadTraceparent::Digit),
        };
        Ok(number << 4 | u128::from(value))
    })
}

/// As the header `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As 32 hexadecimal digits.
impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
