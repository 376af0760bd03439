//! A plan in words.

use std::fmt;

use super::{KeyChange, Plan, Step, Verb};

impl Verb {
    /// It, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Untouched => "untouched",
        }
    }

    /// It, in one sign, as in a diff.
    pub const fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Replaced | Self::Changed => '~',
            Self::Moved => '>',
            Self::Untouched => '=',
        }
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        write!(f, "{}: {} → {}", self.key, shown(&self.old), shown(&self.new))
    }
}

/// One line for all but what is untouched, a line below it for every key, and the sum.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let supervisors = self.supervisors.iter().map(|(id, step)| (id, "supervisor", step));
        let actors = self.actors.iter();
        let actors = actors.map(|(id, step)| (id, step.kind.map_or("actor", |k| k.name()), step));
        let mut told: Vec<_> = supervisors.chain(actors).collect();
        told.retain(|(.., step)| step.verb != Verb::Untouched);
        told.sort_by_key(|(id, _, step)| (step.verb, *id));
        for (id, kind, step) in told {
            let (sign, verb) = (step.verb.sign(), step.verb.name());
            writeln!(f, "{sign} {verb:<9} {id} ({kind}){}", place(step))?;
            for change in &step.keys {
                writeln!(f, "            {change}")?;
            }
        }
        for change in &self.others {
            writeln!(f, "~ {:<9} {change}", "changed")?;
        }
        for refused in &self.refused {
            writeln!(f, "! restart   {}: restart needed: {}", refused.key, refused.why)?;
        }
        if self.is_empty() {
            return write!(f, "the same: {} actors untouched", self.actors.len());
        }
        let count = |verb| self.actors_that_are(verb).count();
        let verbs = [
            Verb::Added,
            Verb::Removed,
            Verb::Replaced,
            Verb::Changed,
            Verb::Moved,
            Verb::Untouched,
        ];
        let counts: Vec<String> =
            verbs.map(|verb| format!("{} {}", count(verb), verb.name())).into();
        write!(f, "actors: {}", counts.join(", "))
    }
}

fn place(step: &Step) -> String {
    match (&step.from, &step.to) {
        (Some(from), Some(to)) if from != to => format!(" from {from} to {to}"),
        (_, Some(under)) | (Some(under), None) => format!(" under {under}"),
        (None, None) => String::new(),
    }
}
