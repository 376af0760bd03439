//! Agents: whose memory it is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of an agent: 1 to 128 visible ASCII characters without `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentId(Arc<str>);

impl AgentId {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidAgentId`] if the name is empty, too long or holds another character.
    pub fn new(name: &str) -> Result<Self, InvalidAgentId> {
        let is_valid = (1..=128).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
        if is_valid { Ok(Self(name.into())) } else { Err(InvalidAgentId(name.to_owned())) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a name names no agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no agent id: 1 to 128 visible ASCII characters without `/`")]
pub struct InvalidAgentId(pub String);

impl TryFrom<String> for AgentId {
    type Error = InvalidAgentId;

    fn try_from(name: String) -> Result<Self, InvalidAgentId> {
        Self::new(&name)
    }
}

impl From<AgentId> for String {
    fn from(id: AgentId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
