//! The picture of a state.

mod detail;
mod table;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::sight::{Breaker, Node, Sight};
use super::state::{Mode, State};
use super::words;

/// Lines of the events below the table.
const EVENTS: u16 = 7;
/// A lower terminal shows no events.
const EVENTS_FROM: u16 = 22;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    let has_events = EVENTS_FROM <= area.height;
    let below = match (state.is_detailed, has_events) {
        (true, _) => (area.height / 2).min(18),
        (false, true) => EVENTS,
        (false, false) => 0,
    };
    let rooms = [1, 1, 1, 0, below, 1].map(Constraint::Length);
    let mut rooms = rooms;
    rooms[3] = Constraint::Min(3);
    let [title, totals, breakers, main, lower, foot] = Layout::vertical(rooms).areas(area);
    draw_title(frame, state, title);
    match &state.sight {
        Some(sight) => {
            frame.render_widget(totals_line(sight, totals.width), totals);
            frame.render_widget(breakers_line(&sight.breakers), breakers);
            table::draw(frame, state, main);
        }
        None => frame.render_widget(Line::from(" waiting for the daemon's first word"), totals),
    }
    if state.is_detailed {
        detail::draw(frame, state, lower);
    } else {
        draw_events(frame, state, lower);
    }
    frame.render_widget(foot_line(state), foot);
}

fn draw_title(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let version = state.sight.as_ref().map_or("", |sight| sight.version.as_str());
    let link = match (&state.lost, state.is_paused, state.silence()) {
        (Some(_), ..) => "▲ lost; trying again".fg(Color::Red).bold(),
        (None, true, _) => "◐ paused".fg(Color::Yellow).bold(),
        (None, false, Some(silence)) => {
            format!("▲ silent for {} s", silence.as_secs()).fg(Color::Red).bold()
        }
        (None, false, None) if state.sight.is_some() => "● live".fg(Color::Green),
        (None, false, None) => "◐ connecting".fg(Color::Yellow),
    };
    let now = state.sight.as_ref().map(|sight| words::clock(sight.now_ms)).unwrap_or_default();
    let left = Line::from(vec![
        " synod ".bold(),
        Span::raw(format!("{version}  ")),
        dim(format!("{}  ", state.url)),
        link,
    ]);
    frame.render_widget(left, area);
    frame.render_widget(Line::from(dim(format!("{now} UTC "))).right_aligned(), area);
}

/// As many totals as have room.
fn totals_line(sight: &Sight, width: u16) -> Line<'static> {
    let mut sum = Sum::default();
    sum.add(&sight.tree);
    let rate: f64 = sight.rates.values().sum();
    let open = sight.breakers.iter().filter(|breaker| breaker.is_open()).count();
    let running = format!("{} of {}", sum.running, sum.actors);
    let running = match sum.running == sum.actors {
        true => running.bold(),
        false => running.fg(Color::Yellow).bold(),
    };
    let mut spans = vec![" actors running ".into(), running];
    if sight.quarantined != 0 {
        let told = format!("   ▲ in quarantine {}", words::grouped(sight.quarantined));
        spans.push(told.fg(Color::Red).bold());
    }
    let mut room = usize::from(width).saturating_sub(Line::from(spans.clone()).width());
    for (name, value) in [
        ("restarts", words::grouped(sum.restarts)),
        ("breakers open", format!("{open} of {}", sight.breakers.len())),
        ("messages/s", words::rate(rate)),
        ("waiting", words::grouped(sum.waiting)),
        ("dead letters", words::grouped(sight.dead_letters)),
    ] {
        let needed = name.len() + value.len() + 4;
        if room < needed {
            break;
        }
        room -= needed;
        spans.push(format!("   {name} ").into());
        spans.push(value.bold());
    }
    Line::from(spans)
}

#[derive(Default)]
struct Sum {
    actors: u64,
    running: u64,
    restarts: u64,
    waiting: u64,
}

impl Sum {
    fn add(&mut self, node: &Node) {
        if node.is_actor() {
            self.actors += 1;
            self.running += u64::from(node.state == "running");
            self.waiting += node.mailbox_depth;
        }
        self.restarts += node.restarts;
        node.children.iter().for_each(|child| self.add(child));
    }
}

