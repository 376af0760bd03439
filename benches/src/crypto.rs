//! The arithmetic of signatures, ours beside others': in turns, CPU time of the thread.

mod ark;
mod bls12381;
mod numbers;
mod synod;

pub use numbers::{Numbers, VALUES};

use rustix::time::{ClockId, clock_gettime};

use crate::{Options, line, median};

/// What is measured. Points of G1 and G2 go in and come out affine, but where it says bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A secret's public halves: in both groups on BN254, in G1 on BLS12-381.
    MakeKey,
    /// A digest, mapped already, times a secret.
    SignMapped,
    /// A digest mapped, and times a secret.
    Sign,
    /// A signature's bytes decoded, the digest mapped, one check.
    Verify,
    /// Whether a product of two pairings is one, of four points of which nothing is known.
    Check,
    /// The same, the lines of −G2 known.
    CheckKnown,
    /// Whether a point of the curve of G2 is in the subgroup; ours decodes it too.
    Subgroup,
    /// A point of G1 times a public number.
    MultiplyG1,
    /// A point of G2 times a public number.
    MultiplyG2,
    /// Of 100 signatures.
    Sum100,
    /// Of 1,000 signatures.
    Sum1000,
}

const OPERATIONS: [Operation; 11] = [
    Operation::MakeKey,
    Operation::SignMapped,
    Operation::Sign,
    Operation::Verify,
    Operation::Check,
    Operation::CheckKnown,
    Operation::Subgroup,
    Operation::MultiplyG1,
    Operation::MultiplyG2,
    Operation::Sum100,
    Operation::Sum1000,
];

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::MakeKey => "make a key",
            Self::SignMapped => "sign, digest mapped",
            Self::Sign => "sign a digest",
            Self::Verify => "verify a signature",
            Self::Check => "check of two pairings",
            Self::CheckKnown => "check of two pairings, −G2 known",
            Self::Subgroup => "G2 subgroup check",
            Self::MultiplyG1 => "public multiple in G1",
            Self::MultiplyG2 => "public multiple in G2",
            Self::Sum100 => "sum of 100 signatures",
            Self::Sum1000 => "sum of 1,000 signatures",
        }
    }
}

/// An arithmetic.
pub trait Library {
    /// In the head of the table.
    fn name(&self) -> &'static str;

    /// Does it with the n-th of [`VALUES`] values, and panics if what comes out is wrong and that
    /// can be seen. False if it cannot do that at all.
    fn run(&self, operation: Operation, n: usize) -> bool;
}

/// Prints what operations take: ours, ark's, the caller's, and blst's on the other curve.
pub fn arithmetic(options: &Options, numbers: &Numbers, more: Vec<Box<dyn Library>>) {
    let mut libraries: Vec<Box<dyn Library>> =
        vec![Box::new(synod::Synod::new(numbers)), Box::new(ark::Ark::new(numbers))];
    libraries.extend(more);
    let compared = libraries.len();
    libraries.push(Box::new(bls12381::Blst::new()));
    line(&format!(
        "\n## Arithmetic of signatures: CPU µs of the thread, medians of {} rounds\n",
        options.rounds
    ));
    let names: Vec<&str> = libraries.iter().map(|library| library.name()).collect();
    let ratios: Vec<String> =
        names[1..compared].iter().map(|name| format!("{name} / synod")).collect();
    line(&format!("| | {} | {} |", names.join(" | "), ratios.join(" | ")));
    line(&format!("|{}", "---|".repeat(1 + names.len() + ratios.len())));
    for operation in OPERATIONS {
        let times = times(options, &libraries, operation);
        let cells: Vec<String> = times.iter().map(|own| shown(own.clone(), 1)).collect();
        let ratio = |theirs: &Vec<f64>| {
            shown(theirs.iter().zip(&times[0]).map(|(one, own)| one / own).collect(), 2)
        };
        let ratios: Vec<String> = times[1..compared].iter().map(ratio).collect();
        line(&format!("| {} | {} | {} |", operation.name(), cells.join(" | "), ratios.join(" | ")));
    }
}

/// The median; a dash of none.
fn shown(values: Vec<f64>, digits: usize) -> String {
    if values.is_empty() { "–".to_owned() } else { format!("{:.digits$}", median(values)) }
}

/// Of each library that can do it, µs a time in each round.
fn times(options: &Options, libraries: &[Box<dyn Library>], operation: Operation) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); libraries.len()];
    // The first round warms up.
    for round in 0..=options.rounds {
        for (library, times) in libraries.iter().zip(&mut times) {
            let before = thread_time();
            let is_done = (0..VALUES).all(|n| library.run(operation, n));
            if is_done && round > 0 {
                times.push((thread_time() - before) * 1e6 / VALUES as f64);
            }
        }
    }
    times
}

/// CPU time of this thread, in seconds.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
