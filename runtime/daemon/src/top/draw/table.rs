use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as Cells, Table, TableState};

use super::super::rows::{Order, Row};
use super::super::state::State;
use super::super::words;
use super::tone;

/// Cells of the bar of a mailbox.
const BAR: u64 = 8;

/// A column, and the width of the screen from which it is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    State,
    Life,
    Restarts,
    Mail,
    Rate,
    P50,
    P99,
    Handled,
    Exit,
}

const COLUMNS: [(Column, &str, u16, u16); 10] = [
    (Column::Name, "NAME", 0, 0),
    (Column::State, "STATE", 11, 0),
    (Column::Life, "LIFE", 5, 90),
    (Column::Restarts, "RESTARTS", 8, 60),
    (Column::Mail, "MAIL", 20, 50),
    (Column::Rate, "MSG/S", 7, 0),
    (Column::P50, "P50", 7, 120),
    (Column::P99, "P99", 7, 60),
    (Column::Handled, "HANDLED", 11, 100),
    (Column::Exit, "LAST EXIT", 0, 136),
];

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let (rows, selected) = state.rows();
    let shown: Vec<_> = COLUMNS.into_iter().filter(|column| column.3 <= area.width).collect();
    let widths = shown.iter().map(|(column, _, width, _)| match column {
        Column::Name => Constraint::Fill(2),
        Column::Exit => Constraint::Fill(3),
        _ => Constraint::Length(*width),
    });
    let heads = shown.iter().map(|(column, title, ..)| head(*column, title, state.order));
    let header = Cells::new(heads).style(Style::new().fg(Color::DarkGray));
    let room = usize::from(area.height).saturating_sub(1);
    let last_offset = rows.len().saturating_sub(room);
    let offset = selected.saturating_sub(room / 2).min(last_offset);
    let is_empty = rows.is_empty();
    let cells = rows.iter().map(|row| {
        Cells::new(shown.iter().map(|(column, ..)| cell(*column, row)).collect::<Vec<_>>())
    });
    let table = Table::new(cells, widths)
        .header(header)
        .column_spacing(1)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut place = TableState::new().with_selected(Some(selected)).with_offset(offset);
    frame.render_stateful_widget(table, area, &mut place);
    if is_empty && 1 < area.height {
        let text = format!(" no actor or state has `{}` in its name; Esc shows all", state.filter);
        let below = Rect { y: area.y + 1, height: 1, ..area };
        frame.render_widget(Line::from(text.fg(Color::Yellow)), below);
    }
}

fn head(column: Column, title: &str, order: Order) -> Cell<'static> {
    let is_ordered = matches!(
        (column, order),
        (Column::Name, Order::Tree | Order::Name)
            | (Column::Mail, Order::Mail)
            | (Column::Rate, Order::Rate)
            | (Column::P99, Order::P99)
            | (Column::Restarts, Order::Restarts)
    );
    let title = if column == Column::Name { format!(" {title}") } else { title.to_owned() };
    let line = match (is_ordered, order) {
        (true, Order::Tree) => Line::from(format!("{title} (tree)")),
        (true, _) => Line::from(format!("{title}▾").bold()),
        (false, _) => Line::from(title),
    };
    Cell::from(if is_number(column) { line.right_aligned() } else { line })
}

const fn is_number(column: Column) -> bool {
    match column {
        Column::Life
        | Column::Restarts
        | Column::Rate
        | Column::P50
        | Column::P99
        | Column::Handled => true,
        Column::Name | Column::State | Column::Mail | Column::Exit => false,
    }
}

fn cell(column: Column, row: &Row<'_>) -> Cell<'static> {
    let node = row.node;
    let is_actor = node.is_actor();
    let of_actor = |text: String| if is_actor { text } else { String::new() };
    let time = |nanos: Option<u64>| nanos.map(words::time).unwrap_or_default();
    let text = match column {
        Column::Name => return name(row),
        Column::State => {
            let text = format!("{} {}", words::sign(&node.state), node.state);
            return Cell::from(Span::styled(text, tone(&node.state)));
        }
        Column::Mail => return mail(row),
        Column::Life => of_actor(node.incarnation.to_string()),
        Column::Restarts => words::grouped(node.restarts),
        Column::Rate => row.rate.map(words::rate).unwrap_or_default(),
        Column::P50 => time(node.handling_p50_ns),
        Column::P99 => time(node.handling_p99_ns),
        Column::Handled => of_actor(words::grouped(node.handled)),
        Column::Exit => {
            let at = node.last_exit_ms.map(words::clock).unwrap_or_default();
            node.last_exit.as_ref().map(|exit| format!("{at} {exit}")).unwrap_or_default()
        }
    };
    let is_quiet = text == "0" || text.is_empty();
    let line = Line::from(if is_quiet { text.fg(Color::DarkGray) } else { text.into() });
    Cell::from(if is_number(column) { line.right_aligned() } else { line })
}

fn name(row: &Row<'_>) -> Cell<'static> {
    let id = row.node.id.clone();
    let id = if row.node.is_actor() { id.into() } else { id.bold() };
    let mut spans = vec![Span::raw(" ".repeat(1 + 2 * row.depth)), id];
    if let Some(strategy) = &row.node.strategy {
        spans.push(format!(" {}", strategy.replace('_', " ")).fg(Color::DarkGray));
    }
    Cell::from(Line::from(spans))
}

/// A bar of eighths, then the numbers; of a supervisor, restarts it has used of those it bears.
fn mail(row: &Row<'_>) -> Cell<'static> {
    let node = row.node;
    if !node.is_actor() {
        let text = node.intensity.map(|(used, max)| format!("{used} of {max} restarts"));
        return Cell::from(text.unwrap_or_default().fg(Color::DarkGray));
    }
    let (depth, bound) = (node.mailbox_depth, node.mailbox_bound.max(1));
    let eighths = (depth.min(bound) * BAR * 8).div_ceil(bound);
    let full = "█".repeat(usize::try_from(eighths / 8).unwrap_or_default());
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][(eighths % 8) as usize];
    let bar = format!("{full}{part}");
    let color = match depth * 10 / bound {
        0..5 => Color::Cyan,
        5..8 => Color::Yellow,
        _ => Color::Red,
    };
    let numbers = format!(" {depth}/{}", node.mailbox_bound);
    let numbers = if depth == 0 { numbers.fg(Color::DarkGray) } else { numbers.into() };
    let width = BAR as usize;
    Cell::from(Line::from(vec![format!("{bar:<width$}").fg(color), numbers]))
}