/// Those that are not closed first: the line may be too short for all.
fn breakers_line(breakers: &[Breaker]) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let (closed, other): (Vec<_>, Vec<_>) =
        breakers.iter().partition(|breaker| breaker.state == "closed");
    for breaker in other.into_iter().chain(closed) {
        let sign = words::sign(&breaker.state);
        spans.push(Span::styled(sign.to_owned(), tone(&breaker.state)));
        spans.push(format!(" {} {}", breaker.name, breaker.state.replace('_', " ")).into());
        if let Some(until) = breaker.open_until_ms {
            spans.push(dim(format!(" until {}", words::clock(until))));
        }
        spans.push("   ".into());
    }
    Line::from(spans)
}

fn draw_events(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let area = below_a_line(frame, area);
    let shown = usize::from(area.height).saturating_sub(1);
    let mut lines = vec![heading(" Events", state.missed)];
    for happened in state.happened.iter().take(shown) {
        lines.push(event_line(happened));
    }
    if state.happened.is_empty() {
        lines.push(Line::from(dim(" none since this began to look".to_owned())));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Draws a line; the room below it.
fn below_a_line(frame: &mut Frame<'_>, area: Rect) -> Rect {
    let line = Block::new().borders(Borders::TOP).border_style(Style::new().fg(Color::DarkGray));
    let inner = line.inner(area);
    frame.render_widget(line, area);
    inner
}

fn event_line(happened: &super::Happened) -> Line<'static> {
    let word = happened.state.as_deref().unwrap_or(&happened.event);
    Line::from(vec![
        dim(format!(" {} ", words::clock(happened.at / 1_000_000))),
        Span::styled(words::sign(word).to_owned(), tone(word)),
        format!(" {}", words::event(happened)).into(),
    ])
}

fn heading(text: &'static str, missed: u64) -> Line<'static> {
    let mut spans = vec![text.bold()];
    if 0 < missed {
        spans.push(format!("  {missed} were missed: too many at once").fg(Color::Yellow));
    }
    Line::from(spans)
}

fn foot_line(state: &State) -> Line<'static> {
    match (&state.mode, &state.said, &state.lost) {
        (Mode::Confirming(id), ..) => Line::from(vec![
            format!(" Restart {id}? ").bold(),
            key("y"),
            " yes, in order  ".into(),
            key("any other key"),
            " no".into(),
        ]),
        (Mode::Filtering, ..) => Line::from(vec![
            " / ".bold(),
            state.filter.clone().into(),
            "▏".into(),
            dim("  name or state; Enter keeps it, Esc clears it".to_owned()),
        ]),
        (Mode::Looking, Some(Ok(said)), _) => Line::from(format!(" {said}").fg(Color::Green)),
        (Mode::Looking, Some(Err(said)), _) => Line::from(format!(" {said}").fg(Color::Red)),
        (Mode::Looking, None, Some(why)) => Line::from(format!(" {why}").fg(Color::Red)),
        (Mode::Looking, None, None) => keys_line(state),
    }
}

fn keys_line(state: &State) -> Line<'static> {
    let pause = if state.is_paused { " go on  " } else { " pause  " };
    let mut spans = vec![" ".into()];
    for (name, what) in [
        ("↑↓", " select  "),
        ("⏎", " details  "),
        ("s", " sort  "),
        ("/", " filter  "),
        ("r", " restart  "),
        ("p", pause),
        ("q", " quit"),
    ] {
        spans.extend([key(name), what.into()]);
    }
    if !state.filter.is_empty() {
        spans.push(dim(format!("   filter: {} (Esc clears)", state.filter)));
    }
    Line::from(spans)
}

fn key(name: &'static str) -> Span<'static> {
    name.fg(Color::Cyan).bold()
}

fn dim(text: String) -> Span<'static> {
    text.fg(Color::DarkGray)
}

fn tone(state: &str) -> Style {
    Style::new().fg(match words::sign(state) {
        "●" => Color::Green,
        "▲" => Color::Red,
        "○" => Color::DarkGray,
        _ => Color::Yellow,
    })
}
