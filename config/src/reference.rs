//! The reference page, from the schema: a key's meaning, type and default have one source.

use serde_json::Value as Json;

use crate::kinds::{KINDS, KindSpec, Manner, Origin};
use crate::schema::schema;
use crate::shape::type_of;

const PREAMBLE: &str = "\
# Configuration

Generated from `config/src` by a test; write there, then `UPDATE_DOCS=1` and run the tests of \
`synod-config`.

One TOML file says which actors run, how each is set up, who supervises whom and who talks to \
whom. `synod validate FILE` checks it, `synod validate --show FILE` prints it with every default \
filled in and secrets redacted, `synod schema` prints its JSON Schema for editors. \
`config/default.toml` is a whole file, every key written out.

- An unknown key is an error, and so is a name that leads nowhere. All errors are told at once, \
each with file, line, column, key, value, rule and hint.
- Durations are text: `\"500ms\"`, `\"20s\"`, `\"10m\"`. Amounts of stake are decimal text.
- A name is 1 to 64 of a-z, 0-9, `-`, `_`, `.`, and begins with a letter or digit.
- A secret is text, or `{ file = \"…\" }`, or `{ env = \"NAME\" }`. It is never shown.
- Relative paths of secrets and key files start where the configuration file lies; `data_dir` \
starts at the working directory.
- Environment variables do not override keys.
";

/// Everything a file may say, as Markdown: the text of `docs/configuration.md`.
pub fn reference_markdown() -> String {
    let mut page = PREAMBLE.to_owned();
    let part = |name: &str| &schema()["properties"][name];
    for name in ["runtime", "log", "http", "metrics"] {
        section(&mut page, &format!("[{name}]"), part(name));
    }
    for (name, id) in [("breakers", "name"), ("supervisors", "id")] {
        section(&mut page, &format!("[{name}.<{id}>]"), &part(name)["additionalProperties"]);
    }
    let kinds = part("actors").pointer("/additionalProperties/oneOf").and_then(Json::as_array);
    let kinds = kinds.map(Vec::as_slice).unwrap_or_default();
    if let Some(first) = kinds.first() {
        let about = "An actor. Which edges and settings it has, its kind says.";
        heading(&mut page, "[actors.<id>]", about);
        let skipped = ["edges", "settings"];
        table(&mut page, first, &skipped);
    }
    for (spec, shape) in KINDS.iter().zip(kinds) {
        kind(&mut page, spec, shape);
    }
    let set = &part("sets")["additionalProperties"];
    section(&mut page, "[sets.<name>]", set);
    section(&mut page, "[[sets.<name>.members]]", &set["properties"]["members"]["items"]);
    page
}

fn kind(page: &mut String, spec: &KindSpec, shape: &Json) {
    heading(page, &format!("kind = \"{}\"", spec.kind), about(shape));
    let inputs: Vec<String> = spec.inputs.iter().map(|input| format!("`{input}`")).collect();
    let inputs = if inputs.is_empty() { "nothing".to_owned() } else { inputs.join(", ") };
    page.push_str(&format!("\nTakes {inputs}.\n"));
    if !spec.outputs.is_empty() {
        page.push_str("\n| edge | sends | to how many | meaning |\n|---|---|---|---|\n");
    }
    for output in spec.outputs {
        let manner = match output.manner {
            Manner::Ask => "asks",
            Manner::Tell => "tells",
        };
        let name = match output.origin {
            Origin::Edges => format!("`edges.{}`", output.name),
            Origin::Sets => format!("{} (from `sets`)", output.name),
        };
        let count = match (output.min, output.max) {
            (1, 1) => "exactly 1".to_owned(),
            (min, max) => format!("{min} to {max}"),
        };
        let (sentence, about) = (output.sentence, output.about);
        push_row(page, [&name, &format!("{manner} `{sentence}`"), &count, about]);
    }
    page.push_str(&format!("\n`[actors.<id>.settings]` of kind `{}`:\n", spec.kind));
    table(page, &shape["properties"]["settings"], &[]);
}

fn section(page: &mut String, title: &str, shape: &Json) {
    heading(page, title, about(shape));
    table(page, shape, &[]);
}

fn heading(page: &mut String, title: &str, about: &str) {
    page.push_str(&format!("\n## `{title}`\n\n{}\n", one_line(about)));
}

fn table(page: &mut String, shape: &Json, skipped: &[&str]) {
    page.push_str("\n| key | type | default | meaning |\n|---|---|---|---|\n");
    rows(page, "", shape, skipped);
}

fn rows(page: &mut String, prefix: &str, shape: &Json, skipped: &[&str]) {
    let required = shape["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let properties = shape["properties"].as_object().into_iter().flatten();
    for (name, inner) in properties.filter(|(name, _)| !skipped.contains(&name.as_str())) {
        let key = format!("{prefix}{name}");
        let is_nested = inner.get("properties").is_some();
        let is_required = required.iter().any(|required| required == name);
        let default = match inner.get("default").filter(|default| !default.is_null()) {
            _ if is_required => "**required**".to_owned(),
            Some(_) if is_nested => "see below".to_owned(),
            Some(default) => format!("`{default}`"),
            None => "none".to_owned(),
        };
        let about = match inner.get("const") {
            Some(_) => "What it is: one of the kinds below.",
            None => about(inner),
        };
        let key_cell = format!("`{key}`");
        push_row(page, [&key_cell, &type_text(inner), &default, &one_line(about)]);
        if is_nested {
            rows(page, &format!("{key}."), inner, &[]);
        }
        // A list of a section has a heading of its own.
        if let Some(item) = inner.get("items").filter(|_| !prefix.is_empty()) {
            rows(page, &format!("{key}[]."), item, &[]);
        }
    }
}

fn push_row(page: &mut String, cells: [&str; 4]) {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    page.push_str(&format!("| {} |\n", cells.join(" | ")));
}

fn type_text(shape: &Json) -> String {
    if shape.get("x-secret").is_some() {
        return "secret".to_owned();
    }
    if shape.get("const").is_some() {
        return "name".to_owned();
    }
    let choices =
        shape["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    let names = shape["enum"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let names: Vec<String> = choices.chain(names).map(|name| format!("`{name}`")).collect();
    if !names.is_empty() {
        return names.join(" or ");
    }
    let bounds = |min: &str, max: &str| match (&shape[min], &shape[max]) {
        (Json::Null, Json::Null) => String::new(),
        (Json::Null, max) => format!(", at most {}", bare(max)),
        (min, max) => format!(", {} to {}", bare(min), bare(max)),
    };
    match (type_of(shape), shape["format"].as_str()) {
        ("integer", _) => format!("number{}", bounds("minimum", "maximum")),
        ("string", Some("duration")) => format!("duration{}", bounds("x-min", "x-max")),
        ("string", Some("listen")) => "IP address and port".to_owned(),
        ("string", Some(format)) => format.replace('-', " "),
        ("string", None) => "text".to_owned(),
        ("boolean", _) => "`true` or `false`".to_owned(),
        ("array", _) => {
            let item = type_text(&shape["items"]);
            format!("list of {item}{}", bounds("minItems", "maxItems"))
        }
        ("object", _) => match shape.get("additionalProperties") {
            Some(value) if value.is_object() => {
                let text = type_text(value);
                // The bounds, if there are any, come behind the noun.
                let (noun, bounds) = text.split_at(text.find(',').unwrap_or(text.len()));
                format!("table of {noun}s{bounds}")
            }
            _ => "table".to_owned(),
        },
        (other, _) => other.to_owned(),
    }
}

fn bare(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn about(shape: &Json) -> &str {
    shape["description"].as_str().unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
