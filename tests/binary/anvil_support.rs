//! A real node with a mailbox, and a daemon made from a profile that follows it.

mod node;

pub(crate) use node::{AVS, Announced, Node};

use std::collections::BTreeMap;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};
use synod_signature_core::bn254::{G1, G2, hash_solidity, verify};
use synod_signature_keyfile::KeyFile;
use synod_types::certificate::{CertificateRule, message_hash};
use synod_types::signature::{PublicKey, Scheme};
use synod_types::{Address, Bytes};
use tempfile::TempDir;

use crate::support::{Reach, Synod, get, post, repository, until};

/// What a profile says of the performer.
const PERFORMER: &str = r#"performer = "process"
process = { command = ["/usr/local/bin/perform"], timeout = "30s" }"#;
/// Squares numbers.
pub(crate) const SQUARE: &str = "performer = \"square\"";
/// Answers with the payload in capitals; but to `held`, not while there is the file `hold`.
pub(crate) const CAPITALS: &str = r#"performer = "process"
process = { timeout = "30s", environment = { HOLD = "{hold}" }, command = ["/bin/sh", "-c", """
word=$(cat)
while [ "$word" = held ] && [ -e "$HOLD" ]; do sleep 0.05; done
printf %s "$word" | tr a-z A-Z
"""] }"#;
/// What a chain is told beside what the profile says: to begin at the beginning, to be quick.
const CHAIN: &str = r#"source = "alloy"
start_block = 1
breaker = "node"
retry_max = "300ms"
rollback_patience = "300ms""#;
/// What is added to a profile.
const ENDING: &str = r#"[http]
listen = "127.0.0.1:0"
[metrics]
listen = "127.0.0.1:0"
[breakers.node]
call_timeout = "1s"
failures_to_open = 3
open_for = "500ms"
successes_to_close = 1"#;
/// A memory of the chain, of which the profile of an aggregator has none.
const KNOWLEDGE: &str = r#"[supervisors.knowledge]
children = ["embedding", "memory"]
[actors.embedding]
kind = "embedding"
[actors.memory]
kind = "memory"
edges = { embedding = "embedding", journal = "store" }
settings = { observer = "chain-observer" }
"#;

/// A node, a mailbox, and a daemon made from one of the profiles.
pub(crate) struct House {
    pub(crate) synod: Synod,
    pub(crate) reach: Reach,
    config: PathBuf,
    pub(crate) mailbox: Address,
    pub(crate) node: Node,
    pub(crate) directory: TempDir,
}

impl House {
    /// The profile as its reader is told to complete it, with `change`s, run from the first block.
    pub(crate) fn open(profile: &str, performer: &str, changes: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        let node = Node::start(directory.path());
        let mailbox = node.deploy();
        let config = directory.path().join("synod.toml");
        let profile = repository("config/profiles").join(profile);
        let text = std::fs::read_to_string(profile).unwrap();
        let key = |name: &str| {
            let password = format!("{{ file = \"keys/{name}.password\" }}");
            format!("key_file = \"keys/{name}.json\", password = {password}")
        };
        let keys = ["operator", "operator-1", "operator-2", "operator-3", "operator-4"].map(key);
        let text = keys.iter().fold(text, |text, key| text.replace(key, "generate = true"));
        let hold = directory.path().join("hold");
        let performer = performer.replace("{hold}", hold.to_str().unwrap());
        let usual = [
            (PERFORMER, performer.as_str()),
            ("http://127.0.0.1:8545", &node.http_url()),
            ("ws://127.0.0.1:8545", &node.ws_url()),
            ("0x00000000000000000000000000000000000000b0", &mailbox.to_string()),
            ("source = \"alloy\"", CHAIN),
        ];
        let text = usual.iter().chain(changes).fold(text, |text, (old, new)| {
            assert!(text.contains(old), "the profile does not say {old}");
            text.replace(old, new)
        });
        let text = format!(
            "{text}\n{ENDING}\n[runtime]\ndata_dir = {:?}\n",
            directory.path().join("data")
        );
        std::fs::write(&config, text).unwrap();
        let (synod, reach) = Synod::run(&config);
        let house = Self { synod, reach, config, mailbox, node, directory };
        house.is_ready();
        house
    }

    /// An aggregator whose agent remembers the chain.
    pub(crate) fn aggregator(performer: &str) -> Self {
        Self::confirming(0, performer)
    }

    /// An aggregator that is told of blocks with so many above them.
    pub(crate) fn confirming(blocks: u64, performer: &str) -> Self {
        let knowledge = format!("{KNOWLEDGE}[actors.store]");
        let confirmations = format!("confirmations = {blocks}");
        let changes = [
            ("confirmations = 0", confirmations.as_str()),
            ("children = [\"store\", ", "children = [\"store\", \"knowledge\", "),
            ("events = [\"tasks\"]", "events = [\"tasks\", \"memory\"]"),
            ("[actors.store]", &knowledge),
        ];
        Self::open("aggregator.toml", performer, &changes)
    }

