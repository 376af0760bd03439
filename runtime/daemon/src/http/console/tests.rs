use std::collections::VecDeque;

use synod_supervision::{
    ActorView, BreakerView, DeadLetter, DeadReason, RetriesView, Role, RuntimeEvent, StuckView,
    TreeView,
};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

use super::eye::{Answers, Sight};
use super::html::Html;
use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{tree}}\u{202e}&";

pub(in crate::http) fn node(id: &str) -> ActorView {
    ActorView {
        id: ActorId::new(id).unwrap(),
        role: Role::Actor,
        supervisor: None,
        state: "running",
        incarnation: Incarnation(2),
        restarts: 1,
        last_exit: Some(HOSTILE.to_owned()),
        last_exit_ms: Some(1_000),
        failures: Vec::new(),
        waits_for: Vec::new(),
        mailbox_depth: 3,
        mailbox_bound: 1_344,
        handled: 1_234_567,
        fenced: 0,
        stuck: None,
        handling_p50_ns: Some(12_000),
        handling_p99_ns: Some(1_400_000),
        strategy: None,
        intensity: None,
    }
}

pub(in crate::http) fn tree_of(actors: Vec<ActorView>) -> TreeView {
    let mut root = node("root");
    root.role = Role::Supervisor;
    let children = actors.into_iter().map(|node| TreeView { node, children: Vec::new() });
    TreeView { node: root, children: children.collect() }
}

fn sight() -> Sight {
    let (at, actor) = (Moment::from_unix_millis(1_000), ActorId::new("tasks").unwrap());
    let exited = RuntimeEvent::Exited { at, actor, reason: "panic", detail: HOSTILE.to_owned() };
    let breaker = RuntimeEvent::Breaker {
        at,
        breaker: HOSTILE.to_owned(),
        state: "open",
        reason: "consecutive_failures",
        detail: HOSTILE.to_owned(),
        calls: 5,
        failures: 5,
        slow: 0,
    };
    let breakers = BreakerView {
        name: HOSTILE.to_owned(),
        state: "half_open",
        open_until_ms: Some(1_000),
        opens_on: HOSTILE.to_owned(),
        calls: 5,
        failures: 5,
        slow: 0,
        under_way: 0,
        under_way_max: 10,
        retries: RetriesView { made: 2, out_of_budget: 1, ..RetriesView::default() },
    };
    let letter = DeadLetter {
        id: 7,
        at,
        actor: ActorId::new("memory").unwrap(),
        kind: "chain",
        reason: DeadReason::Quarantined,
        trace: None,
        digest: None,
        bytes: None,
        can_replay: true,
        lives: vec![Incarnation(1), Incarnation(2), Incarnation(3)],
        cause: Some(HOSTILE.to_owned()),
    };
    let store = ActorId::new("store").unwrap();
    let status = synod_protocol::store::StoreStatus {
        records: 1,
        bytes: 1,
        segments: 1,
        streams: 1,
        failed: Some(HOSTILE.to_owned()),
    };
    Sight {
        tree: TreeView { node: node("tasks"), children: Vec::new() },
        rates: std::sync::Arc::new([(ActorId::new("tasks").unwrap(), 152.5)].into()),
        breakers: vec![breakers],
        dead_letters: 3,
        quarantined: (vec![letter], 1),
        events: VecDeque::from([exited, breaker]),
        answers: Answers { stores: [(store, Ok(status))].into(), ..Answers::default() },
    }
}

#[test]
fn an_actor_that_is_stuck_is_a_reason_against_readiness() {
    let stuck = StuckView { how: "busy", kind: Some("append"), for_ms: 61_250 };
    let node = ActorView { stuck: Some(stuck), ..node("store") };
    let tree = TreeView {
        node: self::node("root"),
        children: vec![TreeView { node, children: Vec::new() }],
    };
    let reasons = crate::http::health::stuck(&tree);
    assert_eq!(reasons, ["store is stuck: busy with `append` for 61.2 s"]);
}

#[test]
fn a_hostile_text_stays_text_wherever_it_stands() {
    let sections = sections::of(&sight());
    let told = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)\
                &gt;{{tree}}\u{fffd}&amp;";
    for id in ["summary", "tree", "breakers", "stores", "events", "quarantine"] {
        assert!(sections[id].as_str().contains(told), "{id}: {}", sections[id].as_str());
    }
    let page = filled(include_str!("page.html"), &sections);
    assert!(!page.contains("<script>") && !page.contains("<img") && !page.contains('\u{202e}'));
    assert_eq!(page.matches("<table role=").count(), 1, "what is filled in is not read again");
}

#[test]
fn every_place_of_the_page_is_filled() {
    let sections = sections::of(&sight());
    let template = include_str!("page.html");
    for (id, html) in &sections {
        assert!(!html.as_str().is_empty(), "{id}");
        assert!(template.contains(&format!("id=\"{id}\"")), "{id} has an element");
        assert!(template.contains(&format!("{{{{{id}}}}}")), "{id} has a place");
    }
    assert_eq!(template.matches("{{").count(), sections.len() + 1, "and the version");
}

#[test]
fn a_row_says_all_of_its_actor() {
    let tree = &sections::of(&sight())["tree"];
    for part in
        ["tasks", "running", "data-label=\"restarts\">1<", "1,344", "1,234,567", ">152<", "1.4 ms"]
    {
        assert!(tree.as_str().contains(part), "{part}: {}", tree.as_str());
    }
}

#[test]
fn a_quarantine_is_seen() {
    let sections = sections::of(&sight());
    let facts = sections["facts"].as_str();
    assert!(facts.contains(">3 <small class=\"bad\">1 in quarantine<"), "{facts}");
    let table = sections["quarantine"].as_str();
    for part in ["<b>memory</b>", "href=\"/v1/dead-letters/7\"><code>chain<", "class=\"num\">3<"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let calm = sections::of(&Sight { quarantined: (Vec::new(), 0), ..sight() });
    assert!(calm["quarantine"].as_str().contains("None: no actor died"));
    assert!(!calm["facts"].as_str().contains("in quarantine"));
}

#[test]
fn long_text_is_cut() {
    let mut html = Html::default();
    html.text("x".repeat(10_000));
    assert!(html.as_str().len() < 1_000 && html.as_str().ends_with('…'));
}

#[test]
fn html_is_for_those_who_name_it() {
    let check = |accept: &str, expected: bool| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        assert_eq!(accepts_html(&headers), expected, "{accept}");
    };
    assert!(!accepts_html(&HeaderMap::new()));
    check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true);
    check("application/json, TEXT/HTML;q=0.5", true);
    check("*/*", false);
    check("application/json", false);
    check("text/html;q=0, application/json", false);
}
