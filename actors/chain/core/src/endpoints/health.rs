use std::time::Duration;

use synod_types::chain::{Demotion, Trouble};
use synod_types::time::Moment;

use super::{EndpointRules, Terms};

/// How many failures in a row demote.
const FAILURES_MAX: u32 = 2;
/// How many looks in a row that do not fit together demote: the chain does move.
const TORN_MAX: u32 = 4;
/// What failed answers can take from a score, what slow ones, and what a low head.
const ERRORS_WEIGHT: u32 = 600;
const LATENCY_WEIGHT: u32 = 200;
const STALENESS_WEIGHT: u32 = 200;
/// A latency at which all of its weight is lost.
const LATENCY_MAX: Duration = Duration::from_secs(2);
/// How many blocks behind all of its weight is lost.
const BEHIND_MAX: u64 = 4;
/// The share of a new sample in a moving average: one in so many.
const SAMPLE: u32 = 8;

/// What is known of one endpoint.
#[derive(Debug)]
pub(super) struct Health {
    terms: Terms,
    is_identified: bool,
    head: Option<u64>,
    /// How many blocks it lacked, when it last said how high it is, of what others had before.
    behind: u64,
    /// Moving average of failed answers, in thousandths.
    errors: u32,
    /// Moving average.
    latency: Option<Duration>,
    failures: u32,
    torn: u32,
    dissents: u32,
    demoted: Option<(Demotion, Moment)>,
    /// How often it was demoted since it last was restored and then did well.
    demotions: u32,
    next_probe: Moment,
    is_probing: bool,
    /// Thousandths of calls that may be made; below zero after a look that was larger.
    balance: i64,
    balanced_at: Option<Moment>,
}

