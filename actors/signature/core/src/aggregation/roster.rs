use std::collections::VecDeque;
use std::sync::Arc;

use synod_types::aggregation::OrderRefusal;
use synod_types::certificate::{CertificateRule, OperatorTable, TableMember};
use synod_types::operator::{OperatorId, Stake};
use synod_types::signature::{PublicKey, Scheme};

use super::prepare::Prepared;

/// The members of a table, looked at once: tasks whose tables name the same members share it.
#[derive(Debug)]
pub(super) struct Roster {
    /// Its own, in this life.
    number: u64,
    scheme: Scheme,
    table: Arc<OperatorTable>,
    /// By operator: its position in the table.
    positions: Vec<(OperatorId, usize)>,
    /// Of all members, by kind of stake.
    total: Vec<Stake>,
}

impl Roster {
    fn new(
        rule: CertificateRule,
        table: &Arc<OperatorTable>,
        number: u64,
    ) -> Result<Self, OrderRefusal> {
        let kinds = table.members.first().map_or(0, |member| member.weights.len());
        let mut total = vec![Stake::ZERO; kinds];
        let mut positions = Vec::with_capacity(table.members.len());
        for (position, member) in table.members.iter().enumerate() {
            if member.key.scheme() != rule.scheme() {
                return Err(OrderRefusal::OtherScheme(member.operator));
            }
            positions.push((member.operator, position));
            if member.weights.len() != kinds {
                return Err(OrderRefusal::Uncountable);
            }
            for (sum, &weight) in total.iter_mut().zip(&member.weights) {
                *sum = sum.checked_add(weight).ok_or(OrderRefusal::Uncountable)?;
            }
        }
        if let Some(second) = key_twice(&table.members) {
            return Err(OrderRefusal::Twice(table.members[second].operator));
        }
        positions.sort_unstable();
        if let Some([first, _]) = positions.array_windows().find(|[one, other]| one.0 == other.0) {
            return Err(OrderRefusal::Twice(first.0));
        }
        if total.iter().all(|&stake| stake == Stake::ZERO) {
            return Err(OrderRefusal::NoStake);
        }
        Ok(Self { number, scheme: rule.scheme(), table: Arc::clone(table), positions, total })
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(super) fn members(&self) -> &[TableMember] {
        &self.table.members
    }

    pub(super) const fn table(&self) -> &Arc<OperatorTable> {
        &self.table
    }

    pub(super) fn total(&self) -> &[Stake] {
        &self.total
    }

    pub(super) fn position(&self, operator: OperatorId) -> Option<usize> {
        let at = self.positions.binary_search_by_key(&operator, |one| one.0).ok()?;
        Some(self.positions[at].1)
    }

    /// The operators at these positions, ascending.
    pub(super) fn operators(&self, positions: &[usize]) -> Vec<OperatorId> {
        let mut is_meant = vec![false; self.positions.len()];
        positions.iter().for_each(|&position| is_meant[position] = true);
        let meant = self.positions.iter().filter(|(_, position)| is_meant[*position]);
        meant.map(|(operator, _)| *operator).collect()
    }

    fn is_of(&self, rule: CertificateRule, table: &Arc<OperatorTable>) -> bool {
        self.scheme == rule.scheme()
            && (Arc::ptr_eq(&self.table, table) || self.table.members == table.members)
    }
}

/// Where in the table a key stands that stands before it too. Keys are told apart by a word where
/// that suffices: an actor's handler waits for this.
fn key_twice(members: &[TableMember]) -> Option<usize> {
    let word = |key: &PublicKey| {
        let bytes: &[u8] = match key {
            PublicKey::Bn254 { g1, .. } => g1.as_slice(),
            PublicKey::Bls12381(bytes) => bytes.as_slice(),
            PublicKey::Ecdsa(address) => address.as_slice(),
        };
        bytes.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    };
    let rows = members.iter().enumerate().map(|(n, member)| (word(&member.key), &member.key, n));
    let mut rows: Vec<(u64, &PublicKey, usize)> = rows.collect();
    rows.sort_unstable();
    let twice = rows.array_windows().filter(|[one, other]| one.1 == other.1);
    twice.map(|[_, second]| second.2).min()
}

/// How far the keys of a roster are.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// Being checked.
    Awaited,
    /// Checked.
    Ready(Arc<Prepared>),
    /// The arithmetics disagree about them.
    Disputed,
}

/// Rosters of late, the least recently ordered forgotten at the limit.
#[derive(Debug)]
pub(super) struct Rosters {
    known: VecDeque<(Arc<Roster>, Keys)>,
    rosters_max: usize,
    made: u64,
}

impl Rosters {
    pub(super) const fn new(rosters_max: usize) -> Self {
        Self { known: VecDeque::new(), rosters_max, made: 0 }
    }

    /// The roster of a table, and whether it is new.
    pub(super) fn take(
        &mut self,
        rule: CertificateRule,
        table: &Arc<OperatorTable>,
    ) -> Result<(Arc<Roster>, Keys, bool), OrderRefusal> {
        let is_known = |entry: &(Arc<Roster>, Keys)| entry.0.is_of(rule, table);
        if let Some(entry) =
            self.known.iter().position(is_known).and_then(|at| self.known.remove(at))
        {
            self.known.push_back(entry.clone());
            return Ok((entry.0, entry.1, false));
        }
        self.made += 1;
        let roster = Arc::new(Roster::new(rule, table, self.made)?);
        self.known.push_back((Arc::clone(&roster), Keys::Awaited));
        while self.rosters_max < self.known.len() {
            self.known.pop_front();
        }
        Ok((roster, Keys::Awaited, true))
    }

    /// The keys of a roster are checked.
    pub(super) fn prepared(&mut self, number: u64, keys: &Keys) {
        let entry = self.known.iter_mut().find(|entry| entry.0.number == number);
        if let Some(entry) = entry {
            entry.1 = keys.clone();
        }
    }
}
