//! Remembering and retrieving, without a clock, a mailbox or a model.
//!
//! ```text
//!   store, read, forget, observe ──▶ Memories ──▶ Changed { answer, records }   or a refusal
//!   record of the journal        ──▶ Memories::replay                           the same state
//!   query                        ──▶ Memories::query ──▶ a page of hits
//! ```
//!
//! The journal decides: what an input changes is written in its records, evictions too, so that
//! replaying them under other limits gives the state that was. Word index and vectors are derived
//! from the records; vectors are not journalled but computed again after a start, by whichever
//! model serves then.

mod lexicon;
mod memories;
mod note;
mod query;
mod record;
mod rules;
mod shelf;
mod terms;
mod vector;

pub use memories::{Changed, Memories, Unembedded};
pub use record::{Damaged, Reason, Record};
pub use rules::Rules;
