use std::future::Future;
use std::pin::Pin;

use synod_types::task::{PerformError, TaskId};
use synod_types::{Bytes, U256};

/// A run of a performer. Dropped, it ends the run and everything the run has started.
pub type Performance = Pin<Box<dyn Future<Output = Result<Bytes, PerformError>> + Send>>;

/// Who does the work of a task.
pub trait Performer: Send + Sync {
    /// Begins a run: what is asked in, the answer out.
    fn perform(&self, task: TaskId, payload: Bytes) -> Performance;
}

/// In this process, for trying out: the square of a number.
///
/// A payload of decimal digits only is read as such; any other of at most 32 bytes as an unsigned
/// big-endian integer. The square is 32 bytes, big-endian.
#[derive(Clone, Copy, Debug, Default)]
pub struct Square;

impl Performer for Square {
    fn perform(&self, _: TaskId, payload: Bytes) -> Performance {
        Box::pin(std::future::ready(square(&payload)))
    }
}

fn square(payload: &[u8]) -> Result<Bytes, PerformError> {
    let no_number = || PerformError::Lasting("the payload is no number of 256 bits".to_owned());
    let is_decimal = !payload.is_empty() && payload.iter().all(u8::is_ascii_digit);
    let number = if is_decimal {
        let text = std::str::from_utf8(payload).map_err(|_| no_number())?;
        U256::from_str_radix(text, 10).map_err(|_| no_number())?
    } else {
        (1..=32)
            .contains(&payload.len())
            .then(|| U256::from_be_slice(payload))
            .ok_or_else(no_number)?
    };
    let too_large = || PerformError::Lasting("the square exceeds 256 bits".to_owned());
    let square = number.checked_mul(number).ok_or_else(too_large)?;
    Ok(Bytes::copy_from_slice(&square.to_be_bytes::<32>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &[u8], expected: Option<u64>) {
        let expected = expected.map(|n| U256::from(n).to_be_bytes::<32>().to_vec());
        assert_eq!(square(payload).ok().map(|bytes| bytes.to_vec()), expected);
    }

    #[test]
    fn numbers_are_squared() {
        check(b"12", Some(144));
        check(&[12], Some(144));
        check(&U256::from(12).to_be_bytes::<32>(), Some(144));
        check(&[0], Some(0));
        check(b"0", Some(0));
        check(&[1, 0], Some(65_536));
    }

    #[test]
    fn what_is_no_number_has_no_square() {
        check(b"", None);
        check(&[0; 33], None);
        check(&[b'9'; 79], None);
        check(&U256::MAX.to_be_bytes::<32>(), None);
    }
}
