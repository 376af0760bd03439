//! An explanation in words.

use std::fmt;

use super::{Explanation, Sourced, Spoken};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.map_or("supervisor", crate::Kind::name);
        writeln!(f, "{} ({kind})\n  {}", self.id, self.about)?;
        writeln!(f, "\nwhere\n  {}", self.way())?;
        for above in &self.above {
            let (name, place, of) = (&above.supervisor, above.place, above.of);
            writeln!(f, "  {name} ({}), child {place} of {of}", above.strategy)?;
        }
        if !self.children.is_empty() {
            let names: Vec<&str> = self.children.iter().map(|id| id.as_str()).collect();
            writeln!(f, "  starts, in order: {}", names.join(", "))?;
        }
        writeln!(f, "\nmade from")?;
        values(f, &self.values)?;
        edges(f, "\nspeaks to", "→", &self.sends)?;
        edges(f, "\nhears from", "←", &self.hears)?;
        for breaker in &self.breakers {
            let rules = breaker.section.as_deref().unwrap_or("the built-in rules");
            writeln!(f, "\nbreaker {} by {rules}", breaker.name)?;
            values(f, &breaker.values)?;
        }
        write!(f, "\nwhen it fails")?;
        for sentence in &self.failure {
            write!(f, "\n  - {sentence}")?;
        }
        Ok(())
    }
}

impl Explanation {
    fn way(&self) -> String {
        let above = self.above.iter().map(|above| above.supervisor.as_str());
        above.chain([self.id.as_str()]).collect::<Vec<_>>().join(" › ")
    }
}

fn values(f: &mut fmt::Formatter<'_>, values: &[Sourced]) -> fmt::Result {
    let wide = values.iter().map(|value| value.key.chars().count()).max().unwrap_or_default();
    for Sourced { key, value, origin } in values {
        writeln!(f, "  {key:<wide$} = {value}  ({origin})")?;
    }
    Ok(())
}

fn edges(f: &mut fmt::Formatter<'_>, title: &str, arrow: &str, edges: &[Spoken]) -> fmt::Result {
    if edges.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}")?;
    for edge in edges {
        let manner = if edge.asks { "asks" } else { "tells" };
        let Spoken { peer, output, sentence, origin, .. } = edge;
        writeln!(f, "  {arrow} {peer}  {output}: {manner} {sentence}  ({origin})")?;
    }
    Ok(())
}
