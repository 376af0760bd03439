use alloy_primitives::{Address, B256, Bytes, U256, b256};

use super::{Task, TaskId};
use crate::chain::{BlockId, ChainId};
use crate::operator::OperatorSetId;

/// keccak of `TaskCreated(address,bytes32,address,uint32,uint32,address,uint96,uint256,bytes)`.
pub const TASK_CREATED: B256 =
    b256!("33add0b01e02278be5459fbfa3274aee699ec47f4ee7236b59e7a2c8b5000c26");

/// Words before the payload's length in the log's data.
const HEAD: usize = 6;
const WORD: usize = 32;

/// What the mailbox contract says in its `TaskCreated` log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskCreated {
    /// Who asked.
    pub creator: Address,
    /// The task's hash.
    pub task: TaskId,
    /// Who must answer.
    pub set: OperatorSetId,
    /// Which version of the operator table counts: seconds since the Unix epoch.
    pub reference_timestamp: u32,
    /// Who gets the fee back if nobody answers.
    pub refund_collector: Address,
    /// What the answer is worth: at most 96 bits.
    pub fee: U256,
    /// Until when an answer counts: seconds since the Unix epoch.
    pub deadline: U256,
    /// What is asked.
    pub payload: Bytes,
}

/// Why a log with the right first topic is no `TaskCreated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Malformed {
    /// There are always four.
    #[error("the log has {0} topics, not 4")]
    Topics(usize),
    /// A value has bits where its type has none.
    #[error("the value of `{0}` is out of range")]
    Range(&'static str),
    /// Cut off.
    #[error("the log's data ends early")]
    Short,
}

impl TaskCreated {
    /// Reads a log's topics and data. `None`: the log is of another event.
    ///
    /// # Errors
    /// [`Malformed`] if it says `TaskCreated` and is not encoded so.
    pub fn decode(topics: &[B256], data: &[u8]) -> Result<Option<Self>, Malformed> {
        if topics.first() != Some(&TASK_CREATED) {
            return Ok(None);
        }
        let &[_, creator, task, avs] = topics else {
            return Err(Malformed::Topics(topics.len()));
        };
        let mut words = data.chunks_exact(WORD).map(U256::from_be_slice);
        let mut next = || words.next().ok_or(Malformed::Short);
        let set = small(next()?, "executorOperatorSetId")?;
        let reference_timestamp = small(next()?, "operatorTableReferenceTimestamp")?;
        let refund_collector = address(B256::from(next()?), "refundCollector")?;
        let fee = next()?;
        if fee.bit_len() > 96 {
            return Err(Malformed::Range("avsFee"));
        }
        let deadline = next()?;
        let payload = bytes_at(data, next()?)?;
        Ok(Some(Self {
            creator: address(creator, "creator")?,
            task: TaskId(task),
            set: OperatorSetId { avs: address(avs, "avs")?, number: set },
            reference_timestamp,
            refund_collector,
            fee,
            deadline,
            payload,
        }))
    }

    /// The log's topics and data, as the contract writes them.
    pub fn encode(&self) -> (Vec<B256>, Bytes) {
        let topics =
            vec![TASK_CREATED, self.creator.into_word(), self.task.0, self.set.avs.into_word()];
        let padding = self.payload.len().next_multiple_of(WORD) - self.payload.len();
        let head = [
            U256::from(self.set.number),
            U256::from(self.reference_timestamp),
            U256::from_be_bytes(self.refund_collector.into_word().0),
            self.fee,
            self.deadline,
            U256::from(HEAD * WORD),
            U256::from(self.payload.len()),
        ];
        let mut data = Vec::with_capacity((HEAD + 1) * WORD + self.payload.len() + padding);
        for word in head {
            data.extend_from_slice(&word.to_be_bytes::<WORD>());
        }
        data.extend_from_slice(&self.payload);
        data.resize(data.len() + padding, 0);
        (topics, data.into())
    }

