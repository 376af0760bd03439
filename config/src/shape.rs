//! Holds a parsed file against the schema: types, unknown and missing keys, bounds, formats.
//!
//! The schema is the one `synod schema` prints, so a file that an editor accepts has the right
//! shape here too. What passes is handed on as JSON, without the values that did not pass.

use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::findings::{Findings, Place};
use crate::secret::looks_like_key;
use crate::{format, near};

/// Checks `value`, which stands at `key`, and whatever it holds.
pub(crate) fn check(
    found: &mut Findings<'_>,
    shape: &Json,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Json> {
    if shape.get("anyOf").is_some() || shape.get("oneOf").is_some() {
        return check_choice(found, shape, key, value);
    }
    if let Some(names) = shape.get("enum").and_then(Json::as_array) {
        return check_name(found, (shape, names), key, value);
    }
    match (type_of(shape), value.get_ref()) {
        ("string", DeValue::String(text)) => check_text(found, shape, key, text),
        ("integer", DeValue::Integer(_)) => check_integer(found, shape, key, value),
        ("boolean", DeValue::Boolean(flag)) => Some(Json::Bool(*flag)),
        ("array", DeValue::Array(items)) => check_array(found, shape, key, items),
        ("object", DeValue::Table(table)) => {
            Some(Json::Object(check_table(found, shape, key, table)))
        }
        (wanted, _) => {
            wrong_type(found, key, value, &[wanted]);
            None
        }
    }
}

/// Checks the keys of a table. The whole file is the table at the empty key.
pub(crate) fn check_table(
    found: &mut Findings<'_>,
    shape: &Json,
    key: &str,
    table: &DeTable<'_>,
) -> Map<String, Json> {
    let empty = Map::new();
    let properties = shape.get("properties").and_then(Json::as_object).unwrap_or(&empty);
    let others = shape.get("additionalProperties").filter(|others| others.is_object());
    let mut checked = Map::new();
    check_names(found, shape, key, table);
    for (name, value) in table {
        let path = join(key, name.get_ref());
        let Some(inner) = properties.get(name.get_ref().as_ref()).or(others) else {
            let hint = near::hint(name.get_ref(), properties.keys().map(String::as_str));
            found.unknown(&path, name.span().start, "unknown key", hint);
            continue;
        };
        let secret = [shape, inner].iter().any(|shape| shape.get("x-secret").is_some());
        let shown = shown(found, value, secret);
        found.note(&path, Place { key: name.span(), value: value.span(), shown });
        if let Some(value) = check(found, inner, &path, value) {
            checked.insert(name.get_ref().as_ref().to_owned(), value);
        }
    }
    let required = shape.get("required").and_then(Json::as_array).into_iter().flatten();
    for name in required.filter_map(Json::as_str) {
        if !table.contains_key(name) {
            let hint = properties.get(name).map_or_else(String::new, wanted);
            found.missing(&join(key, name), hint);
        }
    }
    checked
}

/// The names in a table that takes any: how many, and which.
fn check_names(found: &mut Findings<'_>, shape: &Json, key: &str, table: &DeTable<'_>) {
    let max = shape.get("maxProperties").and_then(Json::as_u64).unwrap_or(u64::MAX);
    if table.len() as u64 > max {
        found.misshapen(key, "too many", format!("{} given, at most {max} wanted", table.len()));
    }
    let Some(names) = shape.get("propertyNames") else {
        return;
    };
    for name in table.keys() {
        if let Err((rule, hint)) = format::check(names, name.get_ref()) {
            found.unknown(&join(key, name.get_ref()), name.span().start, &rule, hint);
        }
    }
}

/// One of several shapes: of kinds told apart by the key `kind`, or by the type of the value.
fn check_choice(
    found: &mut Findings<'_>,
    shape: &Json,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Json> {
    let branches = ["anyOf", "oneOf"].iter().filter_map(|name| shape.get(name)?.as_array());
    let branches: Vec<&Json> = branches.flatten().collect();
    let names: Vec<Json> = branches.iter().filter_map(|b| b.get("const").cloned()).collect();
    if names.len() == branches.len() {
        return check_name(found, (shape, &names), key, value);
    }
    let kind_of = |branch: &&Json| branch.pointer("/properties/kind/const").cloned();
    let kinds: Vec<Json> = branches.iter().filter_map(kind_of).collect();
    if kinds.len() == branches.len()
        && let DeValue::Table(table) = value.get_ref()
    {
        return check_kind(found, &branches, &kinds, key, table);
    }
    let fitting = branches.iter().find(|branch| type_of(branch) == type_name(value.get_ref()));
    match fitting {
        Some(branch) => check(found, branch, key, value),
        None => {
            let wanted: Vec<&str> = branches.iter().map(|branch| type_of(branch)).collect();
            wrong_type(found, key, value, &wanted);
            None
        }
    }
}

fn check_kind(
    found: &mut Findings<'_>,
    branches: &[&Json],
    kinds: &[Json],
    key: &str,
    table: &DeTable<'_>,
) -> Option<Json> {
    let path = join(key, "kind");
    let names = kinds.iter().filter_map(Json::as_str);
    let Some((name, kind)) = table.get_key_value("kind") else {
        found.missing(&path, near::hint("", names));
        return None;
    };
    let shown = shown(found, kind, false);
    found.note(&path, Place { key: name.span(), value: kind.span(), shown });
    let Some(text) = kind.get_ref().as_str() else {
        wrong_type(found, &path, kind, &["string"]);
        return None;
    };
    let Some(chosen) = kinds.iter().position(|kind| kind == text) else {
        found.misshapen(&path, "unknown kind", near::hint(text, names));
        return None;
    };
    Some(Json::Object(check_table(found, branches[chosen], key, table)))
}

/// One of the names; of some others the shape says why they are none.
fn check_name(
    found: &mut Findings<'_>,
    (shape, names): (&Json, &[Json]),
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Json> {
    let Some(text) = value.get_ref().as_str() else {
        wrong_type(found, key, value, &["string"]);
        return None;
    };
    if names.iter().any(|name| name == text) {
        return Some(Json::String(text.to_owned()));
    }
    if let Some(why) = shape.pointer(&format!("/x-refused/{text}")).and_then(Json::as_str) {
        found.misshapen(key, format!("not for an actor like this: {why}"), names_hint(names));
        return None;
    }
    found.misshapen(key, "unknown name", near::hint(text, names.iter().filter_map(Json::as_str)));
    None
}

fn names_hint(names: &[Json]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn check_text(found: &mut Findings<'_>, shape: &Json, key: &str, text: &str) -> Option<Json> {
    if let Some(name) = shape.get("const") {
        return Some(name.clone()); // the kind, which chose this shape
    }
    match format::check(shape, text) {
        Ok(()) => Some(Json::String(text.to_owned())),
        Err((rule, hint)) => {
            found.misshapen(key, rule, hint);
            None
        }
    }
}

fn check_integer(
    found: &mut Findings<'_>,
    shape: &Json,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Json> {
    let written = value.get_ref().as_integer()?;
    let min = shape.get("minimum").and_then(Json::as_u64).unwrap_or(0);
    let max = shape.get("maximum").and_then(Json::as_u64).unwrap_or(u64::MAX);
    let number = u64::from_str_radix(written.as_str(), written.radix());
    match number {
        Ok(number) if (min..=max).contains(&number) => Some(number.into()),
        _ => {
            found.misshapen(key, "out of range", format!("a whole number from {min} to {max}"));
            None
        }
    }
}

fn check_array(
    found: &mut Findings<'_>,
    shape: &Json,
    key: &str,
    items: &[Spanned<DeValue<'_>>],
) -> Option<Json> {
    let limit = |name| shape.get(name).and_then(Json::as_u64);
    let (min, max) = (limit("minItems").unwrap_or(0), limit("maxItems").unwrap_or(u64::MAX));
    let count = items.len() as u64;
    if !(min..=max).contains(&count) {
        let rule = if count < min { "too few" } else { "too many" };
        found.misshapen(key, rule, format!("{count} given, {min} to {max} wanted"));
        return None;
    }
    let inner = shape.get("items")?;
    let mut checked = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{key}[{index}]");
        let shown = shown(found, item, shape.get("x-secret").is_some());
        found.note(&path, Place { key: item.span(), value: item.span(), shown });
        checked.push(check(found, inner, &path, item));
    }
    checked.into_iter().collect::<Option<_>>().map(Json::Array)
}

fn wrong_type(found: &mut Findings<'_>, key: &str, value: &Spanned<DeValue<'_>>, wanted: &[&str]) {
    let names: Vec<&str> = wanted.iter().map(|name| article(name)).collect();
    let given = article(type_name(value.get_ref()));
    found.misshapen(key, format!("wrong type: {given}"), format!("write {}", names.join(" or ")));
}

/// What an error may show of a value: scalars and lists of them, and nothing of a secret.
fn shown(found: &Findings<'_>, value: &Spanned<DeValue<'_>>, secret: bool) -> Option<String> {
    let is_plain = |value: &DeValue<'_>| !value.is_table() && !value.is_array();
    let is_shown = match value.get_ref() {
        DeValue::Array(items) => items.iter().all(|item| is_plain(item.get_ref())),
        other => is_plain(other),
    };
    match (is_shown, secret) {
        (true, true) => Some("<redacted>".to_owned()),
        (true, false) if holds_key(value.get_ref()) => Some("<redacted>".to_owned()),
        (true, false) => Some(found.excerpt(value.span())),
        (false, _) => None,
    }
}

/// Whether a secret key may stand here, where it has no business.
fn holds_key(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => looks_like_key(text),
        DeValue::Array(items) => items.iter().any(|item| holds_key(item.get_ref())),
        _ => false,
    }
}

/// The type a shape asks for. `null` stands for a key left out, which TOML cannot write.
pub(crate) fn type_of(shape: &Json) -> &str {
    match shape.get("type") {
        Some(Json::String(name)) => name,
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).find(|name| *name != "null").unwrap_or("null")
        }
        _ => "null",
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "float",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn article(type_name: &str) -> &str {
    match type_name {
        "string" => "a string",
        "integer" => "a whole number",
        "float" => "a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

/// What a missing key is for.
fn wanted(shape: &Json) -> String {
    let meaning = shape.get("description").and_then(Json::as_str).unwrap_or_default();
    let meaning = meaning.lines().next().unwrap_or_default();
    let branches = shape.get("anyOf").and_then(Json::as_array);
    let types = match branches {
        Some(branches) => branches.iter().map(|branch| article(type_of(branch))).collect(),
        None => vec![article(type_of(shape))],
    };
    format!("write {}: {meaning}", types.join(" or "))
}

/// The dotted key of `name` in `key`, quoted where TOML would want quotes.
pub(crate) fn join(key: &str, name: &str) -> String {
    let is_bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let name = if is_bare { name.to_owned() } else { format!("{name:?}") };
    if key.is_empty() { name } else { format!("{key}.{name}") }
}
