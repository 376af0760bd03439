//! The HTTP surface, as tools meet it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{Answer, Reach, Synod, agent_config, delete, get, post, request, until};

const NOBODY: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

/// A daemon with an agent's memory, and the directory it lives in.
fn agent(more: &str) -> (Synod, Reach, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let (synod, reach) = Synod::run(&agent_config(home.path(), more));
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    (synod, reach, home)
}

#[test]
fn a_memory_is_stored_found_and_forgotten_by_its_agent_alone() {
    let (_synod, reach, _home) = agent("");
    let alice = reach.at("/v1/memory/alice");
    let body = json!({
        "content": { "text": "the pool is thin at night" }, "source": "me", "tags": ["pool"],
    });
    let stored = post(&alice, &body.to_string());
    assert_eq!(stored.status, 201, "{}", stored.text);
    let id = stored.json()["id"].as_str().unwrap().to_owned();
    let again = post(&alice, &body.to_string());
    assert_eq!(again.json()["id"], id, "the same again is the same");

    let read = get(&format!("{alice}/{id}")).json();
    assert_eq!(read["content"], body["content"]);
    let find = |agent: &str, query: Value| {
        post(&reach.at(&format!("/v1/memory/{agent}/query")), &query.to_string()).json()
    };
    for query in [
        json!({ "nearest": "liquidity of the pool at night" }),
        json!({ "text": "thin" }),
        json!({ "tags": ["pool"] }),
        json!({ "kinds": ["episodic"] }),
    ] {
        // A vector comes a moment after its memory.
        until("the memory to be found", || {
            let hits = find("alice", query.clone())["hits"].clone();
            (hits[0]["memory"]["id"] == id).then_some(())
        });
        assert_eq!(find("bob", query)["hits"], json!([]), "bob sees nothing of alice's");
    }

    let as_bob = reach.at(&format!("/v1/memory/bob/{id}"));
    assert!(get(&as_bob).problem(404).contains(&id));
    delete(&as_bob).problem(404);
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 1);
    assert_eq!(delete(&format!("{alice}/{id}")).status, 204);
    get(&format!("{alice}/{id}")).problem(404);
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 0);
}

