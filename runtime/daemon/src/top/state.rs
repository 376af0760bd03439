//! What is shown, as a value: told what came in, it says what must be done.

use std::collections::VecDeque;
use std::time::Duration;

use super::rows::{Order, Row, rows};
use super::sight::{Edge, Happened, Sight};

/// Events that are remembered.
const HAPPENED_MAX: usize = 200;
/// The longest text to look for.
const FILTER_CHARS_MAX: usize = 64;
/// Rows that a page key goes.
const PAGE: usize = 10;
/// A daemon that says nothing for this long is said to be silent: it speaks every second.
pub(super) const SILENT: Duration = Duration::from_secs(5);

/// A key, whatever the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Char(char),
    /// Ctrl-C.
    Interrupt,
}

/// What came in.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time since the start of the program has passed to this.
    Time(Duration),
    /// The daemon says how it is.
    Sight(Box<Sight>),
    /// It says what happened.
    Happened(Happened),
    /// It says how many events we were too slow for.
    Missed(u64),
    /// It does not answer.
    Lost(String),
    /// Edges of the topology, as asked for.
    Edges(Vec<Edge>),
    /// What came of a restart: what to say, and whether it was refused.
    Answer(Result<String, String>),
    /// Somebody pressed a key.
    Key(Key),
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// End.
    Quit,
    /// Restart this actor.
    Restart(String),
    /// Ask for the edges.
    Edges,
}

/// What keys mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Looking,
    /// Keys are text to look for.
    Filtering,
    /// A restart of this actor waits for a yes.
    Confirming(String),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) url: String,
    pub(super) sight: Option<Sight>,
    /// Why there is no connection.
    pub(super) lost: Option<String>,
    pub(super) now: Duration,
    pub(super) heard_at: Duration,
    pub(super) is_paused: bool,
    pub(super) is_detailed: bool,
    pub(super) order: Order,
    pub(super) filter: String,
    pub(super) mode: Mode,
    /// Newest first.
    pub(super) happened: VecDeque<Happened>,
    pub(super) missed: u64,
    pub(super) edges: Vec<Edge>,
    pub(super) said: Option<Result<String, String>>,
    /// By name, so that it stays with its actor when rows change places.
    selected: Option<String>,
}

impl State {
    /// Before the daemon at `url` has said anything.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            sight: None,
            lost: None,
            now: Duration::ZERO,
            heard_at: Duration::ZERO,
            is_paused: false,
            is_detailed: false,
            order: Order::default(),
            filter: String::new(),
            mode: Mode::Looking,
            happened: VecDeque::new(),
            missed: 0,
            edges: Vec::new(),
            said: None,
            selected: None,
        }
    }

    /// Where the daemon is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes one input; says what must be done.
    pub fn apply(&mut self, input: Input) -> Option<Wish> {
        match input {
            Input::Time(now) => self.now = now,
            Input::Sight(sight) => self.see(*sight),
            Input::Happened(happened) => {
                self.heard();
                self.happened.push_front(happened);
                self.happened.truncate(HAPPENED_MAX);
            }
            Input::Missed(missed) => self.missed = self.missed.saturating_add(missed),
            Input::Lost(why) => self.lost = Some(why),
            Input::Edges(edges) => self.edges = edges,
            Input::Answer(answer) => self.said = Some(answer),
            Input::Key(Key::Interrupt) => return Some(Wish::Quit),
            Input::Key(key) => return self.press(key),
        }
        None
    }

    /// The rows to show, and which of them is selected.
    pub(super) fn rows(&self) -> (Vec<Row<'_>>, usize) {
        let Some(sight) = &self.sight else { return (Vec::new(), 0) };
        let rows = rows(sight, self.order, &self.filter);
        let is_selected = |row: &Row<'_>| Some(&row.node.id) == self.selected.as_ref();
        let index = rows.iter().position(is_selected).unwrap_or_default();
        (rows, index)
    }

    /// How long the daemon has been silent, if that is too long.
    pub(super) fn silence(&self) -> Option<Duration> {
        let silence = self.now.saturating_sub(self.heard_at);
        (SILENT <= silence).then_some(silence)
    }

    /// While paused the picture stands still; what happens is kept for later.
    fn see(&mut self, sight: Sight) {
        self.heard();
        if !self.is_paused {
            self.sight = Some(sight);
        }
    }

    fn heard(&mut self) {
        self.heard_at = self.now;
        self.lost = None;
    }

    fn press(&mut self, key: Key) -> Option<Wish> {
        self.said = None;
        match (&self.mode, key) {
            (Mode::Filtering, _) => self.type_filter(key),
            (Mode::Confirming(actor), Key::Char('y' | 'Y')) => {
                let wish = Wish::Restart(actor.clone());
                self.mode = Mode::Looking;
                return Some(wish);
            }
            (Mode::Confirming(_), _) => self.mode = Mode::Looking,
            (Mode::Looking, key) => return self.look(key),
        }
        None
    }

    fn type_filter(&mut self, key: Key) {
        match key {
            Key::Char(character) if self.filter.chars().count() < FILTER_CHARS_MAX => {
                self.filter.push(character);
            }
            Key::Backspace => drop(self.filter.pop()),
            Key::Enter => self.mode = Mode::Looking,
            Key::Escape => {
                self.filter.clear();
                self.mode = Mode::Looking;
            }
            _ => (),
        }
    }

    fn look(&mut self, key: Key) -> Option<Wish> {
        match key {
            Key::Char('q') => return Some(Wish::Quit),
            Key::Char('s') => self.order = self.order.next(),
            Key::Char('p') => self.is_paused = !self.is_paused,
            Key::Char('/') => self.mode = Mode::Filtering,
            Key::Char('r') => self.ask_restart(),
            Key::Up | Key::Char('k') => self.go(|index, _| index.saturating_sub(1)),
            Key::Down | Key::Char('j') => self.go(|index, _| index + 1),
            Key::PageUp => self.go(|index, _| index.saturating_sub(PAGE)),
            Key::PageDown => self.go(|index, _| index + PAGE),
            Key::Home => self.go(|_, _| 0),
            Key::End => self.go(|_, last| last),
            Key::Enter => {
                self.is_detailed = !self.is_detailed;
                return self.is_detailed.then_some(Wish::Edges);
            }
            Key::Escape if self.is_detailed => self.is_detailed = false,
            Key::Escape => self.filter.clear(),
            Key::Backspace | Key::Char(_) | Key::Interrupt => (),
        }
        None
    }

    fn go(&mut self, to: impl FnOnce(usize, usize) -> usize) {
        let (rows, index) = self.rows();
        let Some(last) = rows.len().checked_sub(1) else { return };
        let chosen = rows.get(to(index, last).min(last)).map(|row| row.node.id.clone());
        self.selected = chosen;
    }

    fn ask_restart(&mut self) {
        let (rows, index) = self.rows();
        let chosen =
            rows.get(index).map(|row| (row.node.id.clone(), row.node.supervisor.is_some()));
        match chosen {
            Some((id, true)) => self.mode = Mode::Confirming(id),
            Some((id, false)) => {
                let why = format!("{id} is the root: nobody is above it to restart it");
                self.said = Some(Err(why));
            }
            None => self.said = Some(Err("nothing is selected".to_owned())),
        }
    }
}
