//! What a tree is to be, as plain values, and how it differs from another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::actor::Begins;
use crate::dice::Dice;

/// The root's name.
pub(super) const ROOT: u64 = 0;
const SUPERVISORS_MAX: usize = 6;
const ACTORS_MAX: usize = 16;

/// One actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: u8,
    /// Other values have another number.
    pub(super) version: u64,
    pub(super) begins: Begins,
    pub(super) dwells: Duration,
}

/// One supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) children: Vec<u64>,
    /// 0 to 2: one for one, one for all, rest for one.
    pub(super) strategy: u64,
    pub(super) restarts_max: u32,
    pub(super) stop_seconds: u64,
}

/// A tree by numbers: those of actors and those of supervisors are never the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) actors: BTreeMap<u64, Part>,
    pub(super) groups: BTreeMap<u64, Group>,
    /// The next name, and the next version.
    next: u64,
}

impl Model {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let mut model = Self { next: 1, ..Self::default() };
        model.groups.insert(ROOT, group(dice));
        for _ in 0..3 {
            model.add_group(dice);
        }
        for _ in 0..8 {
            model.add_actor(dice);
        }
        model
    }

    /// Under which supervisor each stands.
    pub(super) fn parents(&self) -> BTreeMap<u64, u64> {
        let groups = self.groups.iter();
        groups.flat_map(|(id, group)| group.children.iter().map(|child| (*child, *id))).collect()
    }

    /// Another tree, some steps away.
    pub(super) fn changed(&self, dice: &mut Dice) -> Self {
        let mut model = self.clone();
        for _ in 0..1 + dice.roll(5) {
            model.change(dice);
        }
        model
    }

    fn change(&mut self, dice: &mut Dice) {
        match dice.roll(12) {
            0 | 1 => self.add_actor(dice),
            2 => self.remove_actor(dice),
            3 | 4 => self.touch(dice, |part, dice| part.dwells = dice.time(MILLIS * 20)),
            5 => self.touch(dice, |part, _| part.kind = 1 - part.kind),
            6 => self.move_actor(dice),
            7 => self.reorder(dice),
            8 => {
                let id = pick(self.groups.keys(), dice);
                let next = group(dice);
                if let Some(group) = self.groups.get_mut(&id) {
                    let children = std::mem::take(&mut group.children);
                    *group = Group { children, ..next };
                }
            }
            9 => self.add_group(dice),
            10 => self.remove_group(dice),
            _ => self.break_one(dice),
        }
    }

    fn name(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn insert(&mut self, id: u64, dice: &mut Dice) {
        let under = pick(self.groups.keys().filter(|group| **group != id), dice);
        if let Some(group) = self.groups.get_mut(&under) {
            let at = dice.roll(group.children.len() as u64 + 1) as usize;
            group.children.insert(at, id);
        }
    }

    fn add_actor(&mut self, dice: &mut Dice) {
        if self.actors.len() < ACTORS_MAX {
            let (id, version) = (self.name(), self.name());
            let kind = dice.roll(2) as u8;
            let dwells = dice.time(MILLIS * 20);
            self.actors.insert(id, Part { kind, version, begins: Begins::Well, dwells });
            self.insert(id, dice);
        }
    }

    fn detach(&mut self, id: u64) {
        for group in self.groups.values_mut() {
            group.children.retain(|child| *child != id);
        }
    }

    fn remove_actor(&mut self, dice: &mut Dice) {
        if 1 < self.actors.len() {
            let id = pick(self.actors.keys(), dice);
            self.actors.remove(&id);
            self.detach(id);
        }
    }

    fn move_actor(&mut self, dice: &mut Dice) {
        let id = pick(self.actors.keys(), dice);
        self.detach(id);
        self.insert(id, dice);
    }

    fn touch(&mut self, dice: &mut Dice, how: impl Fn(&mut Part, &mut Dice)) {
        let (id, version) = (pick(self.actors.keys(), dice), self.name());
        if let Some(part) = self.actors.get_mut(&id) {
            part.version = version;
            how(part, dice);
        }
    }

    /// One that will not start.
    fn break_one(&mut self, dice: &mut Dice) {
        let how = *dice.of(&[Begins::WithAnError, Begins::WithAPanic, Begins::TooLate]);
        self.touch(dice, |part, _| part.begins = how);
    }

    fn reorder(&mut self, dice: &mut Dice) {
        let id = pick(self.groups.keys(), dice);
        if let Some(group) = self.groups.get_mut(&id) {
            group.children.reverse();
        }
    }

    fn add_group(&mut self, dice: &mut Dice) {
        if self.groups.len() < SUPERVISORS_MAX {
            let id = self.name();
            self.insert(id, dice);
            self.groups.insert(id, group(dice));
        }
    }

    /// Its actors go elsewhere, or with it; supervisors below it go with it.
    fn remove_group(&mut self, dice: &mut Dice) {
        let id = pick(self.groups.keys(), dice);
        if id == ROOT {
            return;
        }
        self.detach(id);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for child in self.groups.remove(&id).map(|it| it.children).unwrap_or_default() {
                if self.groups.contains_key(&child) {
                    open.push(child);
                } else if dice.roll(2) == 0 {
                    self.actors.remove(&child);
                } else {
                    self.groups.entry(ROOT).and_modify(|root| root.children.push(child));
                }
            }
        }
    }

    /// Moves a supervisor, which nobody can do to a tree that runs. None: there is none to move.
    pub(super) fn move_group(&mut self) -> Option<u64> {
        let parents = self.parents();
        let deep = self.groups.keys().find(|id| parents.get(id).is_some_and(|it| *it != ROOT));
        let id = deep.copied()?;
        self.detach(id);
        self.groups.entry(ROOT).and_modify(|root| root.children.push(id));
        Some(id)
    }

    /// Actors that are the same in both, under the same supervisor.
    pub(super) fn untouched(&self, other: &Self) -> BTreeSet<u64> {
        let (here, there) = (self.parents(), other.parents());
        let is_same = |(id, part): &(&u64, &Part)| {
            other.actors.get(id) == Some(part) && here.get(id) == there.get(id)
        };
        self.actors.iter().filter(is_same).map(|(id, _)| *id).collect()
    }
}

const MILLIS: Duration = Duration::from_millis(1);

fn group(dice: &mut Dice) -> Group {
    Group {
        children: Vec::new(),
        strategy: dice.roll(3),
        restarts_max: dice.roll(10) as u32,
        stop_seconds: 600 + dice.roll(60),
    }
}

fn pick<'a>(all: impl Iterator<Item = &'a u64>, dice: &mut Dice) -> u64 {
    *dice.of(&all.copied().collect::<Vec<_>>())
}