    /// The task it announces, in `block` of `chain`.
    pub fn into_task(self, chain: ChainId, block: BlockId) -> Task {
        Task {
            id: self.task,
            chain,
            block,
            creator: self.creator,
            set: self.set,
            reference_timestamp: self.reference_timestamp,
            refund_collector: self.refund_collector,
            fee: self.fee,
            deadline: self.deadline,
            payload: self.payload,
        }
    }
}

fn small(word: U256, name: &'static str) -> Result<u32, Malformed> {
    u32::try_from(word).map_err(|_| Malformed::Range(name))
}

fn address(word: B256, name: &'static str) -> Result<Address, Malformed> {
    let address = Address::from_word(word);
    if address.into_word() == word { Ok(address) } else { Err(Malformed::Range(name)) }
}

/// The dynamic bytes whose length word stands at `offset`.
fn bytes_at(data: &[u8], offset: U256) -> Result<Bytes, Malformed> {
    let at = usize::try_from(offset).map_err(|_| Malformed::Range("payload"))?;
    let tail = data.get(at..).ok_or(Malformed::Short)?;
    let (length, rest) = tail.split_at_checked(WORD).ok_or(Malformed::Short)?;
    let length =
        usize::try_from(U256::from_be_slice(length)).map_err(|_| Malformed::Range("payload"))?;
    let bytes = rest.get(..length).ok_or(Malformed::Short)?;
    Ok(Bytes::copy_from_slice(bytes))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    fn sample(payload: &[u8]) -> TaskCreated {
        TaskCreated {
            creator: Address::repeat_byte(1),
            task: TaskId(B256::repeat_byte(2)),
            set: OperatorSetId { avs: Address::repeat_byte(3), number: 4 },
            reference_timestamp: 5,
            refund_collector: Address::repeat_byte(6),
            fee: U256::from(7),
            deadline: U256::MAX,
            payload: Bytes::copy_from_slice(payload),
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Vec<B256>, &mut Vec<u8>), expected: Result<bool, Malformed>) {
        let (mut topics, data) = sample(b"0x04").encode();
        let mut data = data.to_vec();
        change(&mut topics, &mut data);
        assert_eq!(TaskCreated::decode(&topics, &data).map(|created| created.is_some()), expected);
    }

    #[test]
    fn the_topic_is_the_hash_of_the_signature() {
        let signature =
            "TaskCreated(address,bytes32,address,uint32,uint32,address,uint96,uint256,bytes)";
        assert_eq!(TASK_CREATED, keccak256(signature));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for length in [0, 1, 31, 32, 33, 1_000] {
            let created = sample(&vec![9; length]);
            let (topics, data) = created.encode();
            assert_eq!(TaskCreated::decode(&topics, &data), Ok(Some(created)));
        }
    }

    #[test]
    fn other_events_are_no_error() {
        check(|topics, _| topics[0] = B256::ZERO, Ok(false));
        check(|topics, _| topics.clear(), Ok(false));
    }

    #[test]
    fn broken_logs_say_what_is_broken() {
        check(|topics, _| topics.truncate(3), Err(Malformed::Topics(3)));
        check(|topics, _| topics[1].0[0] = 1, Err(Malformed::Range("creator")));
        check(|topics, _| topics[3].0[11] = 1, Err(Malformed::Range("avs")));
        check(|_, data| data[0] = 1, Err(Malformed::Range("executorOperatorSetId")));
        check(|_, data| data[64] = 1, Err(Malformed::Range("refundCollector")));
        check(|_, data| data[96] = 1, Err(Malformed::Range("avsFee")));
        check(|_, data| data[160] = 1, Err(Malformed::Range("payload")));
        check(|_, data| data[192] = 1, Err(Malformed::Range("payload")));
        check(|_, data| data[190] = 1, Err(Malformed::Short));
        check(|_, data| data.truncate(225), Err(Malformed::Short));
        check(|_, data| data.truncate(160), Err(Malformed::Short));
        check(|_, data| data.clear(), Err(Malformed::Short));
    }

    #[test]
    fn a_payload_without_padding_is_read_all_the_same() {
        check(|_, data| data.truncate(228), Ok(true));
    }
}
