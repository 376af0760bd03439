//! What is asserted of everything that decodes bytes from outside: one function for each target,
//! which takes any bytes, and bytes to begin from. `fuzz/` looks for inputs by coverage, the test
//! beside this mangles the beginnings; what must hold is the same.

mod bls12381;
mod certificates;
mod ecdsa;
mod frames;
mod input;
mod interchange;
mod keystores;
mod messages;
mod points;
mod records;
mod redaction;
mod registrations;
mod signatures;
mod topology;

/// One decoder, or some that belong together.
pub(crate) struct Target {
    /// Its name, of which the files of `fuzz/` are made.
    pub(crate) name: &'static str,
    /// Panics if something does not hold of these bytes.
    pub(crate) check: fn(&[u8]),
    /// Inputs that get far into it.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub(crate) const ALL: &[Target] = &[
    Target { name: "bn254_g1", check: points::g1, seeds: points::g1_seeds },
    Target { name: "bn254_g2", check: points::g2, seeds: points::g2_seeds },
    Target { name: "bls12381", check: bls12381::check, seeds: bls12381::seeds },
    Target { name: "ecdsa", check: ecdsa::check, seeds: ecdsa::seeds },
    Target { name: "signatures", check: signatures::check, seeds: signatures::seeds },
    Target { name: "registrations", check: registrations::check, seeds: registrations::seeds },
    Target { name: "certificates", check: certificates::check, seeds: certificates::seeds },
    Target { name: "keystores", check: keystores::check, seeds: keystores::seeds },
    Target { name: "interchange", check: interchange::check, seeds: interchange::seeds },
    Target { name: "frames", check: frames::check, seeds: frames::seeds },
    Target { name: "records", check: records::check, seeds: records::seeds },
    Target { name: "messages", check: messages::check, seeds: messages::seeds },
    Target { name: "topology", check: topology::check, seeds: topology::seeds },
    Target { name: "redaction", check: redaction::check, seeds: redaction::seeds },
];

/// The target of this name.
pub(crate) fn named(name: &str) -> &'static Target {
    ALL.iter().find(|target| target.name == name).unwrap()
}
