//! `synod diff` and `synod explain`: what a topology says, before anything runs.

use std::io::IsTerminal;

use synod_config::{Config, Plan};
use synod_types::actor::ActorId;

use super::files::{load, refused};
use crate::cli::{DiffArgs, ExplainArgs};
use crate::exit::{DIFFERENT, Exit, OK, USAGE};
use crate::out;

/// Says what would become of the topology in one file if it became that of another.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, Exit> {
    let old = Config::load(&args.old).map_err(refused)?;
    let new = Config::load(&args.new).map_err(refused)?;
    let plan = Plan::between(&old, &new);
    if args.json {
        out::json(&serde_json::json!(plan))?;
    } else {
        out::line(paint(&plan.to_string()))?;
    }
    Ok(if plan.is_empty() { OK } else { DIFFERENT })
}

/// A plan in words; in colours for people.
pub(super) fn paint(words: &str) -> String {
    painted(words, is_colourful())
}

/// Explains an actor or supervisor.
pub(super) fn explain(args: &ExplainArgs) -> Result<u8, Exit> {
    let config = load(&args.file)?;
    let id = ActorId::new(&args.actor).map_err(|error| Exit::new(USAGE, error.to_string()))?;
    let Some(explanation) = config.explain(&id) else {
        let hint = config.near(&args.actor);
        return Err(Exit::new(USAGE, format!("no actor or supervisor `{id}` here; {hint}")));
    };
    if args.json {
        out::json(&serde_json::json!(explanation))?;
    } else {
        out::line(explanation)?;
    }
    Ok(OK)
}

/// Whether somebody looks who has not asked for plain text.
fn is_colourful() -> bool {
    let is_asked_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !is_asked_plain
}

/// A line's first sign decides its colour.
fn painted(text: &str, is_colourful: bool) -> String {
    if !is_colourful {
        return text.to_owned();
    }
    let paint = |line: &str| match line.chars().next() {
        Some('+') => format!("\x1b[32m{line}\x1b[0m"),
        Some('-') => format!("\x1b[31m{line}\x1b[0m"),
        Some('~') => format!("\x1b[33m{line}\x1b[0m"),
        Some('>') => format!("\x1b[36m{line}\x1b[0m"),
        Some('!') => format!("\x1b[1;31m{line}\x1b[0m"),
        _ => line.to_owned(),
    };
    text.lines().map(paint).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_those_who_see_them() {
        assert_eq!(painted("+ a\n  b", false), "+ a\n  b");
        assert_eq!(painted("+ a\n  b", true), "\x1b[32m+ a\x1b[0m\n  b");
    }
}
