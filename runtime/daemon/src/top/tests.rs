use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};

use super::{Input, Key, State, Wish, draw};

mod pictures;

fn actor(id: &str, depth: u64, handled: u64) -> Value {
    json!({
        "id": id, "role": "actor", "supervisor": "root", "state": "running", "incarnation": 1,
        "restarts": 0, "last_exit": null, "last_exit_ms": null, "mailbox_depth": depth,
        "mailbox_bound": 1_344, "handled": handled, "strategy": null, "intensity": null,
        "handling_p50_ns": 12_000, "handling_p99_ns": 850_000,
    })
}

fn sight() -> Value {
    let mut crashed = actor("tasks", 900, 1_234_567);
    crashed["state"] = json!("backoff");
    crashed["incarnation"] = json!(3);
    crashed["restarts"] = json!(2);
    crashed["last_exit"] = json!("panicked: no such task");
    crashed["last_exit_ms"] = json!(1_700_000_003_000_u64);
    crashed["handling_p99_ns"] = json!(12_400_000);
    crashed["failures"] = json!([{
        "at": 1_700_000_003_000_000_000_u64, "incarnation": 2, "reason": "panic",
        "cause": "panicked: no such task", "message": "chain", "trace": null,
        "then": [{ "at": 1_700_000_005_000_000_000_u64, "what": "to be restarted, attempt 2" }],
    }]);
    json!({
        "version": "0.1.0",
        "now_ms": 1_700_000_004_000_u64,
        "tree": {
            "id": "root", "role": "supervisor", "supervisor": null, "state": "running",
            "incarnation": 0, "restarts": 0, "last_exit": null, "last_exit_ms": null,
            "mailbox_depth": 0, "mailbox_bound": 0, "handled": 0, "strategy": "one_for_one",
            "intensity": [2, 30],
            "children": [actor("store", 0, 42), crashed, actor("signer-1", 3, 7)],
        },
        "rates": { "store": 12.5, "tasks": 0.0, "signer-1": 1_520.0 },
        "breakers": [
            { "name": "embedding", "state": "closed", "open_until_ms": null },
            { "name": "node", "state": "open", "open_until_ms": 1_700_000_064_000_u64 },
        ],
        "dead_letters": 1,
        "unheard_of": "what a newer daemon adds is passed over",
    })
}

fn seen(sight: Value) -> Input {
    Input::Sight(serde_json::from_value(sight).unwrap())
}

fn happened(value: Value) -> Input {
    Input::Happened(serde_json::from_value(value).unwrap())
}

fn state() -> State {
    let mut state = State::new("http://127.0.0.1:8080");
    state.apply(seen(sight()));
    state
}

fn press(state: &mut State, keys: &[Key]) -> Option<Wish> {
    keys.iter().fold(None, |_, key| state.apply(Input::Key(*key)))
}

fn type_text(state: &mut State, text: &str) {
    text.chars().for_each(|character| drop(state.apply(Input::Key(Key::Char(character)))));
}

/// What the screen shows, without what is blank at the ends of lines.
fn screen(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state)).unwrap();
    let text = terminal.backend().to_string();
    let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// The names in the table, from top to bottom.
fn order(state: &State) -> Vec<&str> {
    state.rows().0.iter().map(|row| row.node.id.as_str()).collect()
}

fn selected(state: &State) -> &str {
    let (rows, index) = state.rows();
    &rows[index].node.id
}

#[test]
fn rows_can_be_put_in_another_order() {
    let mut state = state();
    let mut orders = Vec::new();
    for _ in 0..6 {
        orders.push(order(&state).join(" "));
        press(&mut state, &[Key::Char('s')]);
    }
    let expected = [
        "root store tasks signer-1",
        "signer-1 store tasks",
        "tasks signer-1 store",
        "signer-1 store tasks",
        "tasks store signer-1",
        "tasks store signer-1",
    ];
    assert_eq!(orders, expected);
    assert_eq!(order(&state), ["root", "store", "tasks", "signer-1"], "round again");
}

