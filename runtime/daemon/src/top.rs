//! `synod top`: a runtime as a table that moves.
//!
//! ```text
//!   /v1/view/live, keys, answers ──Input──▶ State::apply ──Wish──▶ restart, edges, quit
//!                                              └──▶ draw(frame, &state)
//! ```
//! Both are pure: the command reads the stream and the keyboard, and writes the terminal.

mod draw;
mod rows;
mod sight;
mod state;
#[cfg(test)]
mod tests;
mod words;

pub use draw::draw;
pub use sight::{Edge, Happened, Sight};
pub use state::{Input, Key, State, Wish};
