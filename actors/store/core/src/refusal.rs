use synod_types::store::{StreamId, Version};

/// Why nothing was done. An answer, never a failure of the journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Other records stand after that version, or it is not reached yet: someone else writes.
    #[error("stream {stream} holds {holds} records; the writer knew of {after}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version it is at.
        holds: Version,
        /// The version the records were to follow.
        after: Version,
    },
    /// The stream's name is empty, too long or holds another character.
    #[error("`{0}` names no stream: 1 to 128 of a-z, A-Z, 0-9, `-`, `_`, `.`, `:`, `@`, `/`")]
    InvalidStream(StreamId),
    /// A limit would be passed.
    #[error("{what}: {value} is over the limit of {limit}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// What it would come to.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// The records asked for were dropped, for a snapshot stands for them.
    #[error("stream {stream} begins after record {begins}; {after} was asked for")]
    Truncated {
        /// The stream.
        stream: StreamId,
        /// How many are gone.
        begins: Version,
        /// What was asked.
        after: Version,
    },
    /// A snapshot or a read names a version that the stream has not reached.
    #[error("stream {stream} is at version {version}, not at {at}")]
    Ahead {
        /// The stream.
        stream: StreamId,
        /// The version named.
        at: Version,
        /// The version it is at.
        version: Version,
    },
}
