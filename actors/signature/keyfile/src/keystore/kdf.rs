use std::fmt;

use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Bytes of the key that a password becomes.
pub(super) const KEY_BYTES: usize = 32;
/// log₂ of the fewest blocks of scrypt: the lightest that wallets write.
const LOG_N_MIN: u8 = 12;
/// log₂ of the most.
const LOG_N_MAX: u8 = 20;
const R_MAX: u32 = 16;
const P_MAX: u32 = 16;
/// Bytes that scrypt may take: 128 · n · r.
const MEMORY_MAX: u64 = 1 << 30;
/// Blocks that scrypt may mix: n · r · p.
const MIXED_MAX: u64 = 1 << 24;
const ROUNDS_MIN: u32 = 10_000;
const ROUNDS_MAX: u32 = 10_000_000;

/// What it takes to make a key of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// scrypt (RFC 7914): 128 · n · r bytes of memory, p times.
    Scrypt {
        /// log₂ of n, the blocks.
        log_n: u8,
        /// The size of a block, in 128 bytes.
        r: u32,
        /// How often.
        p: u32,
    },
    /// PBKDF2 with HMAC-SHA-256 (RFC 8018).
    Pbkdf2 {
        /// Rounds.
        rounds: u32,
    },
}

impl Work {
    /// scrypt as EIP-2335 and wallets have it: 256 MiB.
    pub const SCRYPT: Self = Self::Scrypt { log_n: 18, r: 8, p: 1 };
    /// PBKDF2 as EIP-2335 has it.
    pub const PBKDF2: Self = Self::Pbkdf2 { rounds: 262_144 };

    /// scrypt with `n` blocks, which keystores do not give by their logarithm.
    pub(super) fn scrypt(n: u64, r: u64, p: u64) -> Result<Self, KeystoreError> {
        let refuse = |factor, value, rule| Err(KeystoreError::Work { factor, value, rule });
        let log_n = n.checked_ilog2().and_then(|log| u8::try_from(log).ok()).unwrap_or(0);
        if !n.is_power_of_two() || !(LOG_N_MIN..=LOG_N_MAX).contains(&log_n) {
            return refuse("scrypt n", n, "a power of two from 4096 to 1048576");
        }
        let bounded =
            |value: u64, max: u32| u32::try_from(value).ok().filter(|v| (1..=max).contains(v));
        let Some(r) = bounded(r, R_MAX) else {
            return refuse("scrypt r", r, "from 1 to 16");
        };
        let Some(p) = bounded(p, P_MAX) else {
            return refuse("scrypt p", p, "from 1 to 16");
        };
        let (memory, mixed) = (128 * n * u64::from(r), n * u64::from(r) * u64::from(p));
        if MEMORY_MAX < memory {
            return refuse("scrypt memory (128 · n · r)", memory, "at most 1 GiB");
        }
        if MIXED_MAX < mixed {
            return refuse("scrypt work (n · r · p)", mixed, "at most 16777216");
        }
        Ok(Self::Scrypt { log_n, r, p })
    }

    /// PBKDF2 with so many rounds.
    pub(super) fn pbkdf2(rounds: u64) -> Result<Self, KeystoreError> {
        let bounded = u32::try_from(rounds).ok();
        match bounded.filter(|rounds| (ROUNDS_MIN..=ROUNDS_MAX).contains(rounds)) {
            Some(rounds) => Ok(Self::Pbkdf2 { rounds }),
            None => Err(KeystoreError::Work {
                factor: "pbkdf2 c",
                value: rounds,
                rule: "from 10000 to 10000000",
            }),
        }
    }

    /// Whether it is within its bounds, wherever it comes from.
    pub(super) fn checked(self) -> Result<Self, KeystoreError> {
        match self {
            Self::Scrypt { log_n, r, p } => {
                let n = 1_u64.checked_shl(log_n.into()).unwrap_or(0);
                Self::scrypt(n, r.into(), p.into())
            }
            Self::Pbkdf2 { rounds } => Self::pbkdf2(rounds.into()),
        }
    }

    /// The key that a password becomes.
    pub(super) fn derive(
        self,
        password: &[u8],
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeystoreError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        match self.checked()? {
            Self::Scrypt { log_n, r, p } => {
                let made = scrypt::Params::new(log_n, r, p);
                let params = made.map_err(|_| KeystoreError::Malformed("kdf"))?;
                let made = scrypt::scrypt(password, salt, &params, key.as_mut_slice());
                made.map_err(|_| KeystoreError::Malformed("kdf"))?;
            }
            Self::Pbkdf2 { rounds } => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut_slice());
            }
        }
        Ok(key)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scrypt { log_n, r, p } => write!(f, "scrypt n=2^{log_n} r={r} p={p}"),
            Self::Pbkdf2 { rounds } => write!(f, "pbkdf2 c={rounds}"),
        }
    }
}
