//! The schema of the file, for editors.

use serde_json::{Map, Value, json};

use crate::kind::{Kind, duration};
use crate::setting::{Effect, Setting};
use crate::table;

/// Returns the JSON Schema of `tenon.toml` and `tenon.yaml`.
#[must_use]
pub fn schema() -> Value {
    let mut sections = Map::new();
    for row in table::all() {
        let name = row.key.strip_prefix(row.section()).unwrap_or(row.key).trim_start_matches('.');
        let section = sections.entry(row.section()).or_insert_with(
            || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
        );
        section["properties"][name] = property(row);
        if row.secret {
            let help = format!("A file that holds it: {}", row.help);
            section["properties"][format!("{name}_file")] =
                json!({ "type": "string", "description": help });
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of a Tenon server",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn property(row: &Setting) -> Value {
    let mut property = of_kind(row.kind);
    let later = match row.effect {
        Effect::Now => String::new(),
        Effect::Later(what) => format!(". No effect yet: {what} will come later"),
    };
    property["description"] = format!("{}{later}", row.help).into();
    if let Some(Ok(default)) = row.default.map(|text| row.kind.read(text)) {
        property["default"] = match row.kind {
            // As people write it.
            Kind::Size { .. } => row.default.into(),
            _ => default.json(),
        };
    }
    property
}

/// A variable may stand for any value, so whatever is not text can be text too.
fn of_kind(kind: Kind) -> Value {
    let number = |min: u64, max: u64| match max {
        u64::MAX => json!({ "type": ["integer", "string"], "minimum": min }),
        max => json!({ "type": ["integer", "string"], "minimum": min, "maximum": max }),
    };
    match kind {
        Kind::Number { min, max } | Kind::Size { min, max } => number(min, max),
        Kind::Switch => json!({ "type": ["boolean", "string"] }),
        Kind::Duration { min_ms } => {
            let example = duration::text(std::time::Duration::from_millis(min_ms.max(90_000)));
            json!({ "type": ["string", "integer"], "examples": [example] })
        }
        Kind::Choice(words) => {
            json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": r"\$\{" }] })
        }
        Kind::List { .. } | Kind::Selection => {
            json!({ "type": ["array", "string"], "items": { "type": "string" } })
        }
        _ => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests;
