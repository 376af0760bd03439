//! `synod top`: the terminal and the threads around [`State`].

use std::io::{IsTerminal, stdin, stdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use std::{panic, thread};

use parking_lot::Mutex;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde::de::DeserializeOwned;

use super::client::{Client, escaped};
use crate::cli::{DaemonArgs, TopArgs};
use crate::exit::{Exit, OK, SOFTWARE, USAGE};
use crate::signals::Signals;
use crate::top::{Input, Key, State, Wish, draw};

/// Between two pictures when nothing comes in.
const TICK: Duration = Duration::from_millis(500);
/// Between two attempts to reach a daemon that was lost.
const AGAIN: Duration = Duration::from_secs(1);
/// What waits to be taken in. A full queue slows the stream, and the daemon then says how much was
/// missed.
const QUEUE: usize = 256;

/// What wakes the loop.
enum Woken {
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// A signal.
    End,
    /// The terminal cannot be read, or a thread of ours has panicked.
    Broken(String),
}

/// Shows the daemon until somebody wants it to end.
pub(super) fn top(args: &TopArgs) -> Result<u8, Exit> {
    if !stdout().is_terminal() || !stdin().is_terminal() {
        let why = "`synod top` draws on a terminal and reads its keys, and this is none; \
                   `synod tree` prints the tree once";
        return Err(Exit::new(USAGE, why));
    }
    // A daemon that is not there is told before the screen is taken.
    Client::new(&args.daemon).get("/v1/view")?;
    let url = args.daemon.url.trim_end_matches('/').to_owned();
    let (tell, told) = sync_channel(QUEUE);
    let screen = Screen::take()?;
    start("signals", &tell, listen_to_signals)?;
    start("keys", &tell, read_keys)?;
    let daemon = url.clone();
    start("watch", &tell, move |tell| watch(&daemon, tell))?;
    run(screen, State::new(&url), (&tell, &told))
}

/// What the last thread that panicked beside the loop said.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// The terminal while it is ours. It is put back however this ends: if the loop panics, by the hook
/// that is installed with it, before the panic is printed.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> Result<Self, Exit> {
        let screen = ratatui::try_init().map(Self).map_err(|error| {
            ratatui::restore();
            Exit::new(SOFTWARE, format!("the terminal cannot be used: {error}"))
        })?;
        let (ours, give_back) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == ours {
                give_back(panic);
            } else {
                // The loop may be drawing: it gives the terminal back, and tells this then.
                *PANICKED.lock() = Some(panic.to_string().replace('\n', " "));
            }
        }));
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that has gone needs no cursor.
        drop(self.0.show_cursor());
        ratatui::restore();
    }
}

fn run(
    mut screen: Screen,
    mut state: State,
    (tell, told): (&SyncSender<Woken>, &Receiver<Woken>),
) -> Result<u8, Exit> {
    let start = Instant::now();
    loop {
        screen.0.draw(|frame| draw(frame, &state))?;
        let first = match told.recv_timeout(TICK) {
            Ok(woken) => Some(woken),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(OK),
        };
        state.apply(Input::Time(start.elapsed()));
        for woken in first.into_iter().chain(told.try_iter().take(QUEUE)) {
            let wish = match woken {
                Woken::Input(input) => state.apply(input),
                Woken::Resized => None,
                Woken::End => return Ok(OK),
                Woken::Broken(why) => return Err(Exit::new(SOFTWARE, why)),
            };
            match wish {
                Some(Wish::Quit) => return Ok(OK),
                Some(wish) => carry_out(wish, &state, tell)?,
                None => (),
            }
        }
    }
}