#[test]
fn a_wrong_request_is_told_what_is_wrong() {
    let (_synod, reach, _home) = agent("");
    let refused = |method, path: &str, body: &str, status| {
        request(method, &reach.at(path), &[], body).problem(status)
    };
    for (body, words) in [
        ("{", "body"),
        ("[]", "body"),
        (r#"{"content": {"text": "x"}}"#, "missing field `source`"),
        (r#"{"content": {"text": 7}, "source": "me"}"#, "`content"),
        (r#"{"content": {"text": "x"}, "source": 7}"#, "`source`"),
        (r#"{"content": {"text": "x"}, "source": "a,b"}"#, "`source`"),
        (r#"{"content": {"text": "x"}, "source": "me", "importance": 1001}"#, "`importance`"),
        (r#"{"content": {"text": "x"}, "source": "me", "nonsense": 1}"#, "nonsense"),
        (r#"{"content": {"text": ""}, "source": "me"}"#, "empty"),
        (r#"{"content": {"text": "x"}, "source": "me"} {}"#, "trailing"),
    ] {
        let detail = refused("POST", "/v1/memory/alice", body, 400);
        assert!(detail.contains(words), "{body}: {detail}");
    }
    let detail = refused("POST", "/v1/memory/alice/query", r#"{"limit": "many"}"#, 400);
    assert!(detail.contains("`limit`"), "{detail}");
    refused("POST", "/v1/memory/alice/query", r#"{"cursor": "7"}"#, 400);
    refused("POST", "/v1/memory/a%20b", "{}", 400);
    refused("GET", "/v1/memory/%FF", "", 400);
    refused("GET", "/v1/memory/alice/7", "", 400);
    refused("GET", "/nowhere", "", 404);
    refused("DELETE", "/v1/actors", "", 405);
    refused("GET", "/v1/actors/memory/kill", "", 405);
    refused("GET", "/v1/tap?nonsense=1", "", 400);
    let large = format!(r#"{{"content": {{"text": "{}"}}, "source": "me"}}"#, "x".repeat(1 << 20));
    refused("POST", "/v1/memory/alice", &large, 413);
    let large = format!(r#"{{"content": {{"text": "{}"}}, "source": "me"}}"#, "x".repeat(1 << 19));
    refused("POST", "/v1/memory/alice", &large, 413);
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 0, "nothing of all that was kept");
    assert_eq!(reach.read("/readyz")["ready"], true);
}

#[test]
fn a_request_is_answered_in_the_trace_it_names_or_in_a_new_one() {
    let (_synod, reach, _home) = agent("");
    let trace = |headers: &[(&str, &str)]| {
        let answer = request("GET", &reach.at(&format!("/v1/tasks/{NOBODY}")), headers, "");
        answer.problem(404);
        answer.json()["trace"].as_str().unwrap().to_owned()
    };
    let told = "4bf92f3577b34da6a3ce929d0e0e4736";
    let header = format!("00-{told}-00f067aa0ba902b7-01");
    let later = header.replacen("00", "cc", 1) + "-what-the-future-will-be-like";
    for valid in [&header, &later] {
        assert_eq!(trace(&[("traceparent", valid)]), told, "{valid}");
    }
    let mut seen = BTreeSet::from([told.to_owned()]);
    let shouted = header.to_uppercase();
    let unknown = header.replacen("00", "ff", 1);
    let nothing = header.replace(told, &"0".repeat(32));
    for wrong in ["", "nonsense", &header[1..], &shouted, &unknown, &nothing] {
        let new = trace(&[("traceparent", wrong)]);
        assert!(new.len() == 32 && new.bytes().all(|digit| digit.is_ascii_hexdigit()), "{new}");
        assert!(seen.insert(new), "{wrong}: believed, or not new");
    }
    let twice = trace(&[("traceparent", &header), ("traceparent", &header)]);
    assert!(seen.insert(twice), "of two, neither is believed");
    assert!(seen.insert(trace(&[])));
    // Refused before any route is looked for.
    let headers = [("Host", "example.org"), ("traceparent", header.as_str())];
    let refused = request("GET", &reach.at("/v1/actors"), &headers, "");
    refused.problem(403);
    assert_eq!(refused.json()["trace"], told);
}

#[test]
fn pages_of_other_sites_are_refused() {
    let (_synod, reach, _home) = agent("");
    let url = reach.at("/v1/actors");
    let with = |headers: &[(&str, &str)]| request("GET", &url, headers, "");
    for origin in ["http://example.org", "https://localhost.example.org", "null"] {
        with(&[("Origin", origin)]).problem(403);
    }
    for host in ["example.org", "example.org:8080", "localhost.example.org"] {
        with(&[("Host", host)]).problem(403);
    }
    assert_eq!(with(&[("Origin", "http://localhost:3000")]).status, 200);
    assert_eq!(with(&[("Host", "localhost")]).status, 200);
}

#[test]
fn it_is_not_ready_while_an_actor_waits_to_be_restarted() {
    let home = tempfile::tempdir().unwrap();
    let file = agent_config(home.path(), "");
    let text = std::fs::read_to_string(&file).unwrap();
    let slow = "[supervisors.root]\nbackoff_first = \"3s\"\n";
    std::fs::write(&file, text.replace("[supervisors.root]\n", slow)).unwrap();
    let (_synod, reach) = Synod::run(&file);
    let ready = || get(&reach.at("/readyz"));
    until("the daemon to be ready", || (ready().status == 200).then_some(()));

    assert_eq!(post(&reach.at("/v1/actors/embedding/kill"), "").status, 200);
    let refusal = until("a reason against", || Some(ready()).filter(|it| it.status == 503));
    assert_eq!(refusal.kind, "application/json");
    let body = until("the back-off", || {
        let is_told = |body: &Value| {
            let why = body["reasons"][0].as_str();
            why.is_some_and(|why| why.starts_with("embedding is backoff: "))
        };
        Some(ready().json()).filter(is_told)
    });
    assert_eq!(body["ready"], false);
    assert_eq!(get(&reach.at("/livez")).status, 200, "it is alive all the same");
    assert_eq!(reach.read("/v1/status")["ready"], false);
    assert_eq!(reach.actor("memory")["incarnation"], 1, "its siblings live on");
    assert_eq!(reach.actor("store")["incarnation"], 1);

    until("its next life", || (ready().status == 200).then_some(()));
    assert_eq!(reach.actor("embedding")["incarnation"], 2);
}

#[test]
fn tasks_are_listed_by_state_and_page() {
    let (synod, reach) = Synod::ready_dev(&[]);
    let first = synod.event("certified", |_| true)["task"].as_str().unwrap().to_owned();
    synod.event("certified", |event| event["task"] != first);
    let list = |query: &str| reach.read(&format!("/v1/tasks?{query}"))["tasks"].clone();
    let completed = list("state=completed");
    let completed = completed.as_array().unwrap();
    assert!(2 <= completed.len());
    assert!(completed.iter().all(|task| task["state"] == "completed"));
    assert!(completed.iter().all(|task| task["certificate"].is_null()), "lists are short");
    let height = |task: &Value| task["block_number"].as_u64().unwrap();
    assert!(completed.windows(2).all(|pair| height(&pair[0]) > height(&pair[1])), "newest first");
    assert_eq!(list("state=failed"), json!([]));
    let page = list("limit=1");
    assert_eq!(page.as_array().unwrap().len(), 1);
    let next = list(&format!("limit=1&after={}", page[0]["id"].as_str().unwrap()));
    assert!(height(&next[0]) < height(&page[0]));

    let task = reach.read(&format!("/v1/tasks/{first}"));
    assert_eq!(task["state"], "completed");
    assert!(task["certificate"].is_object(), "{task}");
    let signers = task["signers"].as_array().unwrap().iter();
    let signers: BTreeSet<&str> = signers.map(|it| it.as_str().unwrap()).collect();
    assert!(2 <= signers.len(), "{task}");
    let answers = reach.read("/v1/executors/executor-1/answers");
    let answer = answers.as_array().unwrap().iter().find(|answer| answer["id"] == first);
    assert_eq!(answer.unwrap()["digest"], task["digest"]);
    check_refusals(&|method: &str, path: &str| request(method, &reach.at(path), &[], ""));
}

fn check_refusals(ask: &dyn Fn(&str, &str) -> Answer) {
    let refused = |path: &str, status, words: &str| {
        let detail = ask("GET", path).problem(status);
        assert!(detail.contains(words), "{path}: {detail}");
    };
    refused("/v1/tasks?state=nonsense", 400, "`nonsense`");
    refused("/v1/tasks?nonsense=1", 400, "nonsense");
    refused("/v1/tasks?limit=many", 400, "limit");
    refused("/v1/tasks?after=7", 400, "`7` is no task id");
    refused("/v1/tasks/7", 400, "`7` is no task id");
    refused("/v1/tasks/%FF", 400, "UTF-8");
    refused(&format!("/v1/tasks/{NOBODY}"), 404, NOBODY);
    refused("/v1/executors/nobody/answers", 404, "nobody");
    refused("/v1/actors/sotre", 404, "did you mean `store`?");
    refused("/v1/actors/BAD", 400, "`BAD` is no actor id");
    refused("/v1/tap?actor=nobody", 404, "no actor `nobody`");
    refused("/v1/tap?sample=0", 400, "sample");
    for (path, status) in [
        ("/v1/actors/nobody/kill", 404),
        ("/v1/actors/nobody/restart", 404),
        ("/v1/actors/BAD/kill", 400),
        ("/v1/breakers/nobody/open", 404),
        ("/v1/breakers/embedding/dance", 400),
        ("/v1/tasks", 405),
        ("/v1/drain?deadline=soon", 400),
        ("/v1/drain?deadline=0s", 400),
        ("/v1/drain?deadline=2h", 400),
        ("/v1/drain?patience=1s", 400),
    ] {
        ask("POST", path).problem(status);
    }
}
