use synod_types::vector::Embedding;

/// Steps between zero and the largest value of a vector.
const STEPS: f32 = 127.0;

/// A vector in eight bits a value. Its length is divided out, so the scale is not kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compact {
    values: Box<[i8]>,
    length: f64,
}

impl Compact {
    /// `None` for a vector that points nowhere: empty, all zeros or not finite.
    pub(crate) fn new(embedding: &Embedding) -> Option<Self> {
        let values = &embedding.values;
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if largest == 0.0 || !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let values: Box<[i8]> =
            values.iter().map(|value| (value / largest * STEPS).round() as i8).collect();
        let length = (dot(&values, &values) as f64).sqrt();
        Some(Self { values, length })
    }

    /// The cosine of two vectors of one model; exact in integers up to the last division.
    pub(crate) fn cosine(&self, other: &Self) -> f64 {
        dot(&self.values, &other.values) as f64 / (self.length * other.length)
    }
}

/// No overflow: 127² · 4096 values is far below 2³¹; dimensions beyond that are not configured.
fn dot(a: &[i8], b: &[i8]) -> i64 {
    let product = |(&a, &b): (&i8, &i8)| i32::from(a) * i32::from(b);
    let chunks = a.chunks(4096).zip(b.chunks(4096));
    chunks.map(|(a, b)| i64::from(a.iter().zip(b).map(product).sum::<i32>())).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use synod_types::vector::ModelId;

    use super::*;

    fn compact(values: &[f32]) -> Option<Compact> {
        Compact::new(&Embedding { model: ModelId("m".into()), values: values.into() })
    }

    #[test]
    fn a_vector_without_direction_is_none() {
        assert_eq!(compact(&[]), None);
        assert_eq!(compact(&[0.0, 0.0]), None);
        assert_eq!(compact(&[1.0, f32::NAN]), None);
    }

    proptest! {
        #[test]
        fn eight_bits_are_enough(
            a in proptest::collection::vec(-1.0_f32..1.0, 64),
            b in proptest::collection::vec(-1.0_f32..1.0, 64),
        ) {
            let dot = |a: &[f32], b: &[f32]| {
                a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
            };
            let exact = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
            let near = compact(&a).unwrap().cosine(&compact(&b).unwrap());
            prop_assert!((exact - near).abs() < 0.02, "{} {}", exact, near);
        }
    }
}
