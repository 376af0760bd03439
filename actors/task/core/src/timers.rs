use std::collections::BTreeSet;

use synod_types::time::Moment;

/// What must happen later, and the one alarm that stands for all of it.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeSet<(Moment, T)>,
    /// The earliest alarm that was asked for and has not rung.
    armed: Option<Moment>,
}

impl<T: Copy + Ord> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { due: BTreeSet::new(), armed: None }
    }

    pub(crate) fn set(&mut self, at: Moment, what: T) {
        self.due.insert((at, what));
    }

    pub(crate) fn unset(&mut self, at: Moment, what: T) {
        self.due.remove(&(at, what));
    }

    /// The alarm rang: everything that is due, in order.
    pub(crate) fn ring(&mut self, now: Moment) -> Vec<T> {
        if self.armed.is_some_and(|at| at <= now) {
            self.armed = None;
        }
        let mut ripe = Vec::new();
        while let Some(&(at, what)) = self.due.first().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, what));
            ripe.push(what);
        }
        ripe
    }

    /// The alarm to set now, if an earlier one than all set before is needed.
    pub(crate) fn arm(&mut self) -> Option<Moment> {
        let &(next, _) = self.due.first()?;
        if self.armed.is_some_and(|at| at <= next) {
            return None;
        }
        self.armed = Some(next);
        self.armed
    }
}

#[cfg(test)]
mod tests;
