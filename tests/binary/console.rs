//! The page at `/`: as tools get it, and as a browser shows it.

mod browser;

use serde_json::json;

use super::support::{Reach, Synod, agent_config, get, post, request, until};
use browser::{Browser, Tab};

const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

fn page(reach: &Reach) -> super::support::Answer {
    request("GET", &reach.at("/"), &[HTML], "")
}

#[test]
fn browsers_get_a_page_and_tools_get_json() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let answer = page(&reach);
    assert_eq!((answer.status, answer.kind.as_str()), (200, "text/html; charset=utf-8"));
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["vary"], "accept");
    for actor in reach.read("/v1/actors").as_array().unwrap() {
        let id = actor["id"].as_str().unwrap();
        assert!(answer.text.contains(&format!("<b>{id}</b>")), "{id} is on the page");
    }
    assert!(!answer.text.contains("{{"), "every place is filled");
    assert!(!answer.text.contains("style="), "nothing inline");
    assert!(!answer.text.contains("http"), "nothing from elsewhere");

    let index = get(&reach.at("/"));
    assert_eq!((index.status, index.kind.as_str()), (200, "application/json"));
    assert_eq!(index.json()["name"], "synod");
    for (path, kind) in [("style.css", "text/css"), ("script.js", "text/javascript")] {
        let asset = get(&reach.at(&format!("/console/{path}")));
        assert_eq!((asset.status, asset.kind), (200, format!("{kind}; charset=utf-8")));
    }
    for foreign in [("Host", "example.org"), ("Origin", "http://example.org")] {
        for path in ["/", "/v1/live", "/console/script.js"] {
            request("GET", &reach.at(path), &[HTML, foreign], "").problem(403);
        }
    }
}

#[test]
fn an_idle_page_is_sent_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (_synod, reach) = Synod::run(&agent_config(home.path(), ""));
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    let live = browser::lines(&reach.at("/v1/live"));
    let snapshots = || live.so_far().iter().filter(|line| line.starts_with("data:")).count();
    until("the first snapshot", || (snapshots() != 0).then_some(()));
    // Its own questions are counted within a look; after that nothing is left to tell.
    until("quiet", || {
        let before = snapshots();
        std::thread::sleep(std::time::Duration::from_secs(2));
        (snapshots() == before).then_some(())
    });
    let (before, handled) = (snapshots(), reach.actor("store")["handled"].clone());
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(snapshots(), before);
    assert_eq!(reach.actor("store")["handled"], handled, "nobody is asked either");

    post(
        &reach.at("/v1/memory/alice"),
        &json!({
            "content": { "text": "the pool is thin at night" }, "source": "me",
        })
        .to_string(),
    );
    until("a snapshot of what has changed", || (before < snapshots()).then_some(()));
    let last = live.so_far().into_iter().rfind(|line| line.starts_with("data:")).unwrap();
    assert!(last.contains("\"tree\"") && !last.contains("\"breakers\""), "{last}");
}

#[test]
fn more_streams_than_allowed_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = agent_config(home.path(), "");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[http]\n", "[http]\nstreams_max = 2\n")).unwrap();
    let (_synod, reach) = Synod::run(&file);
    let first = browser::Stream::open(&reach.at("/v1/live"));
    let second = browser::Stream::open(&reach.at("/v1/events"));
    for path in ["/v1/live", "/v1/events", "/v1/tap"] {
        assert!(get(&reach.at(path)).problem(503).contains("http.streams_max"));
    }
    assert_eq!(page(&reach).status, 200, "the page itself is no stream");
    drop((first, second));
    let again = || browser::Stream::try_open(&reach.at("/v1/live"));
    until("a place to be free again", again);
}

