use std::ops::Range;

/// Judges sums of neighbouring items.
pub(super) trait Judge {
    /// What a sum comes to.
    type Value;

    /// One check: the costly step.
    fn value(&self, items: Range<usize>) -> Self::Value;
    /// Whether it shows that the sum is right.
    fn is_good(value: &Self::Value) -> bool;
    /// The value of the rest of a whole that is wrong, without a check, if it follows.
    fn rest(whole: &Self::Value, part: &Self::Value) -> Option<Self::Value>;
}

/// Finds the items that are wrong on their own, in a sum of `len` items.
///
/// Items of a range whose sum is right are not looked at singly: they are right together, and
/// must stay together. Who is named was judged alone, so nobody is framed.
pub(super) fn culprits<J: Judge>(judge: &J, len: usize) -> Found {
    let mut found = Found { culprits: Vec::new(), checks: 0 };
    if 0 < len {
        found.checks += 1;
        let whole = judge.value(0..len);
        if !J::is_good(&whole) {
            split(judge, 0..len, &whole, &mut found);
        }
    }
    found
}

/// The outcome of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Positions, ascending.
    pub(super) culprits: Vec<usize>,
    /// What it cost.
    pub(super) checks: u32,
}

/// Looks into a range whose sum is wrong.
fn split<J: Judge>(judge: &J, items: Range<usize>, whole: &J::Value, found: &mut Found) {
    if items.len() == 1 {
        found.culprits.push(items.start);
        return;
    }
    let middle = items.start + items.len() / 2;
    let (left, right) = (items.start..middle, middle..items.end);
    found.checks += 1;
    let left_value = judge.value(left.clone());
    let right_value = J::rest(whole, &left_value).unwrap_or_else(|| {
        found.checks += 1;
        judge.value(right.clone())
    });
    if !J::is_good(&left_value) {
        split(judge, left, &left_value, found);
    }
    if !J::is_good(&right_value) {
        split(judge, right, &right_value, found);
    }
}