/// Asks the daemon beside the loop: the picture goes on meanwhile.
fn carry_out(wish: Wish, state: &State, tell: &SyncSender<Woken>) -> Result<(), Exit> {
    let daemon = DaemonArgs { url: state.url().to_owned() };
    start("ask", tell, move |tell| {
        let client = Client::new(&daemon);
        let input = match wish {
            Wish::Quit => return,
            Wish::Restart(actor) => {
                let answer = client.post(&format!("/v1/actors/{}/restart", escaped(&actor)));
                let answer = answer.map(|_| format!("{actor} is being restarted"));
                Input::Answer(answer.map_err(|exit| exit.message))
            }
            Wish::Edges => match client.get("/v1/edges").map(serde_json::from_value) {
                Ok(Ok(edges)) => Input::Edges(edges),
                Ok(Err(error)) => Input::Answer(Err(error.to_string())),
                Err(exit) => Input::Answer(Err(exit.message)),
            },
        };
        drop(tell.send(Woken::Input(input)));
    })
}

/// A thread that says so if it panics.
fn start(
    name: &'static str,
    tell: &SyncSender<Woken>,
    work: impl FnOnce(&SyncSender<Woken>) + Send + 'static,
) -> Result<(), Exit> {
    struct Last(&'static str, SyncSender<Woken>);
    impl Drop for Last {
        fn drop(&mut self) {
            if thread::panicking() {
                let told = PANICKED.lock().take().unwrap_or_else(|| "panicked".to_owned());
                // Without a loop there is nobody to be told.
                drop(self.1.send(Woken::Broken(format!("the thread `{}` {told}", self.0))));
            }
        }
    }
    let last = Last(name, tell.clone());
    let run = move || work(&last.1);
    thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(())
}

fn listen_to_signals(tell: &SyncSender<Woken>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let heard = runtime.and_then(|runtime| {
        runtime.block_on(async {
            Signals::listen()?.next().await;
            Ok(())
        })
    });
    let woken = heard.map_or_else(|error| Woken::Broken(error.to_string()), |()| Woken::End);
    drop(tell.send(woken));
}

/// Hands over what the daemon says; begins again whenever it is lost.
fn watch(url: &str, tell: &SyncSender<Woken>) {
    let daemon = DaemonArgs { url: url.to_owned() };
    let client = Client::new(&daemon);
    loop {
        let told = client.follow("/v1/view/live", |kind, data| {
            Ok(tell.send(Woken::Input(heard(kind, data))).is_ok())
        });
        let why = match told {
            Ok(()) => format!("the daemon at {url} has ended"),
            Err(exit) => exit.message,
        };
        if tell.send(Woken::Input(Input::Lost(why))).is_err() {
            return;
        }
        thread::sleep(AGAIN);
    }
}

fn heard(kind: &str, data: &str) -> Input {
    let read = match kind {
        "missed" => data.parse().map(Input::Missed).map_err(|_| data.to_owned()),
        "happened" => parsed(data).map(Input::Happened),
        _ => parsed(data).map(|sight| Input::Sight(Box::new(sight))),
    };
    read.unwrap_or_else(|why| Input::Lost(format!("the daemon speaks otherwise: {why}")))
}

fn parsed<T: DeserializeOwned>(data: &str) -> Result<T, String> {
    serde_json::from_str(data).map_err(|error| error.to_string())
}

fn read_keys(tell: &SyncSender<Woken>) {
    loop {
        let woken = match event::read() {
            Ok(event::Event::Key(pressed)) if pressed.kind != KeyEventKind::Release => {
                match key(pressed) {
                    Some(key) => Woken::Input(Input::Key(key)),
                    None => continue,
                }
            }
            Ok(event::Event::Resize(..)) => Woken::Resized,
            Ok(_) => continue,
            Err(error) => Woken::Broken(format!("the keyboard cannot be read: {error}")),
        };
        let is_over = matches!(woken, Woken::Broken(_));
        if tell.send(woken).is_err() || is_over {
            return;
        }
    }
}

fn key(pressed: KeyEvent) -> Option<Key> {
    let is_control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    Some(match pressed.code {
        KeyCode::Char('c') if is_control => Key::Interrupt,
        KeyCode::Char(_) if is_control => return None,
        KeyCode::Char(character) => Key::Char(character),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
