//! The screen as text.

use super::*;

#[track_caller]
fn check(state: &State, (width, height): (u16, u16), expected: &str) {
    let shown = screen(state, width, height);
    let expected = expected.trim_start_matches('\n').trim_end();
    assert_eq!(shown.trim_end(), expected, "\n{shown}\n");
}

#[test]
fn wide() {
    let mut state = state();
    let at = 1_700_000_003_000_000_000_u64;
    let exited = json!({ "event": "exited", "at": at, "actor": "tasks", "reason": "panic",
        "detail": "panicked: no such task" });
    state.apply(happened(exited));
    state.apply(happened(json!({ "event": "breaker", "at": at, "breaker": "node",
        "state": "open" })));
    state.apply(Input::Missed(7));
    check(&state, (140, 22), "
 synod 0.1.0  http://127.0.0.1:8080  ● live                                                                                    22:13:24 UTC
 actors running 2 of 3   restarts 2   breakers open 1 of 2   messages/s 1532   waiting 903   dead letters 1
 ▲ node open until 22:14:24   ● embedding closed
 NAME (tree)           STATE        LIFE RESTARTS MAIL                   MSG/S     P50     P99     HANDLED LAST EXIT
 root one for one      ● running                0 2 of 30 restarts
   store               ● running       1        0          0/1344           12   12 µs  850 µs          42
   tasks               ▲ backoff       3        2 █████▍   900/1344          0   12 µs   12 ms   1,234,567 22:13:23 panicked: no such task
   signer-1            ● running       1        0 ▏        3/1344         1520   12 µs  850 µs           7






────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
 Events  7 were missed: too many at once
 22:13:23 ▲ breaker node is open
 22:13:23 ▲ tasks exited: panicked: no such task



 ↑↓ select  ⏎ details  s sort  / filter  r restart  p pause  q quit
");
}

#[test]
fn a_message_in_quarantine_is_seen_on_any_screen() {
    for (width, is_seen) in [(140, true), (80, true), (140, false)] {
        let mut sight = sight();
        sight["quarantined"] = json!(u64::from(is_seen));
        let mut state = state();
        state.apply(seen(sight));
        let shown = screen(&state, width, 22);
        assert_eq!(
            shown.contains("running 2 of 3   ▲ in quarantine 1   restarts"),
            is_seen,
            "{shown}"
        );
    }
}

#[test]
fn narrow() {
    check(
        &state(),
        (80, 12),
        "
 synod 0.1.0  http://127.0.0.1:8080  ● live                        22:13:24 UTC
 actors running 2 of 3   restarts 2   breakers open 1 of 2   messages/s 1532
 ▲ node open until 22:14:24   ● embedding closed
 NAME (tree)           STATE       RESTARTS MAIL                   MSG/S     P99
 root one for one      ● running          0 2 of 30 restarts
   store               ● running          0          0/1344           12  850 µs
   tasks               ▲ backoff          2 █████▍   900/1344          0   12 ms
   signer-1            ● running          0 ▏        3/1344         1520  850 µs



 ↑↓ select  ⏎ details  s sort  / filter  r restart  p pause  q quit
",
    );
}

#[test]
fn details() {
    let mut state = state();
    press(&mut state, &[Key::Down, Key::Down]);
    assert_eq!(press(&mut state, &[Key::Enter]), Some(Wish::Edges));
    let edge = |from: &str, output: &str, to: &str, carries: &str| json!({ "from": from, "output": output, "to": to, "carries": carries, "asks": true });
    let edges = json!([
        edge("tasks", "journal", "store", "StoreMsg"),
        edge("chain", "events", "tasks", "ChainBatch"),
        edge("signer-1", "journal", "store", "StoreMsg"),
    ]);
    state.apply(Input::Edges(serde_json::from_value(edges).unwrap()));
    check(
        &state,
        (100, 26),
        "
 synod 0.1.0  http://127.0.0.1:8080  ● live                                            22:13:24 UTC
 actors running 2 of 3   restarts 2   breakers open 1 of 2   messages/s 1532   waiting 903
 ▲ node open until 22:14:24   ● embedding closed
 NAME (tree)             STATE        LIFE RESTARTS MAIL                   MSG/S     P99     HANDLED
 root one for one        ● running                0 2 of 30 restarts
   store                 ● running       1        0          0/1344           12  850 µs          42
   tasks                 ▲ backoff       3        2 █████▍   900/1344          0   12 ms   1,234,567
   signer-1              ● running       1        0 ▏        3/1344         1520  850 µs           7




────────────────────────────────────────────────────────────────────────────────────────────────────
 tasks  actor, under root                          Last failures
 last exit panicked: no such task at 22:13:23      22:13:23 ▲ panicked: no such task
 life      3, 2 restarts                                    life 2, handling `chain`
 handled   1,234,567, 0 a second                            then to be restarted, attempt 2
 takes     median 12 µs, p99 12 ms                 What happened to it
 mailbox   900 of 1344                             nothing since this began to look
 Edges
 ─journal─▶ store  StoreMsg
 ◀─events─ chain  ChainBatch



 ↑↓ select  ⏎ details  s sort  / filter  r restart  p pause  q quit
",
    );
}

#[test]
fn asking() {
    let mut state = state();
    press(&mut state, &[Key::Down, Key::Char('s'), Key::Char('s'), Key::Char('r')]);
    check(
        &state,
        (80, 10),
        "
 synod 0.1.0  http://127.0.0.1:8080  ● live                        22:13:24 UTC
 actors running 2 of 3   restarts 2   breakers open 1 of 2   messages/s 1532
 ▲ node open until 22:14:24   ● embedding closed
 NAME                  STATE       RESTARTS MAIL▾                  MSG/S     P99
 tasks                 ▲ backoff          2 █████▍   900/1344          0   12 ms
 signer-1              ● running          0 ▏        3/1344         1520  850 µs
 store                 ● running          0          0/1344           12  850 µs


 Restart store? y yes, in order  any other key no
",
    );
}

#[test]
fn nothing_found() {
    let mut state = state();
    press(&mut state, &[Key::Char('/')]);
    type_text(&mut state, "nobody");
    check(
        &state,
        (80, 8),
        "
 synod 0.1.0  http://127.0.0.1:8080  ● live                        22:13:24 UTC
 actors running 2 of 3   restarts 2   breakers open 1 of 2   messages/s 1532
 ▲ node open until 22:14:24   ● embedding closed
 NAME (tree)           STATE       RESTARTS MAIL                   MSG/S     P99
 no actor or state has `nobody` in its name; Esc shows all


 / nobody▏  name or state; Enter keeps it, Esc clears it
",
    );
}
