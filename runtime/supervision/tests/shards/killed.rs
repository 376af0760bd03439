//! Shards in a process of their own that is killed again and again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use synod_supervision::{Entity, Failure, Keep, Message, Reply, Step};

use super::*;

const CHILD: &str = "SYNOD_TEST_SHARDS";
const KEYS: u64 = 24;

/// One coin more.
struct Put(u64, Reply<u64>);

impl Message for Put {
    fn kind(&self) -> &'static str {
        "put"
    }
}

/// Coins in a file.
struct Chest(u64);

impl Entity for Chest {
    type Key = u64;
    type Msg = Put;
    type Rows = PathBuf;

    fn key(msg: &Put) -> &u64 {
        &msg.0
    }

    async fn load(rows: &PathBuf, key: &u64) -> Result<Self, Failure> {
        let file = rows.join(key.to_string());
        let text = if file.exists() { std::fs::read_to_string(file)? } else { "0".to_owned() };
        Ok(Self(text.parse()?))
    }

    /// A whole file takes the place of the one before: a kill leaves the one or the other.
    async fn save(&mut self, rows: &PathBuf, key: &u64) -> Result<(), Failure> {
        let new = rows.join(format!("{key}.new"));
        std::fs::write(&new, self.0.to_string())?;
        std::fs::rename(new, rows.join(key.to_string()))?;
        Ok(())
    }

    fn handle(&mut self, _: Moment, Put(_, reply): Put) -> Step {
        self.0 += 1;
        let coins = self.0;
        Step::tell(Keep::Now, move || reply.answer(coins))
    }
}

/// The child: puts coins and tells of each that was acknowledged, until it is killed. Without a
/// word of where to do it, it is no test.
#[test]
fn shards_child() {
    let Ok(rows) = std::env::var(CHILD) else { return };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
        let idle_after = Duration::from_millis(2);
        let spec = ShardsSpec { idle_after, ..spec(3, 4) };
        let shards = runtime.shards::<Chest>(id("chests"), spec, rows.into()).unwrap();
        let above = policy(Strategy::OneForOne, 5);
        let children = vec![ChildSpec::shards(&child("shard"), above, &shards)];
        let root = SupervisorSpec { id: id("root"), policy: above, children };
        let _running = runtime.start(root).await.unwrap();
        let mut out = std::io::stderr();
        for n in 0_u64.. {
            let key = n * 7 % KEYS;
            let coins = shards.outlet().call(60 * SECOND, |reply| Put(key, reply)).await.unwrap();
            writeln!(out, "chest {key} {coins}").unwrap();
        }
    });
}

fn rows(directory: &Path) -> BTreeMap<u64, u64> {
    let read = |key: u64| {
        let text = std::fs::read_to_string(directory.join(key.to_string())).ok()?;
        Some((key, text.parse().unwrap()))
    };
    (0..KEYS).filter_map(read).collect()
}

#[test]
fn what_was_acknowledged_outlives_the_process() {
    let home = std::env::temp_dir().join(format!("synod-shards-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let mut known: BTreeMap<u64, u64> = BTreeMap::new();
    for round in 1..=10_usize {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["killed::shards_child", "--exact", "--nocapture"]).env(CHILD, &home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told: Vec<String> = Vec::new();
        while told.len() < 31 * round {
            told.push(lines.next().expect("the child tells on").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.map_while(Result::ok));
        for line in told {
            let Some((key, coins)) = line.strip_prefix("chest ").and_then(|it| it.split_once(' '))
            else {
                continue;
            };
            // The last line of a killed process may be half a line.
            let (Ok(key), Ok(coins)) = (key.parse(), coins.parse::<u64>()) else { continue };
            let before = known.insert(key, coins).unwrap_or_default();
            // At most the one coin in hand at each kill was put in and not told of.
            assert!((before + 1..=before + 2).contains(&coins), "{key}: {before}, then {coins}");
        }
        for (key, coins) in &known {
            let kept = rows(&home)[key];
            assert!((*coins..=coins + 1).contains(&kept), "{key}: told {coins}, kept {kept}");
        }
    }
    std::fs::remove_dir_all(&home).unwrap();
}