impl Health {
    pub(super) const fn new(terms: Terms) -> Self {
        let balance = match &terms.budget {
            Some(budget) => 1_000 * budget.burst as i64,
            None => 0,
        };
        Self {
            terms,
            is_identified: false,
            head: None,
            behind: 0,
            errors: 0,
            latency: None,
            failures: 0,
            torn: 0,
            dissents: 0,
            demoted: None,
            demotions: 0,
            next_probe: Moment::from_unix_nanos(0),
            is_probing: false,
            balance,
            balanced_at: None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.terms.name
    }

    pub(super) const fn priority(&self) -> u8 {
        self.terms.priority
    }

    pub(super) const fn head(&self) -> Option<u64> {
        self.head
    }

    pub(super) const fn is_identified(&self) -> bool {
        self.is_identified
    }

    pub(super) fn demotion(&self) -> Option<Demotion> {
        self.demoted.map(|(reason, _)| reason)
    }

    /// Whether it is known to be lower than what is committed.
    pub(super) fn is_below(&self, tip: Option<u64>) -> bool {
        self.head.zip(tip).is_some_and(|(head, tip)| head < tip)
    }

    /// 1000, less what errors, latency and being behind take.
    pub(super) fn score(&self) -> u32 {
        let staleness = STALENESS_WEIGHT * self.behind.min(BEHIND_MAX) as u32 / BEHIND_MAX as u32;
        let latency = self.latency.unwrap_or_default().min(LATENCY_MAX).as_millis() as u32;
        let latency = LATENCY_WEIGHT * latency / LATENCY_MAX.as_millis() as u32;
        let errors = ERRORS_WEIGHT * self.errors / 1_000;
        1_000 - errors - latency - staleness
    }

    pub(super) fn took(&mut self, latency: Option<Duration>) {
        let Some(latency) = latency else { return };
        let known = self.latency.unwrap_or(latency);
        self.latency = Some((known * (SAMPLE - 1) + latency.min(2 * LATENCY_MAX)) / SAMPLE);
    }

    /// It answered, and what it showed fits.
    pub(super) fn good(&mut self, head: u64, behind: u64) {
        self.is_identified = true;
        self.head = Some(head);
        self.behind = behind;
        self.errors -= self.errors.div_ceil(SAMPLE);
        self.failures = 0;
        self.torn = 0;
        if self.demoted.is_none() && self.errors == 0 {
            self.demotions = 0;
        }
    }

    /// What it must be demoted for, if it must.
    pub(super) fn bad(&mut self, trouble: Trouble) -> Option<Demotion> {
        let reason = match trouble {
            Trouble::TooLarge | Trouble::BreakerOpen | Trouble::NoQuorum => return None,
            Trouble::Torn => {
                self.torn = self.torn.saturating_add(1);
                return (TORN_MAX <= self.torn).then_some(Demotion::Incoherent);
            }
            Trouble::Unavailable => Demotion::Unavailable,
            Trouble::Timeout => Demotion::Timeout,
            Trouble::RateLimited => Demotion::RateLimited,
            Trouble::Refused => Demotion::Refused,
            Trouble::False => Demotion::False,
            Trouble::WrongChain => Demotion::WrongChain,
        };
        self.errors += (1_000 - self.errors) / SAMPLE;
        self.failures = self.failures.saturating_add(1);
        self.is_identified &= trouble == Trouble::RateLimited;
        let is_passing = matches!(trouble, Trouble::Unavailable | Trouble::Timeout);
        let is_lasting = !is_passing || FAILURES_MAX <= self.failures || self.demoted.is_some();
        is_lasting.then_some(reason)
    }

    /// How often in a row it has had another block than a quorum.
    pub(super) fn voted(&mut self, is_agreed: bool) -> u32 {
        self.dissents = if is_agreed { 0 } else { self.dissents.saturating_add(1) };
        self.dissents
    }

    /// Says for how long.
    pub(super) fn demote(
        &mut self,
        now: Moment,
        reason: Demotion,
        rules: &EndpointRules,
    ) -> Duration {
        let doubled = 1_u32.checked_shl(self.demotions).unwrap_or(u32::MAX);
        let rest = rules.rest_min.saturating_mul(doubled).min(rules.rest_max);
        self.demotions = self.demotions.saturating_add(1);
        self.demoted = Some((reason, now + rest));
        self.next_probe = now + rest;
        (self.torn, self.dissents) = (0, 0);
        // A height that cannot be asked for any more, or was never true, is none to compare with.
        if !matches!(reason, Demotion::Stale | Demotion::RateLimited | Demotion::Outvoted) {
            self.head = None;
        }
        rest
    }

    /// It is well: whether it was demoted and has rested long enough.
    pub(super) fn restore(&mut self, now: Moment) -> bool {
        let is_rested = self.demoted.is_some_and(|(_, until)| until <= now);
        if is_rested {
            self.demoted = None;
        }
        is_rested
    }

    /// Whether it was demoted for being behind somebody who did not tell the truth.
    pub(super) fn forgive_staleness(&mut self, best: u64, stale_blocks: u64) -> bool {
        let is_high = self.head.is_some_and(|head| best.saturating_sub(head) <= stale_blocks);
        let is_forgiven = is_high && self.demotion() == Some(Demotion::Stale);
        if is_forgiven {
            self.demoted = None;
        }
        is_forgiven
    }

    pub(super) const fn next_probe(&self) -> Option<Moment> {
        if self.is_probing { None } else { Some(self.next_probe) }
    }

    pub(super) fn begin_probe(&mut self, now: Moment) -> bool {
        let is_due = !self.is_probing && self.next_probe <= now;
        self.is_probing |= is_due;
        is_due
    }

    pub(super) fn probed(&mut self, next: Moment) {
        self.is_probing = false;
        self.next_probe = next;
    }

    /// It was asked so many calls.
    pub(super) fn asked(&mut self, now: Moment, calls: u64) {
        self.balance = self.balance_at(now).saturating_sub_unsigned(calls.saturating_mul(1_000));
        self.balanced_at = Some(now);
    }

    /// When it may be asked: once it owes nothing.
    pub(super) fn affordable_at(&self, now: Moment) -> Moment {
        let owed = 1_i64.saturating_sub(self.balance_at(now));
        match self.terms.budget {
            Some(budget) if 0 < owed => {
                let rate = u64::from(budget.calls_per_second.max(1));
                now + Duration::from_millis(owed.unsigned_abs().div_ceil(rate))
            }
            Some(_) | None => now,
        }
    }

    /// How many calls a look may come to.
    pub(super) fn calls_max(&self) -> u32 {
        self.terms.budget.map_or(u32::MAX, |budget| budget.burst)
    }

    /// Thousandths of calls; a millisecond earns as many as calls a second are allowed.
    fn balance_at(&self, now: Moment) -> i64 {
        let Some(budget) = self.terms.budget else { return 1 };
        let elapsed = self.balanced_at.map_or(Duration::ZERO, |at| now.since(at));
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let earned = elapsed.saturating_mul(i64::from(budget.calls_per_second));
        self.balance.saturating_add(earned).min(1_000 * i64::from(budget.burst))
    }
}
