//! The whole: reads a file, holds it against every rule, hands out the checked form.

use std::collections::BTreeMap;
use std::path::Path;

use synod_types::actor::ActorId;
use toml::de::DeTable;

use crate::breaker::BreakerPolicy;
use crate::check::Check;
use crate::error::{ConfigError, ConfigErrors};
use crate::file::read_text;
use crate::findings::Findings;
use crate::origins::Origins;
use crate::profile::Profile;
use crate::runtime::{Http, Log, Metrics, Runtime, check_listen};
use crate::set::OperatorSet;
use crate::shape::join;
use crate::topology::{Actor, Settings, Topology};
use crate::written::{ActorSection, Settings as Section, Written};
use crate::{breaker, graph, needs, pool, reach, recovery, schema, shape, tree};

/// Longer files are not read.
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[runtime]`.
    pub runtime: Runtime,
    /// `[log]`.
    pub log: Log,
    /// `[http]`.
    pub http: Http,
    /// `[metrics]`. Its port is not that of `http`.
    pub metrics: Metrics,
    /// `[breakers.<name>]`; `default` is among them.
    pub breakers: BTreeMap<String, BreakerPolicy>,
    /// `[supervisors.<id>]` and `[actors.<id>]`.
    pub topology: Topology,
    /// `[sets.<name>]`.
    pub sets: BTreeMap<String, OperatorSet>,
    pub(crate) written: Written,
    pub(crate) origins: Origins,
}

/// Where a value stands is not part of what it is.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        let Self { runtime, log, http, metrics, breakers, topology, sets, written, origins: _ } =
            self;
        (runtime, log, http, metrics) == (&other.runtime, &other.log, &other.http, &other.metrics)
            && (breakers, topology, sets) == (&other.breakers, &other.topology, &other.sets)
            && *written == other.written
    }
}

impl Config {
    /// Reads and checks a file. Relative paths of secrets and keys start where the file lies.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        let name = path.display().to_string();
        let unreadable = |rule: String| ConfigErrors {
            errors: vec![ConfigError {
                file: name.clone(),
                line: 1,
                column: 1,
                key: "(file)".to_owned(),
                value: None,
                rule,
                hint: "name a readable TOML file in UTF-8; `synod init` writes one".to_owned(),
            }],
            left_out: 0,
        };
        let text = read_text(path, FILE_BYTES_MAX).map_err(unreadable)?;
        let directory = path.parent().unwrap_or(Path::new(""));
        parse(&name, &text, directory)
    }

    /// Checks a text. Errors call it `name`; relative paths start at the working directory.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigErrors> {
        parse(name, text, Path::new(""))
    }

    /// Checks a profile.
    ///
    /// # Errors
    /// None, unless the profile refers to a secret that is not there.
    pub fn profile(profile: Profile) -> Result<Self, ConfigErrors> {
        Self::parse(&format!("{profile}.toml"), profile.text())
    }

    /// The configuration as a file again: every key, defaults filled in, secrets redacted.
    pub fn effective(&self) -> String {
        let table = toml::Table::try_from(&self.written);
        #[expect(
            clippy::expect_used,
            reason = "sections hold nothing that TOML cannot write; a \
                                                test writes every profile"
        )]
        table.expect("sections are tables").to_string()
    }
}

fn parse(name: &str, text: &str, directory: &Path) -> Result<Config, ConfigErrors> {
    let mut found = Findings::new(name, text);
    let (table, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        let at = error.span().map_or(0, |span| span.start);
        let hint = "mend the line; see https://toml.io for how values are written";
        found.syntax(at, format!("not TOML: {}", error.message()), hint);
    }
    let mut found = found.proceed()?;
    let file = shape::check_table(&mut found, schema(), "", table.get_ref());
    let written = Written::read(&mut found, file);
    let mut found = found.unless_full()?;
    let mut check = Check::new(&mut found, &written, directory);
    breaker::check_all(&mut check);
    check_listen(&mut check, &written.http, &written.metrics);
    let (supervisors, parents) = tree::check(&mut check);
    let edges = graph::check(&mut check);
    let mut sets = BTreeMap::new();
    for (name, section) in &written.sets {
        let set = section.check(&mut check, &join("sets", name));
        sets.extend(set.map(|set| (name.clone(), set)));
    }
    let mut actors = BTreeMap::new();
    for (id, section) in &written.actors {
        let parent = parents.get(id).map(String::as_str);
        actors.extend(actor(&mut check, id, section, parent));
    }
    needs::check_cycles(&mut check);
    if !found.is_wrong() {
        reach::check(&mut found, &written, &edges);
    }
    let origins = found.proceed()?.origins();
    #[expect(clippy::expect_used, reason = "`root` is a name by the rules of names")]
    let root = ActorId::new("root").expect("root is a name");
    Ok(Config {
        runtime: written.runtime.clone(),
        log: written.log.clone(),
        http: written.http.clone(),
        metrics: written.metrics.clone(),
        breakers: written.breakers.clone(),
        topology: Topology { root, supervisors, actors, edges },
        sets,
        written,
        origins,
    })
}

fn actor(
    check: &mut Check<'_, '_>,
    id: &str,
    section: &ActorSection,
    parent: Option<&str>,
) -> Option<(ActorId, Actor)> {
    recovery::check_actor(check, id, section);
    needs::check_actor(check, id, section);
    let key = join(&join("actors", id), "settings");
    let settings = match &section.settings {
        Section::Store(section) => section.check(check, &key).map(Settings::Store),
        Section::Chain(section) => section.check(check, &key, id).map(Settings::Chain),
        Section::Embedding(section) => Some(Settings::Embedding(section.clone())),
        Section::Memory(section) => section.check(check, &key, id).map(Settings::Memory),
        Section::Signer(section) => section.check(check, &key, id).map(Settings::Signer),
        Section::Executor(section) => section.check(check, &key, id).map(Settings::Executor),
        Section::Aggregation(section) => Some(Settings::Aggregation(section.clone())),
        Section::Quorum(section) => Some(Settings::Quorum(section.clone())),
        Section::Task(section) => section.check(check, &key, id).map(Settings::Task),
    };
    let life = &section.life;
    pool::check(check, id, section);
    let actor = Actor {
        supervisor: ActorId::new(parent?).ok()?,
        restart: life.restart,
        recovery: life.recovery,
        retry_after: life.retry_after,
        significant: life.significant,
        needs: life.needs.iter().filter_map(|name| ActorId::new(name).ok()).collect(),
        start_timeout: life.start_timeout,
        stop_timeout: life.stop_timeout,
        stuck_after: life.stuck_after,
        on_stuck: life.on_stuck,
        replace_after: life.replace_after,
        fenced_max: life.fenced_max,
        poison_after: life.poison_after,
        mailbox: life.mailbox,
        class: life.class,
        workers: life.workers,
        settings: settings?,
    };
    Some((ActorId::new(id).ok()?, actor))
}
