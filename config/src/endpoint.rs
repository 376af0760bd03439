//! How a chain of real nodes is reached: one address, or several endpoints.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::format;
use crate::secret::{self, Secret, SecretSection};
use crate::shape::join;

const HTTP: [&str; 2] = ["http://", "https://"];
const WS: [&str; 2] = ["ws://", "wss://"];
const ANY: [&str; 5] = ["http://", "https://", "ws://", "wss://", "ipc:/"];

/// A node, or several of one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlloySection {
    /// The HTTP address of the only node. Often secret, so text, `{ file = "…" }` or
    /// `{ env = "…" }`. This or `endpoints`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "secret::schema")]
    http_url: Option<SecretSection>,
    /// Its WebSocket address, to hear of new blocks at once. Without it, polling alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "secret::schema")]
    ws_url: Option<SecretSection>,
    /// Several ways to the chain. The healthiest is used, the others take over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    endpoints: Vec<EndpointSection>,
    /// What of a node's answers is recomputed before it is believed.
    verify: VerifyName,
    /// Which block counts as a node's highest; those above it are not there yet.
    finality: FinalityName,
    /// Endpoints that must have a block before it counts. 1: the one that shows it.
    #[schemars(range(min = 1, max = 16))]
    quorum: usize,
    /// How often endpoints that are not in use are asked how they are.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "100ms", "x-max" = "1h"))]
    probe_interval: Duration,
    /// Blocks an endpoint may be behind the others; one further behind is demoted.
    #[schemars(range(min = 0, max = 1_000_000))]
    stale_blocks: u64,
    /// How long an endpoint that is demoted rests; twice as long each further time.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-min" = "100ms", "x-max" = "1h"))]
    rest_first: Duration,
    /// The longest such rest.
    #[serde(with = "humantime_serde")]
    #[schemars(schema_with = "format::duration", extend("x-max" = "24h"))]
    rest_max: Duration,
}

/// What is recomputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum VerifyName {
    /// Nothing but that blocks stand on one another: for chains whose headers have other fields.
    None,
    /// Every header's hash; so logs are asked for only where the bloom filter may hold wanted
    /// ones, and those it rules out are refused.
    Headers,
    /// That, and logs come from receipts that hash to the header's receipts root.
    Receipts,
}

/// Which block is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FinalityName {
    /// The newest; what has too few `confirmations` is not told.
    Latest,
    /// The newest that its consensus client calls safe.
    Safe,
    /// The newest that is final.
    Finalized,
}

/// One way to a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointSection {
    /// Its name in logs, metrics and status.
    #[schemars(extend("format" = "actor-id"))]
    name: String,
    /// `http://`, `https://`, `ws://`, `wss://`, or `ipc:` and the path of a Unix socket.
    #[schemars(schema_with = "secret::schema")]
    url: SecretSection,
    /// A WebSocket address, to hear of new blocks at once, if `url` is HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "secret::schema")]
    ws_url: Option<SecretSection>,
    /// 0 is preferred; each step makes it worth 50 of 1000 points of health less.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    priority: u8,
    /// Calls a second in the long run; each of a batch counts. Without it, as many as needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    calls_per_second: Option<u32>,
    /// Calls that may be saved up. Without it, those of ten seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    burst: Option<u32>,
}

/// What of a node's answers is recomputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Nothing.
    None,
    /// Header hashes and bloom filters.
    Headers,
    /// That, and receipts roots.
    Receipts,
}

/// Which block counts as a node's highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// The newest.
    Latest,
    /// The newest safe one.
    Safe,
    /// The newest final one.
    Finalized,
}

/// How a chain of real nodes is reached, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct AlloySettings {
    /// At least one; their names differ.
    pub endpoints: Vec<EndpointSettings>,
    /// What is recomputed.
    pub verification: Verification,
    /// Which block is the highest.
    pub finality: Finality,
    /// No more than there are endpoints.
    pub quorum: usize,
    /// How often endpoints that are not in use are probed.
    pub probe_interval: Duration,
    /// Blocks an endpoint may be behind.
    pub stale_blocks: u64,
    /// The first rest of one that is demoted.
    pub rest_first: Duration,
    /// No shorter than the first.
    pub rest_max: Duration,
}

/// One way to a chain, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSettings {
    /// Its name.
    pub name: String,
    /// Where it is asked.
    pub url: Secret,
    /// Where it is listened to.
    pub ws_url: Option<Secret>,
    /// 0 is preferred.
    pub priority: u8,
    /// Calls a second, and calls that may be saved up.
    pub budget: Option<(u32, u32)>,
    /// Where it stands among the endpoints; none if it is written without a list.
    place: Option<usize>,
}

impl AlloySettings {
    /// Its secrets, by key below the section.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (String, &Secret)> {
        self.endpoints.iter().flat_map(|endpoint| {
            let [url, ws_url] = match endpoint.place {
                None => ["http_url".to_owned(), "ws_url".to_owned()],
                Some(at) => ["url", "ws_url"].map(|name| format!("endpoints[{at}].{name}")),
            };
            let listened = endpoint.ws_url.as_ref().map(|secret| (ws_url, secret));
            std::iter::once((url, &endpoint.url)).chain(listened)
        })
    }
}

