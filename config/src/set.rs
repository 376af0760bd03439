//! `[sets.<name>]`: who answers tasks, and what their word weighs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::actor::ActorId;
use synod_types::certificate::CertificateRule;
use synod_types::operator::{OperatorId, OperatorSetId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::Scheme;
use synod_types::{Address, U256};

use crate::check::Check;
use crate::format;
use crate::kinds::Kind;
use crate::member::{Member, MemberSection};
use crate::shape::join;
use crate::signer::SchemeName;

/// An operator set of an AVS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetSection {
    /// Address of the AVS.
    #[schemars(schema_with = "format::address")]
    pub(crate) avs: Address,
    /// The set's number within the AVS.
    #[schemars(range(min = 0, max = 4_294_967_295_u64))]
    pub(crate) number: u32,
    /// The chain, an actor, on which its tasks are announced.
    pub(crate) chain: String,
    /// Address of the contract that announces them.
    #[schemars(schema_with = "format::address")]
    pub(crate) mailbox: Address,
    /// What share of the stake must agree.
    pub(crate) threshold: ThresholdSection,
    /// The signature scheme of all members.
    #[serde(default = "scheme")]
    pub(crate) scheme: SchemeName,
    /// Of the scheme `ecdsa`, and required there: the contract that verifies certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::address")]
    pub(crate) verifier: Option<Address>,
    /// Of the scheme `ecdsa`: the major version of that contract. Without it, 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9))]
    pub(crate) verifier_version: Option<u8>,
    /// The operators, in the order of the contract's operator table.
    #[schemars(length(min = 1, max = 10_000))]
    pub(crate) members: Vec<MemberSection>,
}

fn scheme() -> SchemeName {
    SchemeName::Bn254
}

/// A threshold: a rule, and the number that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThresholdSection {
    /// `certificate`: signed ≥ ⌊total · bips / 10000⌋. `middleware`: signed · 100 ≥ total ·
    /// percent.
    rule: RuleName,
    /// Of the rule `certificate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    bips: Option<u16>,
    /// Of the rule `middleware`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    percent: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RuleName {
    Certificate,
    Middleware,
}

/// An operator set, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorSet {
    /// Which set of which AVS. On one chain, no other set has it.
    pub id: OperatorSetId,
    /// An actor of kind `chain`.
    pub chain: ActorId,
    /// The contract that announces its tasks.
    pub mailbox: Address,
    /// What share of each kind of stake must agree.
    pub threshold: ThresholdRule,
    /// What members sign, and by which scheme.
    pub certificate: CertificateRule,
    /// In the order of the contract's operator table. At least one, no operator twice; all have as many kinds of stake, and no kind sums to zero
    /// or overflows.
    pub members: Vec<Member>,
}

impl SetSection {
    pub(crate) fn check(&self, check: &mut Check<'_, '_>, key: &str) -> Option<OperatorSet> {
        let threshold = self.threshold.check(check, &join(key, "threshold"));
        let certificate = self.check_certificate(check, key);
        let is_chain = check.is_kind(&join(key, "chain"), &self.chain, Kind::Chain);
        let members: Vec<Option<Member>> = self
            .members
            .iter()
            .enumerate()
            .map(|(index, member)| member.check(check, &format!("{key}.members[{index}]"), self))
            .collect();
        self.check_operators(check, key);
        self.check_stakes(check, key);
        let id = OperatorSetId { avs: self.avs, number: self.number };
        if let Some(other) = check.set_ids.insert((self.chain.clone(), id), key.to_owned()) {
            let hint = format!("{other} is set {id} too: change avs, number or chain");
            check.found.refuse(&join(key, "number"), "the same set twice", hint);
        }
        Some(OperatorSet {
            id,
            chain: ActorId::new(&self.chain).ok().filter(|_| is_chain)?,
            mailbox: self.mailbox,
            threshold: threshold?,
            certificate: certificate?,
            members: members.into_iter().collect::<Option<_>>()?,
        })
    }

