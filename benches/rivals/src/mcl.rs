use std::hint::black_box;

use mcl_rust::{CurveType, Fr, G1, G2, GT, final_exp, init, miller_loop};
use synod_benches::crypto::{Library, Numbers, Operation};

/// mcl by its own crate, which knows neither products of Miller's loops nor prepared points.
/// Variable time, with secrets too.
pub(crate) struct Mcl {
    secrets: Vec<Fr>,
    messages: Vec<G1>,
    signatures: Vec<G1>,
    keys: Vec<G2>,
    generators: (G1, G2),
    minus: G2,
}

impl Mcl {
    pub(crate) fn new(numbers: &Numbers) -> Self {
        assert!(init(CurveType::SNARK), "mcl knows the curve");
        let generators = (
            G1::from_str("1 1 2", 10).expect("a point"),
            G2::from_str(GENERATOR_2, 16).expect("a point"),
        );
        let mut minus = G2::default();
        G2::neg(&mut minus, &generators.1);
        let mcl = Self {
            secrets: numbers.secrets.iter().map(|one| number(one)).collect(),
            messages: numbers.messages.iter().map(|one| g1(one)).collect(),
            signatures: numbers.signatures.iter().map(|one| g1(one)).collect(),
            keys: numbers.keys_g2.iter().map(|one| g2(one)).collect(),
            generators,
            minus,
        };
        // The same keys and signatures as everybody's.
        let (first, second) = mcl.key(0);
        assert!(first == g1(&numbers.keys_g1[0]) && second == mcl.keys[0]);
        assert!(mcl.times(&mcl.messages[0], 0) == mcl.signatures[0]);
        mcl
    }

    fn times(&self, point: &G1, n: usize) -> G1 {
        let (mut product, mut affine) = (G1::default(), G1::default());
        G1::mul(&mut product, point, &self.secrets[n]);
        G1::normalize(&mut affine, &product);
        affine
    }

    fn times_2(&self, point: &G2, n: usize) -> G2 {
        let (mut product, mut affine) = (G2::default(), G2::default());
        G2::mul(&mut product, point, &self.secrets[n]);
        G2::normalize(&mut affine, &product);
        affine
    }

    fn key(&self, n: usize) -> (G1, G2) {
        (self.times(&self.generators.0, n), self.times_2(&self.generators.1, n))
    }

    fn check(&self, n: usize) -> bool {
        let (mut left, mut right) = (GT::default(), GT::default());
        miller_loop(&mut left, &self.signatures[n], &self.minus);
        miller_loop(&mut right, &self.messages[n], &self.keys[n]);
        let (mut product, mut value) = (GT::default(), GT::default());
        GT::mul(&mut product, &left, &right);
        final_exp(&mut value, &product);
        value.is_one()
    }

    fn sum(&self, count: usize) -> G1 {
        let mut sum = G1::zero();
        for signature in &self.signatures[..count] {
            sum += signature;
        }
        let mut affine = G1::default();
        G1::normalize(&mut affine, &sum);
        affine
    }
}

impl Library for Mcl {
    fn name(&self) -> &'static str {
        "mcl"
    }

    fn run(&self, operation: Operation, n: usize) -> bool {
        match operation {
            Operation::MakeKey => _ = black_box(self.key(n)),
            Operation::SignMapped | Operation::MultiplyG1 => {
                _ = black_box(self.times(&self.messages[n], n));
            }
            // It knows no product with known lines: the same.
            Operation::Check | Operation::CheckKnown => assert!(self.check(n)),
            Operation::Subgroup => assert!(self.keys[n].is_valid()),
            Operation::MultiplyG2 => _ = black_box(self.times_2(&self.keys[n], n)),
            Operation::Sum100 => _ = black_box(self.sum(100)),
            Operation::Sum1000 => _ = black_box(self.sum(1_000)),
            // Its map of digests is another.
            Operation::Sign | Operation::Verify => return false,
        }
        true
    }
}

/// "1", then the coordinates, real parts first.
const GENERATOR_2: &str = "1 \
    1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed \
    198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2 \
    12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa \
    90689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn number(bytes: &[u8]) -> Fr {
    Fr::from_str(&hexadecimal(bytes), 16).expect("below the order")
}

fn g1(bytes: &[u8]) -> G1 {
    let (x, y) = bytes.split_at(32);
    G1::from_str(&format!("1 {} {}", hexadecimal(x), hexadecimal(y)), 16).expect("a point")
}

fn g2(bytes: &[u8]) -> G2 {
    let word = |n: usize| hexadecimal(&bytes[32 * n..32 * (n + 1)]);
    let text = format!("1 {} {} {} {}", word(1), word(0), word(3), word(2));
    G2::from_str(&text, 16).expect("a point")
}
