//! `[[sets.<name>.members]]`: one operator of a set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synod_types::Address;
use synod_types::actor::ActorId;
use synod_types::operator::{OperatorId, Stake};
use synod_types::signature::{Bn254G1, Bn254G2, PublicKey, Scheme};

use crate::check::Check;
use crate::format;
use crate::kinds::Kind;
use crate::set::SetSection;
use crate::shape::join;
use crate::written::Settings as Section;

/// An operator. Its key is given by `signer` or `public_key`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberSection {
    /// The address under which it is registered.
    #[schemars(schema_with = "format::address")]
    pub(crate) operator: Address,
    /// Its stake of each kind, in decimal.
    #[schemars(schema_with = "format::amounts")]
    pub(crate) stakes: Vec<String>,
    /// The signer, an actor of this daemon, that holds its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<String>,
    /// Its public key. BN254: 192 bytes, G1 then G2; BLS12-381: 48 bytes; ECDSA: an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "format::hex")]
    pub(crate) public_key: Option<String>,
    /// The executor, an actor of this daemon, that is asked on its behalf. Without it, it is not
    /// asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) executor: Option<String>,
}

/// One operator of a set, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub operator: OperatorId,
    /// One amount for each kind of stake.
    pub stakes: Vec<Stake>,
    /// Of the set's scheme.
    pub key: MemberKey,
    /// An actor of kind `executor`, for this operator and set, which signs with `key` if that is a
    /// signer here.
    pub executor: Option<ActorId>,
}

/// Where a member's public key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKey {
    /// The signer, an actor here, knows it.
    Signer(ActorId),
    /// As written. Its length is right; whether it is a key has not been looked at.
    Public(PublicKey),
}

impl MemberSection {
    /// The setting that names its key, and what it says in lower case.
    pub(crate) fn owned_key(&self) -> Option<(&'static str, String)> {
        let signer = self.signer.as_ref().map(|signer| ("signer", signer.clone()));
        let public = || Some(("public_key", self.public_key.as_ref()?.to_ascii_lowercase()));
        signer.or_else(public)
    }

    pub(crate) fn check(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        set: &SetSection,
    ) -> Option<Member> {
        let member_key = self.check_key(check, key, set.scheme.into());
        let executor = self.executor.as_deref();
        let executor = executor.map(|executor| self.check_executor(check, key, set, executor));
        let stakes = self.stakes.iter().map(|stake| format::amount(stake).map(Stake));
        Some(Member {
            operator: OperatorId(self.operator),
            stakes: stakes.collect::<Option<_>>()?,
            key: member_key?,
            executor: executor.flatten(),
        })
    }

    fn check_key(&self, check: &mut Check<'_, '_>, key: &str, scheme: Scheme) -> Option<MemberKey> {
        match (&self.signer, &self.public_key) {
            (Some(signer), None) => self.check_signer(check, &join(key, "signer"), signer, scheme),
            (None, Some(text)) => {
                let public = public_key(scheme, text);
                if public.is_none() {
                    let wanted = match scheme {
                        Scheme::Bn254 => "192 bytes, G1 then G2",
                        Scheme::Bls12381 => "48 bytes, compressed",
                        Scheme::Ecdsa => "20 bytes, the key's address",
                    };
                    let rule = format!("not a {scheme} public key");
                    check.found.refuse(&join(key, "public_key"), rule, wanted);
                }
                public.map(MemberKey::Public)
            }
            (Some(_), Some(_)) => {
                let hint = "remove signer or public_key";
                check.found.refuse(&join(key, "public_key"), "two sources of one key", hint);
                None
            }
            (None, None) => {
                let hint = "write signer = \"<an actor>\", or public_key = \"0x…\"";
                check.found.refuse(&join(key, "signer"), "a member without a key", hint);
                None
            }
        }
    }

    fn check_signer(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        signer: &str,
        scheme: Scheme,
    ) -> Option<MemberKey> {
        if !check.is_kind(key, signer, Kind::Signer) {
            return None;
        }
        if let Some(Section::Signer(settings)) = check.written.settings(signer)
            && Scheme::from(settings.scheme) != scheme
        {
            let other = Scheme::from(settings.scheme);
            let hint = format!("actors.{signer} signs by {other}: change it, or the set's scheme");
            check.found.refuse(key, format!("the set's scheme is {scheme}"), hint);
        }
        ActorId::new(signer).ok().map(MemberKey::Signer)
    }

    fn check_executor(
        &self,
        check: &mut Check<'_, '_>,
        key: &str,
        set: &SetSection,
        executor: &str,
    ) -> Option<ActorId> {
        let key = join(key, "executor");
        if !check.is_kind(&key, executor, Kind::Executor) {
            return None;
        }
        if let Some(Section::Executor(settings)) = check.written.settings(executor) {
            if settings.operator != self.operator {
                let hint = format!("it answers for {}", settings.operator);
                check.found.refuse(&key, "the executor of another operator", hint);
                return None;
            }
            let other = check.written.sets.get(&settings.set);
            if other.is_some_and(|other| other != set) {
                let hint = format!("it answers for the set `{}`", settings.set);
                check.found.refuse(&key, "the executor of another set", hint);
                return None;
            }
        }
        let signs_with = check.written.targets(executor, "signer");
        if let Some(signer) = &self.signer
            && check.written.kind(signer) == Some(Kind::Signer)
            && let Some(other) = signs_with.iter().find(|other| *other != signer)
        {
            let hint = format!("it signs with `{other}`, the member's signer is `{signer}`");
            check.found.refuse(&key, "the executor signs with another key", hint);
        }
        ActorId::new(executor).ok()
    }
}

/// The public key that a text stands for.
pub(crate) fn public_key(scheme: Scheme, text: &str) -> Option<PublicKey> {
    match scheme {
        Scheme::Bn254 => {
            let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 2 * 192)?;
            let (g1, g2) = digits.split_at_checked(2 * 64)?;
            let (g1, g2) = (g1.parse::<Bn254G1>().ok()?, g2.parse::<Bn254G2>().ok()?);
            Some(PublicKey::Bn254 { g1, g2 })
        }
        Scheme::Bls12381 => text.parse().ok().map(PublicKey::Bls12381),
        Scheme::Ecdsa => text.parse().ok().map(PublicKey::Ecdsa),
    }
}