    fn check_certificate(&self, check: &mut Check<'_, '_>, key: &str) -> Option<CertificateRule> {
        let rule = match (Scheme::from(self.scheme), self.verifier) {
            (Scheme::Bn254, _) => CertificateRule::Bn254,
            (Scheme::Bls12381, _) => CertificateRule::Bls12381,
            (Scheme::Ecdsa, Some(verifier)) => {
                let version = u32::from(self.verifier_version.unwrap_or(1));
                let major_version = char::from_digit(version, 10)?; // one digit, by the schema
                return Some(CertificateRule::Ecdsa { major_version, verifier });
            }
            (Scheme::Ecdsa, None) => {
                let hint = "the contract's address is part of what is signed";
                check.found.refuse(&join(key, "verifier"), "missing key", hint);
                return None;
            }
        };
        for name in ["verifier", "verifier_version"] {
            let key = join(key, name);
            if check.found.is_written(&key) {
                let hint = "remove it, or set scheme = \"ecdsa\"";
                check.found.refuse(&key, "a key of the scheme `ecdsa`", hint);
            }
        }
        Some(rule)
    }

    fn check_operators(&self, check: &mut Check<'_, '_>, key: &str) {
        let (mut seen, mut keys) = (BTreeSet::new(), BTreeMap::new());
        for (index, member) in self.members.iter().enumerate() {
            let at = format!("{key}.members[{index}]");
            if !seen.insert(OperatorId(member.operator)) {
                let key = join(&at, "operator");
                let hint = "each operator is a member once: remove one or correct its address";
                check.found.refuse(&key, "an operator twice in one set", hint);
                continue;
            }
            let Some((name, owned)) = member.owned_key() else { continue };
            if let Some(other) = keys.insert(owned, index) {
                let hint = format!("{key}.members[{other}] has it: each member signs with its own");
                check.found.refuse(&join(&at, name), "one key for two members", hint);
            }
        }
    }

    fn check_stakes(&self, check: &mut Check<'_, '_>, key: &str) {
        let kinds = self.members.first().map_or(0, |member| member.stakes.len());
        let mut totals = vec![Some(Stake::ZERO); kinds];
        for (index, member) in self.members.iter().enumerate() {
            let key = format!("{key}.members[{index}].stakes");
            if member.stakes.len() != kinds {
                let hint = format!("{kinds} amounts, as the first member has");
                check.found.refuse(&key, "another number of stakes", hint);
                continue;
            }
            for (total, stake) in totals.iter_mut().zip(&member.stakes) {
                let stake = Stake(format::amount(stake).unwrap_or(U256::ZERO));
                *total = total.and_then(|total| total.checked_add(stake));
            }
        }
        for (index, total) in totals.into_iter().enumerate() {
            let rule = match total {
                None => format!("stakes of kind {index} sum to more than 256 bits"),
                Some(Stake::ZERO) => format!("nobody has stake of kind {index}"),
                Some(_) => continue,
            };
            let hint = "each kind of stake needs a sum from 1 to 2^256 - 1";
            check.found.refuse(&join(key, "members"), rule, hint);
        }
    }
}

impl ThresholdSection {
    fn check(self, check: &mut Check<'_, '_>, key: &str) -> Option<ThresholdRule> {
        let rule = match (self.rule, self.bips, self.percent) {
            (RuleName::Certificate, Some(bips), None) => ThresholdRule::bips(bips),
            (RuleName::Middleware, None, Some(percent)) => ThresholdRule::percent(percent),
            (RuleName::Certificate, _, _) => {
                let hint = "write { rule = \"certificate\", bips = 6667 }";
                check.found.refuse(key, "the rule `certificate` takes bips alone", hint);
                return None;
            }
            (RuleName::Middleware, _, _) => {
                let hint = "write { rule = \"middleware\", percent = 67 }";
                check.found.refuse(key, "the rule `middleware` takes percent alone", hint);
                return None;
            }
        };
        rule.ok() // the schema has held it against its bounds
    }
}
