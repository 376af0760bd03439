//! What somebody probably meant.

/// A hint for a name that is not among `names`: the nearest, if it is near, and all of them.
pub fn hint<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const NAMES_MAX: usize = 24;
    let names: Vec<&str> = names.into_iter().collect();
    let nearest = names.iter().map(|other| (distance(name, other), *other)).min();
    let all = match names.len() {
        0 => return "there is none".to_owned(),
        1 => format!("the only one is {}", names[0]),
        2..=NAMES_MAX => format!("one of {}", names.join(", ")),
        _ => format!("one of {}, …", names[..NAMES_MAX].join(", ")),
    };
    match nearest {
        Some((steps, near)) if steps <= 1 + near.chars().count() / 4 || begins(name, near) => {
            format!("did you mean `{near}`? {all}")
        }
        _ => all,
    }
}

/// Whether one is the beginning of the other, and not too short for it to mean something.
fn begins(a: &str, b: &str) -> bool {
    a.len().min(b.len()) >= 3 && (a.starts_with(b) || b.starts_with(a))
}

/// Levenshtein's distance; long names are compared by their first 64 characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(hint("chian", ["store", "chain"]), "did you mean `chain`? one of store, chain");
        assert_eq!(hint("zebra", ["store", "chain"]), "one of store, chain");
        assert_eq!(hint("x", []), "there is none");
    }
}
