//! The JSON Schema of the file. It is also what the parser holds a file against.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use crate::actor::Life;
use crate::breaker::BreakerPolicy;
use crate::kinds::{KINDS, KindSpec, Origin};
use crate::recovery::no_standby;
use crate::runtime::{Http, Log, Metrics, Runtime};
use crate::set::SetSection;
use crate::supervisor::SupervisorSection;

static SCHEMA: LazyLock<Json> = LazyLock::new(build);

/// The JSON Schema of a configuration file, as `synod schema` prints it.
pub fn schema() -> &'static Json {
    &SCHEMA
}

/// The schema of one section, self-contained.
pub(crate) fn of<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("title");
    }
    schema
}

fn build() -> Json {
    let kinds: Vec<Json> = KINDS.iter().map(actor).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Synod configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "runtime": of::<Runtime>(),
            "log": of::<Log>(),
            "http": of::<Http>(),
            "metrics": of::<Metrics>(),
            "breakers": named(256, of::<BreakerPolicy>()),
            "supervisors": named(4096, of::<SupervisorSection>()),
            "actors": named(4096, json!({ "oneOf": kinds })),
            "sets": named(1024, of::<SetSection>()),
        },
    })
}

/// A table of sections, each under a name of its own.
fn named(max: usize, section: Json) -> Json {
    json!({
        "type": "object",
        "maxProperties": max,
        "propertyNames": { "type": "string", "format": "actor-id" },
        "additionalProperties": section,
    })
}

/// An actor of one kind.
fn actor(spec: &KindSpec) -> Json {
    let mut actor = of::<Life>();
    let settings = (spec.settings)();
    let edges = edges(spec);
    let mut required = vec![json!("kind")];
    let is_required = |part: &Json| part.get("required").is_some();
    required.extend(is_required(&edges).then(|| json!("edges")));
    required.extend(is_required(&settings).then(|| json!("settings")));
    actor["description"] = settings["description"].clone();
    actor["additionalProperties"] = json!(false);
    actor["required"] = Json::Array(required);
    actor["properties"]["kind"] =
        json!({ "type": "string", "const": spec.kind.name(), "description": "What it is." });
    actor["properties"]["recovery"]["x-refused"] = json!({ "failover": no_standby(spec.kind) });
    actor["properties"]["edges"] = edges;
    actor["properties"]["settings"] = settings;
    actor
}

/// Where the outputs of a kind lead.
fn edges(spec: &KindSpec) -> Json {
    let written = || spec.outputs.iter().filter(|output| output.origin == Origin::Edges);
    let properties: Map<String, Json> = written()
        .map(|output| {
            let about = format!("{} Sends {}.", output.about, output.sentence);
            let target = json!({
                "description": about,
                "anyOf": [
                    { "type": "string" },
                    { "type": "array", "items": { "type": "string" },
                        "minItems": output.min, "maxItems": output.max },
                ],
            });
            (output.name.to_owned(), target)
        })
        .collect();
    let required: Vec<&str> =
        written().filter(|output| output.min > 0).map(|output| output.name).collect();
    let mut edges = json!({
        "type": "object",
        "description": "Where its outputs lead: an actor's id, or a list of them.",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        edges["required"] = json!(required);
    }
    edges
}