#[test]
fn the_selection_stays_with_its_actor_and_on_the_table() {
    let mut state = state();
    assert_eq!(selected(&state), "root");
    press(&mut state, &[Key::Up]);
    assert_eq!(selected(&state), "root");
    press(&mut state, &[Key::Down, Key::Down]);
    assert_eq!(selected(&state), "tasks");
    press(&mut state, &[Key::Char('s')]);
    assert_eq!(selected(&state), "tasks", "in another order");
    press(&mut state, &[Key::PageDown, Key::Down]);
    assert_eq!(selected(&state), "tasks", "the last row");
    press(&mut state, &[Key::Home]);
    assert_eq!(selected(&state), "signer-1");
    press(&mut state, &[Key::End]);
    let mut fewer = sight();
    fewer["tree"]["children"] = json!([actor("store", 0, 1)]);
    state.apply(seen(fewer));
    assert_eq!(selected(&state), "store", "the actor has gone");
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut state = state();
    press(&mut state, &[Key::Char('/')]);
    type_text(&mut state, "SIGNq");
    press(&mut state, &[Key::Backspace, Key::Enter]);
    assert_eq!(order(&state), ["signer-1"]);
    press(&mut state, &[Key::Escape, Key::Char('/')]);
    type_text(&mut state, "backoff");
    assert_eq!(order(&state), ["tasks"], "a state is looked for too");
    press(&mut state, &[Key::Escape]);
    assert_eq!(order(&state).len(), 4);
    press(&mut state, &[Key::Char('/')]);
    type_text(&mut state, &"x".repeat(1_000));
    assert_eq!(state.filter.len(), 64, "and no longer");
    assert_eq!(order(&state), Vec::<&str>::new());
    press(&mut state, &[Key::Enter, Key::Down, Key::Char('r')]);
    assert_eq!(state.said, Some(Err("nothing is selected".to_owned())));
}

#[test]
fn a_restart_wants_a_yes() {
    let mut state = state();
    press(&mut state, &[Key::Down, Key::Down]);
    for no in [Key::Char('n'), Key::Enter, Key::Escape, Key::Char('q'), Key::Char('r')] {
        assert_eq!(press(&mut state, &[Key::Char('r'), no]), None, "{no:?}");
    }
    let wish = press(&mut state, &[Key::Char('r'), Key::Char('y')]);
    assert_eq!(wish, Some(Wish::Restart("tasks".to_owned())));
    assert_eq!(press(&mut state, &[Key::Char('y')]), None, "once");

    press(&mut state, &[Key::Home, Key::Char('r')]);
    assert!(state.said.as_ref().unwrap().as_ref().unwrap_err().contains("root"));
    assert_eq!(press(&mut state, &[Key::Char('y')]), None);
}

#[test]
fn a_row_that_moves_under_the_question_changes_no_answer() {
    let mut state = state();
    press(&mut state, &[Key::Down, Key::Down, Key::Char('r')]);
    let mut other = sight();
    other["tree"]["children"] = json!([actor("store", 0, 1)]);
    state.apply(seen(other));
    assert_eq!(press(&mut state, &[Key::Char('y')]), Some(Wish::Restart("tasks".to_owned())));
}

#[test]
fn paused_the_picture_stands_still_and_events_are_kept() {
    let mut state = state();
    press(&mut state, &[Key::Char('p')]);
    let mut other = sight();
    other["tree"]["children"] = json!([actor("store", 0, 1)]);
    state.apply(seen(other.clone()));
    state.apply(happened(json!({ "event": "killed", "at": 1, "actor": "tasks" })));
    assert_eq!(order(&state).len(), 4);
    assert_eq!(state.happened.len(), 1);
    press(&mut state, &[Key::Char('p')]);
    state.apply(seen(other));
    assert_eq!(order(&state).len(), 2);
}

#[test]
fn few_events_are_remembered() {
    let mut state = state();
    for at in 0..1_000 {
        state.apply(happened(json!({ "event": "killed", "at": at, "actor": "tasks" })));
    }
    assert_eq!(state.happened.len(), 200);
    assert_eq!(state.happened[0].at, 999, "the newest");
}

#[test]
fn a_daemon_that_was_lost_is_found_again() {
    let mut state = state();
    state.apply(Input::Lost("no daemon answers".to_owned()));
    let lost = screen(&state, 100, 12);
    assert!(lost.contains("▲ lost; trying again") && lost.contains("no daemon answers"), "{lost}");
    assert!(lost.contains("signer-1"), "what was seen last is still shown");
    state.apply(seen(sight()));
    assert!(screen(&state, 100, 12).contains("● live"));

    state.apply(Input::Time(Duration::from_secs(4)));
    assert!(screen(&state, 100, 12).contains("● live"));
    state.apply(Input::Time(Duration::from_secs(7)));
    assert!(screen(&state, 100, 12).contains("▲ silent for 7 s"));
}

#[test]
fn q_and_control_c_end_it_whatever_is_asked() {
    let mut state = state();
    assert_eq!(press(&mut state, &[Key::Char('q')]), Some(Wish::Quit));
    assert_eq!(press(&mut state, &[Key::Char('/'), Key::Char('q')]), None, "it is text there");
    assert_eq!(press(&mut state, &[Key::Interrupt]), Some(Wish::Quit));
}

#[test]
fn it_draws_on_any_size_and_before_the_first_word() {
    let mut state = state();
    press(&mut state, &[Key::Enter]);
    for (width, height) in [(1, 1), (3, 2), (20, 5), (80, 24), (300, 100)] {
        screen(&state, width, height);
        screen(&State::new("http://127.0.0.1:8080"), width, height);
    }
}
