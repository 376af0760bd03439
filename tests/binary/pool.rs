//! A pool from a topology file.

use serde_json::json;

use super::support::{Synod, agent_config, get, post, until};

#[test]
fn an_embedding_may_be_a_pool_of_blocking_actors() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let text = std::fs::read_to_string(&config).unwrap();
    let pool = "[actors.embedding]\nworkers = 3\nclass = \"blocking\"\n";
    assert!(text.contains("[actors.embedding]\n"), "{text}");
    std::fs::write(&config, text.replace("[actors.embedding]\n", pool)).unwrap();
    let (_synod, reach) = Synod::run(&config);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));

    let memory = reach.at("/v1/memory/alice");
    let body = json!({ "content": { "text": "the pool is thin at night" }, "source": "me" });
    assert_eq!(post(&memory, &body.to_string()).status, 201);
    let query = json!({ "nearest": "liquidity of the pool at night" }).to_string();
    let found = || {
        let hits = post(&format!("{memory}/query"), &query).json()["hits"].clone();
        (hits[0]["memory"]["content"] == body["content"]).then_some(())
    };
    until("its vector", found);
    assert_eq!(reach.actor("embedding")["role"], "pool");
    let workers = ["embedding-1", "embedding-2", "embedding-3"];
    for worker in workers {
        assert_eq!(reach.actor(worker)["supervisor"], "embedding");
        assert_eq!(post(&reach.at(&format!("/v1/actors/{worker}/kill")), "").status, 200);
    }
    until("their next lives", || {
        workers.iter().all(|worker| reach.actor(worker)["incarnation"] == 2).then_some(())
    });
    until("its vector again", found);
    let scraped = reach.scrape();
    assert!(scraped.contains("pool_workers{pool=\"embedding\"} 3"), "{scraped}");
}
