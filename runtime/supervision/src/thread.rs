//! Threads for actors that block.

use std::sync::mpsc::sync_channel;

use ractor::SpawnErr;
use synod_types::actor::ActorId;

use crate::child::{Gone, Spawned};

/// On which threads an actor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// On those that all actors share. Its handlers never block.
    #[default]
    Async,
    /// Each incarnation on a thread of its own, with its alarms and piped work. While a handler
    /// blocks, these wait, and nobody else does. It cannot be killed while it blocks: its
    /// supervisor does not start the next beside it, unless its policy lets it be fenced, and
    /// when it ends leaves it behind.
    Blocking,
}

/// Spawns an incarnation on a thread of its own, which ends after it; `gone` is dropped last.
pub(crate) fn spawn(
    id: &ActorId,
    gone: Gone,
    spawn: impl FnOnce(Gone) -> Result<Spawned, SpawnErr>,
) -> Result<Spawned, SpawnErr> {
    let failed = |error: std::io::Error| {
        SpawnErr::StartupFailed(format!("no thread for a blocking actor: {error}").into())
    };
    let (hand_over, take_over) = sync_channel(1);
    // The thread comes first: a runtime must not be dropped where others are driven.
    std::thread::Builder::new()
        .name(format!("actor-{id}"))
        .spawn(move || {
            let Ok((tokio, ended, gone)) = take_over.recv() else { return };
            let tokio: tokio::runtime::Runtime = tokio;
            let ended: tokio::sync::oneshot::Receiver<()> = ended;
            let gone: Gone = gone;
            // Resolves with an error when the sender is dropped: that is the word we wait for.
            drop(tokio.block_on(ended));
            // Does not wait for work on blocking threads, which nobody waits for elsewhere either.
            tokio.shutdown_background();
            drop(gone);
        })
        .map_err(failed)?;
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let tokio = builder.enable_all().build().map_err(failed)?;
    let (below, ended, _) = Gone::below(None);
    let entered = tokio.enter();
    let spawned = spawn(below);
    drop(entered);
    // It waits for this, so it is there.
    drop(hand_over.send((tokio, ended, gone)));
    spawned
}
