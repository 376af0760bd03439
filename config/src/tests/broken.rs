//! Every file in `tests/broken` is wrong, and says at its top what it must be told:
//! `# expect: line:column | key | part of the rule | part of the hint`, one line per error.

use super::repository;
use crate::Config;

#[test]
fn every_broken_file_is_told_what_it_expects() {
    let mut files: Vec<_> = std::fs::read_dir(repository("tests/broken"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30);
    let failures: Vec<String> = files.iter().filter_map(|path| check(path).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn check(path: &std::path::Path) -> Result<(), String> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let expected: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# expect: "))
        .map(|line| line.split(" | ").collect())
        .collect();
    let errors = Config::load(path).err().ok_or_else(|| format!("{name}: accepted"))?;
    let fits = |(error, expected): (&crate::ConfigError, &Vec<&str>)| {
        let [place, key, rule, hint] = expected[..] else { return false };
        let line = error.to_string();
        place == format!("{}:{}", error.line, error.column)
            && error.key == key
            && error.rule.contains(rule)
            && error.hint.contains(hint)
            && !line.contains('\n')
            && line.starts_with(&format!("{}:{place}: {key}", error.file))
            && line.contains("; hint: ")
    };
    let is_told = !expected.is_empty()
        && errors.errors().len() == expected.len()
        && errors.errors().iter().zip(&expected).all(fits);
    if is_told { Ok(()) } else { Err(format!("{name}: told\n{errors}")) }
}
