use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Stylize};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::super::sight::Node;
use super::super::state::State;
use super::super::words;
use super::{below_a_line, dim, event_line, heading};

/// All that is known of the selected row.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let (rows, selected) = state.rows();
    let Some(row) = rows.get(selected) else { return };
    let area = below_a_line(frame, area);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let mut lines = about(row.node, row.rate);
    lines.push(heading(" Edges", 0));
    lines.extend(edges(state, &row.node.id));
    frame.render_widget(Paragraph::new(lines), left);
    let mut lines = vec![heading(" Last failures", 0)];
    lines.extend(failures(row.node));
    lines.push(heading(" What happened to it", 0));
    let told = lines.len();
    let own = |happened: &&super::super::Happened| happened.actor.as_ref() == Some(&row.node.id);
    let room = usize::from(right.height).saturating_sub(told);
    lines.extend(state.happened.iter().filter(own).take(room).map(event_line));
    if lines.len() == told {
        lines.push(Line::from(dim(" nothing since this began to look".to_owned())));
    }
    frame.render_widget(Paragraph::new(lines), right);
}

fn about(node: &Node, rate: Option<f64>) -> Vec<Line<'static>> {
    let under = node.supervisor.as_ref().map(|id| format!(", under {id}")).unwrap_or_default();
    let role = if node.is_actor() { "actor" } else { "supervisor" };
    let mut lines =
        vec![Line::from(vec![format!(" {}", node.id).bold(), dim(format!("  {role}{under}"))])];
    let mut fact = |name: &str, value: String| {
        lines.push(Line::from(vec![dim(format!(" {name:<10}")), value.into()]));
    };
    let exit = node.last_exit.as_ref().map(|exit| {
        let at = node.last_exit_ms.map(words::clock).unwrap_or_default();
        format!("{exit} at {at}")
    });
    fact("last exit", exit.unwrap_or_else(|| "none".to_owned()));
    if let Some((used, max)) = node.intensity {
        let strategy = node.strategy.as_deref().unwrap_or_default().replace('_', " ");
        fact("restarts", format!("{strategy}, {used} of {max} used"));
    }
    if node.is_actor() {
        let life = format!("{}, {} restarts", node.incarnation, node.restarts);
        fact("life", life);
        let handled = words::grouped(node.handled);
        let rate = rate.map(words::rate).unwrap_or_else(|| "?".to_owned());
        fact("handled", format!("{handled}, {rate} a second"));
        let time = |nanos: Option<u64>| nanos.map(words::time).unwrap_or_else(|| "?".to_owned());
        let (p50, p99) = (time(node.handling_p50_ns), time(node.handling_p99_ns));
        fact("takes", format!("median {p50}, p99 {p99}"));
        fact("mailbox", format!("{} of {}", node.mailbox_depth, node.mailbox_bound));
    }
    lines
}

/// The last three, newest first: cause, and below it what was in hand.
fn failures(node: &Node) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for failure in node.failures.iter().rev().take(3) {
        let at = words::clock(failure.at / 1_000_000);
        lines.push(Line::from(vec![
            dim(format!(" {at} ")),
            "▲".fg(Color::Red),
            format!(" {}", failure.cause).into(),
        ]));
        lines.push(Line::from(dim(format!("          {}", words::circumstances(failure)))));
        if let Some(step) = failure.then.last() {
            lines.push(Line::from(dim(format!("          then {}", step.what))));
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(dim(" none".to_owned())));
    }
    lines
}

fn edges(state: &State, id: &str) -> Vec<Line<'static>> {
    let touching = state.edges.iter().filter(|edge| edge.from == id || edge.to == id);
    let lines = touching.map(|edge| {
        let text = match edge.from == id {
            true => format!(" ─{}─▶ {}", edge.output, edge.to),
            false => format!(" ◀─{}─ {}", edge.output, edge.from),
        };
        Line::from(vec![text.into(), dim(format!("  {}", edge.carries))])
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() { vec![Line::from(dim(" none".to_owned()))] } else { lines }
}