#[test]
fn the_page_shows_a_kill_as_it_happens() {
    let (synod, reach) = Synod::ready_dev(&[]);
    synod.event("certified", |_| true);
    let mut browser = Browser::start();
    let mut tab = browser.tab(&reach.at("/"));
    tab.until("a live page", "document.documentElement.dataset.link === 'live'");
    let all = "[...document.querySelectorAll('.tree tbody .is')].map(it => it.innerText)";
    let states = tab.value(all);
    let actors = reach.read("/v1/actors");
    assert_eq!(states.as_array().unwrap().len(), actors.as_array().unwrap().len());
    assert!(states.as_array().unwrap().iter().all(|state| state == "● running"), "{states}");
    let row = "document.querySelector('#actor-signer-1 [data-label=restarts]').innerText";
    assert_eq!(tab.value(row), "0");
    tab.value("window.isSame = true");

    assert_eq!(post(&reach.at("/v1/actors/signer-1/kill"), "").status, 200);
    tab.until("the restart", &format!("{row} === '1'"));
    let exit = "document.querySelector('#actor-signer-1 .exit').innerText.startsWith('killed')";
    tab.until("its reason", exit);
    tab.until("running again", &format!("{all}.every(state => state === '● running')"));
    tab.until("the event", "document.getElementById('events').innerText.includes('life 2')");
    let shows = |class: &str| {
        format!("/[1-9]/.test(document.querySelector('#actor-store .{class}').innerText)")
    };
    tab.until("a rate", &shows("rate"));
    tab.until("a time", &shows("time"));
    let bar = "document.querySelector('#actor-store meter').max === 1344";
    assert_eq!(tab.value(bar), true, "the mailbox has a bar");
    tab.until("a task", "document.querySelector('#tasks a[href^=\"/v1/tasks/0x\"]') !== null");
    assert_eq!(tab.value("window.isSame"), true, "it was not loaded again");
    let calm = "document.getElementById('quarantine').innerText.startsWith('None')";
    assert_eq!(tab.value(calm), true, "a kill on request is no message's doing");
    check_pause(&mut tab, &reach);
    check_widths(&mut tab);
    assert_eq!(tab.complaints(), Vec::<String>::new());
}

/// Paused, it stands still; resumed, it catches up.
fn check_pause(tab: &mut Tab<'_>, reach: &Reach) {
    let row = "document.querySelector('#actor-signer-2 [data-label=restarts]').innerText";
    tab.value("document.getElementById('pause').click()");
    assert_eq!(tab.value("document.documentElement.dataset.link"), "paused");
    assert_eq!(post(&reach.at("/v1/actors/signer-2/kill"), "").status, 200);
    until("the restart", || (reach.actor("signer-2")["restarts"] == 1).then_some(()));
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(tab.value(row), "0");
    tab.value("document.getElementById('pause').click()");
    tab.until("the page to catch up", &format!("{row} === '1'"));
}

/// Nothing sticks out on any screen.
fn check_widths(tab: &mut Tab<'_>) {
    for width in [360, 390, 768, 1024, 1400, 2560] {
        tab.resize(width, 844);
        let over = "[...document.querySelectorAll('main *')].filter(it => !it.closest('thead') && \
            it.getBoundingClientRect().right > document.documentElement.clientWidth + 1)\
            .map(it => it.outerHTML.slice(0, 80))";
        assert_eq!(tab.value(over), json!([]), "at {width}");
        let width_of_page = tab.value("document.documentElement.scrollWidth");
        assert!(width_of_page.as_u64().unwrap() <= width, "at {width}: {width_of_page}");
    }
}

#[test]
fn without_a_script_the_page_can_be_read() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let mut browser = Browser::start();
    let mut tab = browser.tab_without_script(&reach.at("/"));
    let text = tab.text();
    for actor in reach.read("/v1/actors").as_array().unwrap() {
        assert!(text.contains(actor["id"].as_str().unwrap()), "{actor} in {text}");
    }
    assert!(text.contains("A second") && text.contains("p99"), "{text}");
    assert!(text.contains("Reload") && !text.contains("Pause"), "{text}");
    assert_eq!(tab.complaints(), Vec::<String>::new());
}
