//! What the benches send: notes, to actors that do nothing with them.

use synod_supervision::{Actor, Context, Failure, Message};
use tokio::runtime::Runtime;

use crate::{Contender, Tick, Window};

/// A message that carries a tick.
#[derive(Debug)]
pub struct Note(pub Tick);

impl Message for Note {
    fn kind(&self) -> &'static str {
        "note"
    }
}

impl actix::Message for Note {
    type Result = ();
}

/// Our actor that is sent notes.
#[derive(Debug)]
pub struct Noted(Window);

impl Actor for Noted {
    type Msg = Note;
    type Args = Window;

    async fn start(_: &Context<Note>, window: Window) -> Result<Self, Failure> {
        Ok(Self(window))
    }

    async fn handle(&mut self, _: &Context<Note>, Note(tick): Note) -> Result<(), Failure> {
        self.0.handle(&tick);
        Ok(())
    }
}

/// Someone who is sent as many ticks as are asked for, and handles them through `window`.
pub fn driven<'a>(
    name: &str,
    tokio: Runtime,
    window: Window,
    mut send: impl FnMut(Tick) + 'a,
) -> Contender<'a> {
    Contender::new(name, move |count| tokio.block_on(window.drive(count, &mut send)))
}