impl Default for AlloySection {
    fn default() -> Self {
        Self {
            http_url: None,
            ws_url: None,
            endpoints: Vec::new(),
            verify: VerifyName::Headers,
            finality: FinalityName::Latest,
            quorum: 1,
            probe_interval: Duration::from_secs(5),
            stale_blocks: 3,
            rest_first: Duration::from_secs(10),
            rest_max: Duration::from_secs(600),
        }
    }
}

impl AlloySection {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) -> Option<AlloySettings> {
        let endpoints = self.check_endpoints(check, key);
        check.at_most(key, ("rest_first", self.rest_first), ("rest_max", self.rest_max));
        let endpoints = endpoints?;
        if endpoints.len() < self.quorum {
            let hint = format!("at most {}, or name more endpoints", endpoints.len());
            check.found.refuse(&join(key, "quorum"), "more than there are endpoints", hint);
        }
        Some(AlloySettings {
            endpoints,
            verification: match self.verify {
                VerifyName::None => Verification::None,
                VerifyName::Headers => Verification::Headers,
                VerifyName::Receipts => Verification::Receipts,
            },
            finality: match self.finality {
                FinalityName::Latest => Finality::Latest,
                FinalityName::Safe => Finality::Safe,
                FinalityName::Finalized => Finality::Finalized,
            },
            quorum: self.quorum,
            probe_interval: self.probe_interval,
            stale_blocks: self.stale_blocks,
            rest_first: self.rest_first,
            rest_max: self.rest_max,
        })
    }

    fn check_endpoints(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
    ) -> Option<Vec<EndpointSettings>> {
        let http_key = join(key, "http_url");
        match &self.http_url {
            None if self.endpoints.is_empty() => {
                let hint = "the node's address, as in http_url = \"http://127.0.0.1:8545\"";
                check.found.refuse(&http_key, "missing key", hint);
                None
            }
            Some(url) if self.endpoints.is_empty() => {
                let url = check_url(check, &http_key, url, &HTTP);
                let ws_url = check_ws(check, key, self.ws_url.as_ref());
                let (name, priority, budget) = ("only".to_owned(), 0, None);
                let place = None;
                Some(vec![EndpointSettings { name, url: url?, ws_url, priority, budget, place }])
            }
            Some(_) => {
                let hint = "make it one of the endpoints: { name = \"…\", url = \"…\" }";
                check.found.refuse(&http_key, "given beside endpoints", hint);
                None
            }
            None => self.check_several(check, key),
        }
    }

    fn check_several(&self, check: &mut Check<'_, '_>, key: &str) -> Option<Vec<EndpointSettings>> {
        if self.ws_url.is_some() {
            let hint = "write it with the endpoint it belongs to";
            check.found.refuse(&join(key, "ws_url"), "given beside endpoints", hint);
        }
        let mut names = BTreeSet::new();
        let mut checked = Vec::new();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let key = format!("{}[{index}]", join(key, "endpoints"));
            if !names.insert(&endpoint.name) {
                let hint = "give each endpoint a name of its own";
                check.found.refuse(&join(&key, "name"), "two endpoints of one name", hint);
            }
            checked.push(endpoint.check(check, &key, index));
        }
        checked.into_iter().collect()
    }
}

impl EndpointSection {
    fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        place: usize,
    ) -> Option<EndpointSettings> {
        let url = check_url(check, &join(key, "url"), &self.url, &ANY);
        let ws_url = check_ws(check, key, self.ws_url.as_ref());
        if self.burst.is_some() && self.calls_per_second.is_none() {
            let hint = "write calls_per_second too, or remove it";
            check.found.refuse(&join(key, "burst"), "nothing to save up", hint);
        }
        let ten_seconds = |rate: u32| rate.saturating_mul(10);
        Some(EndpointSettings {
            name: self.name.clone(),
            url: url?,
            ws_url,
            priority: self.priority,
            place: Some(place),
            budget: self
                .calls_per_second
                .map(|rate| (rate, self.burst.unwrap_or_else(|| ten_seconds(rate)))),
        })
    }
}

fn check_ws(
    check: &mut Check<'_, '_>,
    key: &str,
    ws_url: Option<&SecretSection>,
) -> Option<Secret> {
    ws_url.and_then(|ws_url| check_url(check, &join(key, "ws_url"), ws_url, &WS))
}

fn check_url(
    check: &mut Check<'_, '_>,
    key: &str,
    url: &SecretSection,
    schemes: &[&str],
) -> Option<Secret> {
    let url = url.check(check, key)?;
    let host = schemes.iter().find_map(|scheme| url.reveal().strip_prefix(scheme));
    let is_url = host.is_some_and(|host| {
        !host.is_empty() && !host.contains(|char: char| char.is_whitespace() || char.is_control())
    });
    if !is_url {
        let (last, others) = schemes.split_last()?;
        let hint = format!("begin with {} or {last}", others.join(", "));
        check.found.refuse(key, "not such an address", hint);
        return None;
    }
    Some(url)
}
