//! Whom the surfaces ask.

use std::collections::BTreeMap;

use synod_protocol::chain::ChainMsg;
use synod_protocol::memory::MemoryMsg;
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_protocol::task::{ExecutorMsg, TaskMsg};
use synod_supervision::{Address, Message, Outlet};
use synod_types::actor::ActorId;

use super::addresses::Addresses;

/// Outlets by kind, for HTTP and the command line.
#[derive(Debug)]
pub struct Desks {
    /// Journals.
    pub stores: BTreeMap<ActorId, Outlet<StoreMsg>>,
    /// Chains.
    pub chains: BTreeMap<ActorId, Outlet<ChainMsg>>,
    /// Memories.
    pub memories: BTreeMap<ActorId, Outlet<MemoryMsg>>,
    /// Lives of tasks.
    pub tasks: BTreeMap<ActorId, Outlet<TaskMsg>>,
    /// Keys and their guards.
    pub signers: BTreeMap<ActorId, Outlet<SignerMsg>>,
    /// Operators at work.
    pub executors: BTreeMap<ActorId, Outlet<ExecutorMsg>>,
}

impl Desks {
    pub(super) fn of(addresses: &Addresses) -> Self {
        Self {
            stores: outlets(&addresses.stores),
            chains: outlets(&addresses.chains),
            memories: outlets(&addresses.memories),
            tasks: outlets(&addresses.tasks),
            signers: outlets(&addresses.signers),
            executors: outlets(&addresses.executors),
        }
    }
}

fn outlets<M: Message>(addresses: &BTreeMap<ActorId, Address<M>>) -> BTreeMap<ActorId, Outlet<M>> {
    addresses.iter().map(|(id, address)| (id.clone(), address.clone().into())).collect()
}
