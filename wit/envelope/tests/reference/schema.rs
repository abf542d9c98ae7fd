//! A JSON Schema, for people.

use serde_json::Value;

/// Renders a schema and what it refers to.
pub(crate) fn render(name: &str, schema: &Value) -> String {
    let mut out = format!("\n### `{name}.json`\n");
    body(&mut out, schema);
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        out.push_str(&format!("\n#### {name}\n"));
        body(&mut out, definition);
    }
    out
}

fn body(out: &mut String, schema: &Value) {
    if let Some(text) = schema["description"].as_str() {
        out.push_str(&format!(
            "\n{}\n",
            text.replace("\n\n", "\u{0}").replace('\n', " ").replace('\u{0}', "\n\n")
        ));
    }
    if let Some(variants) = schema["oneOf"].as_array() {
        out.push_str("\nOne of:\n\n");
        for variant in variants {
            out.push_str(&format!("- {}\n", variant_line(variant)));
        }
        for variant in variants {
            if variant["properties"].as_object().is_some_and(|fields| fields.len() > 1) {
                out.push_str(&format!("\n{}:\n", tag(variant).unwrap_or_default()));
                fields(out, variant);
            }
        }
    } else if schema["properties"].is_object() {
        fields(out, schema);
    } else if schema["type"] == "array" {
        out.push_str(&format!("\nA {}.\n", type_of(schema)));
    } else if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        out.push_str(&format!("\nOne of {}.\n", values.join(", ")));
    } else if schema["type"] == "object" {
        out.push_str("\nAn object without fields.\n");
    }
}

fn fields(out: &mut String, schema: &Value) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str("\n| field | type | meaning |\n| --- | --- | --- |\n");
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let mark = if required.contains(&name.as_str()) { " (required)" } else { "" };
        let meaning = field["description"].as_str().unwrap_or_default();
        let meaning = meaning.replace('\n', " ").replace('|', "\\|");
        out.push_str(&format!("| `{name}`{mark} | {} | {meaning} |\n", type_of(field)));
    }
}

fn variant_line(variant: &Value) -> String {
    let meaning = variant["description"].as_str().unwrap_or_default().replace('\n', " ");
    let name = match (tag(variant), variant["const"].as_str(), variant["enum"].as_array()) {
        (Some(tag), _, _) => tag,
        (None, Some(word), _) => format!("`\"{word}\"`"),
        (None, None, Some(words)) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        (None, None, None) => type_of(variant),
    };
    if meaning.is_empty() { name } else { format!("{name}: {meaning}") }
}

/// Returns how a variant is told apart, such as `"via": "http"`.
fn tag(variant: &Value) -> Option<String> {
    let fields = variant["properties"].as_object()?;
    let (name, value) =
        fields.iter().find_map(|(name, field)| Some((name, field.get("const")?)))?;
    Some(format!("`\"{name}\": {value}`"))
}

fn type_of(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        return target.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let is_none = |choice: &&Value| choice["type"] == "null";
        let some: Vec<String> =
            choices.iter().filter(|choice| !is_none(choice)).map(type_of).collect();
        let or_none = if choices.iter().any(|choice| is_none(&choice)) { ", or null" } else { "" };
        return format!("{}{or_none}", some.join(" or "));
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().map(type_of).collect::<Vec<_>>().join(" and ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => format!("list of {}", type_of(&schema["items"])),
        Value::String(word) if word == "object" && schema["additionalProperties"].is_object() => {
            format!("map of {}", type_of(&schema["additionalProperties"]))
        }
        Value::String(word) if word == "object" && schema["additionalProperties"] == true => {
            "map of any value".to_owned()
        }
        Value::String(word) => word.clone(),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            words.join(" or ")
        }
        _ => "any value".to_owned(),
    }
}