    /// Waits as long as it takes; what the daemon said is shown if it is in vain.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| until(what, look)));
        found.unwrap_or_else(|_| {
            let tasks = get(&self.reach.at("/v1/tasks")).text;
            panic!("{what}: {tasks}\n{}", self.synod.err.so_far().join("\n"))
        })
    }

    #[track_caller]
    pub(crate) fn is_ready(&self) {
        self.until("readiness", || (get(&self.reach.at("/readyz")).status == 200).then_some(()));
    }

    /// Ends the daemon without a warning.
    pub(crate) fn crash(&mut self) {
        self.synod.signal(Signal::KILL);
        self.synod.end();
    }

    pub(crate) fn start_again(&mut self) {
        (self.synod, self.reach) = Synod::run(&self.config);
        self.is_ready();
    }

    pub(crate) fn create_task(&self, payload: &str) -> Announced {
        self.node.create_task(self.mailbox, payload)
    }

    pub(crate) fn task(&self, task: &Announced) -> Option<Value> {
        let answer = get(&self.reach.at(&format!("/v1/tasks/{}", task.created.task)));
        (answer.status == 200).then(|| answer.json())
    }

    /// The task, once it is in a state.
    #[track_caller]
    pub(crate) fn in_state(&self, task: &Announced, state: &str) -> Value {
        let what = format!("{} to be {state}", task.created.task);
        self.until(&what, || self.task(task).filter(|task| task["state"] == state))
    }

    /// The task ends with a certificate over `output` that its operators' keys made.
    #[track_caller]
    pub(crate) fn certifies(&self, task: &Announced, output: &[u8]) -> Value {
        let view = self.in_state(task, "completed");
        let timestamp = task.created.reference_timestamp;
        let digest = CertificateRule::Bn254.digest(timestamp, task.created.task, output);
        let certificate = &view["certificate"];
        assert_eq!(view["output"], json!(Bytes::copy_from_slice(output)), "{view}");
        assert_eq!(view["digest"], json!(digest), "{view}");
        assert_eq!(view["block_number"], task.block, "{view}");
        assert_eq!(view["block_hash"], task.block_hash, "{view}");
        assert_eq!(certificate["reference_timestamp"], timestamp, "{view}");
        let hash = message_hash(task.created.task, output);
        assert_eq!(certificate["message_hash"], json!(hash), "{view}");
        let signature = serde_json::from_value(certificate["signature"].clone()).unwrap();
        let keys = serde_json::from_value(certificate["apk_g2"].clone()).unwrap();
        let (signature, keys) = (G1::decode(&signature).unwrap(), G2::decode(&keys).unwrap());
        assert!(verify(&hash_solidity(digest), &keys, &signature), "{view}");
        let signers = view["signers"].as_array().unwrap().iter();
        // 0x…a1 to 0x…a4, with 40, 30, 20 and 10 of 100.
        let signers: Vec<u32> = signers
            .map(|signer| signer.as_str().unwrap().chars().last().unwrap().to_digit(10).unwrap())
            .collect();
        assert!(67 <= signers.iter().map(|number| 50 - 10 * number).sum::<u32>(), "{view}");
        let theirs: Vec<G2> = signers.iter().map(|number| self.key(*number)).collect();
        assert_eq!(G2::sum(&theirs).map(|sum| sum.encode()), Some(keys.encode()), "{view}");
        view
    }

    /// The public key an operator's signer has made.
    fn key(&self, number: u32) -> G2 {
        let file = self.directory.path().join(format!("data/keys/signer-{number}.key"));
        match KeyFile::existing(file, Scheme::Bn254).public_key().unwrap() {
            PublicKey::Bn254 { g2, .. } => G2::decode(&g2).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Waits for a state of the circuit breaker before the node.
    #[track_caller]
    pub(crate) fn breaker_is(&self, state: &str) {
        self.until(&format!("the breaker to be {state}"), || {
            let breakers = self.reach.read("/v1/breakers");
            let mut breakers = breakers.as_array().unwrap().iter();
            breakers.any(|it| it["name"] == "chain" && it["state"] == state).then_some(())
        });
    }

    /// Every actor runs, and has run from the beginning.
    #[track_caller]
    pub(crate) fn all_are_well(&self) {
        self.is_ready();
        let actors = self.reach.read("/v1/actors");
        for actor in actors.as_array().unwrap() {
            let standing = (&actor["state"], &actor["restarts"]);
            assert_eq!(standing, (&json!("running"), &json!(0)), "{actor}");
        }
    }

    /// How tasks have ended in this life of the daemon, and how often.
    pub(crate) fn ends(&self) -> Vec<(String, u64)> {
        let scrape = self.reach.scrape();
        let lines = scrape.lines().filter_map(|line| {
            let (labels, value) =
                line.strip_prefix("synod_task_tasks_ended_total{")?.split_once("} ")?;
            let (_, outcome) = labels.split_once("outcome=\"")?;
            Some((outcome.split('"').next()?.to_owned(), value.parse().unwrap()))
        });
        lines.filter(|(_, times)| *times != 0).collect()
    }

    /// The agent remembers the blocks of the node's chain, and no others.
    #[track_caller]
    pub(crate) fn remembers_the_chain(&self) {
        let expected = self.node.hashes_from(1);
        let url = self.reach.at("/v1/memory/chain-observer/query");
        let query = json!({ "order": "oldest", "tags": ["block"] }).to_string();
        let remembered = || {
            let page = post(&url, &query).json();
            let hits = page["hits"].as_array().unwrap();
            let blocks = hits.iter().map(|hit| &hit["memory"]["origin"]["block"]);
            let named = |block: &Value| {
                (block["number"].as_u64().unwrap(), block["hash"].as_str().unwrap().to_owned())
            };
            let blocks: BTreeMap<_, _> = blocks.map(named).collect();
            assert_eq!(blocks.len(), hits.len(), "one memory for each height: {page}");
            blocks.into_values().collect::<Vec<_>>()
        };
        self.until("the agent to remember the chain", || (remembered() == expected).then_some(()));
    }
}
