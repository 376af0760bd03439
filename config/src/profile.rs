//! The files that are built in.

use std::fmt;

/// A configuration that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything in one process on a simulated chain: no network, no service, no file.
    Dev,
    /// Certifies tasks of a real chain, with operators in the same process.
    Aggregator,
    /// One operator that takes tasks from a real chain.
    Executor,
    /// Memory for agents, and nothing else.
    Agent,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dev, Self::Aggregator, Self::Executor, Self::Agent];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Aggregator => "aggregator",
            Self::Executor => "executor",
            Self::Agent => "agent",
        }
    }

    /// What it runs, in a line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Dev => "A simulated chain, four operators, an aggregator, an agent memory",
            Self::Aggregator => "A chain, an aggregator and the operators whose keys are here",
            Self::Executor => "A chain and one operator that performs its tasks",
            Self::Agent => "An agent memory",
        }
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// The file.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Dev => include_str!("../profiles/dev.toml"),
            Self::Aggregator => include_str!("../profiles/aggregator.toml"),
            Self::Executor => include_str!("../profiles/executor.toml"),
            Self::Agent => include_str!("../profiles/agent.toml"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The same topology as [`Profile::Dev`], every key written out and explained: a file to start
/// from.
pub const DEFAULT: &str = include_str!("../default.toml");
