//! The queue beside a plain one.

use std::collections::VecDeque;

use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::Queue;

#[derive(Clone, Copy, Debug)]
enum Act {
    PushBack(u8),
    Pop,
    TakeBlock,
    /// As much of what was taken last is put back.
    PutBack(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..150_u8).prop_map(Act::PushBack),
        4 => Just(Act::Pop),
        4 => Just(Act::TakeBlock),
        2 => (0..150_u8).prop_map(Act::PutBack),
    ]
}

proptest! {
    #[test]
    fn letters_leave_in_order_whether_one_by_one_or_by_the_block(
        acts in proptest::collection::vec(act(), 0..60),
    ) {
        let (mut queue, mut model) = (Queue::default(), VecDeque::new());
        let (mut hand, mut written) = (VecDeque::new(), 0_u32);
        for act in acts {
            match act {
                Act::PushBack(count) => {
                    for _ in 0..count {
                        queue.push_back(written);
                        model.push_back(written);
                        written += 1;
                    }
                }
                Act::Pop => prop_assert_eq!(queue.pop_front(), model.pop_front()),
                Act::TakeBlock => {
                    let expected = queue.first_block().count();
                    hand.clear();
                    queue.take_block(&mut hand);
                    prop_assert_eq!(hand.len(), expected);
                    prop_assert_eq!(hand.is_empty(), model.is_empty());
                    prop_assert!(hand.len() <= Queue::BLOCK);
                    let taken: VecDeque<u32> = model.drain(..hand.len()).collect();
                    prop_assert_eq!(&hand, &taken);
                }
                Act::PutBack(count) => {
                    for _ in 0..count {
                        let Some(letter) = hand.pop_back() else { break };
                        queue.push_front(letter);
                        model.push_front(letter);
                    }
                }
            }
            prop_assert_eq!((queue.len(), queue.is_empty()), (model.len(), model.is_empty()));
            prop_assert!(queue.iter_mut().map(|letter| *letter).eq(model.iter().copied()));
        }
        prop_assert!(queue.into_letters().eq(model));
    }
}
