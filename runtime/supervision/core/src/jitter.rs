use std::time::Duration;

/// First step of splitmix64 from `state`: every bit of the answer depends on every bit given.
pub(crate) const fn splitmix64(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `base · factor^exponent`, at most `max`.
pub(crate) fn exponential(base: Duration, factor: u32, exponent: u32, max: Duration) -> Duration {
    let factor = factor.checked_pow(exponent);
    factor.and_then(|factor| base.checked_mul(factor)).unwrap_or(max).min(max)
}

/// `delay`, more or less by up to `percent` of it, as `seed` decides. More than 100 is 100.
pub(crate) fn jittered(delay: Duration, percent: u8, seed: u64) -> Duration {
    let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
    let spread = nanos / 100 * u64::from(percent.min(100));
    if spread == 0 {
        return delay;
    }
    // Of 2·spread + 1 equally likely places; the bias of the remainder is below 2⁻²⁰ for any
    // delay up to an hour.
    let offset = splitmix64(seed) % spread.saturating_mul(2).saturating_add(1);
    Duration::from_nanos((nanos - spread).saturating_add(offset))
}

/// `delay`, less by up to `percent` of it, as `seed` decides. More than 100 is 100.
pub(crate) fn shortened(delay: Duration, percent: u8, seed: u64) -> Duration {
    let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
    let spread = nanos / 100 * u64::from(percent.min(100));
    Duration::from_nanos(nanos - splitmix64(seed) % spread.saturating_add(1))
}

#[cfg(test)]
mod tests;
