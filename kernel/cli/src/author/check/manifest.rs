//! What a manifest says that nobody reads, or does not say.

use serde_json::{Map, Value};

/// What a manifest can say, as authors read it.
const SCHEMA: &str = include_str!("../../../../../wit/tenon-plugin@1.0.0/schema/manifest.json");
/// From here on, a key is called as another one by mistake.
const ALIKE: f64 = 0.75;

/// Says what is missing in a manifest, and which of its keys mean nothing.
pub(super) fn remarks(manifest: &Value) -> Vec<String> {
    let mut remarks = Vec::new();
    if manifest["contract"].as_str().is_none_or(str::is_empty) {
        remarks.push(
            "it does not say its `contract`; write the version that it was built for, such as 1.0.0"
                .to_owned(),
        );
    }
    let schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    walk(&schema, &schema, manifest, "", &mut remarks);
    remarks
}

/// Follows a value by its schema, as far as that names keys.
fn walk(root: &Value, schema: &Value, value: &Value, place: &str, remarks: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let part = name.strip_prefix('#').and_then(|path| root.pointer(path));
        return part.into_iter().for_each(|part| walk(root, part, value, place, remarks));
    }
    for part in schema["anyOf"].as_array().into_iter().flatten() {
        walk(root, part, value, place, remarks);
    }
    match (value, schema["properties"].as_object()) {
        (Value::Object(fields), Some(known)) => {
            for (key, value) in fields {
                match known.get(key) {
                    Some(schema) => walk(root, schema, value, &format!("{place}{key}."), remarks),
                    None => remarks.push(unknown(place, key, known)),
                }
            }
        }
        (Value::Array(items), _) => {
            let place = place.trim_end_matches('.');
            for (at, item) in items.iter().enumerate() {
                walk(root, &schema["items"], item, &format!("{place}[{at}]."), remarks);
            }
        }
        _ => {}
    }
}

fn unknown(place: &str, key: &str, known: &Map<String, Value>) -> String {
    let alike = |name: &&String| strsim::jaro_winkler(name, key);
    let nearest = known.keys().map(|name| (alike(&name), name));
    let nearest = nearest.filter(|(alike, _)| *alike >= ALIKE);
    match nearest.max_by(|one, two| one.0.total_cmp(&two.0)) {
        Some((_, name)) => {
            format!("its manifest has a key `{place}{key}` that nobody reads; is it `{name}`?")
        }
        None => format!(
            "its manifest has a key `{place}{key}` that nobody reads; known are {}",
            known.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::remarks;

    #[track_caller]
    fn check(manifest: &Value, want: Expect) {
        want.assert_eq(&remarks(manifest).join("\n"));
    }

    #[test]
    fn what_nobody_reads_is_named_with_what_was_meant() {
        let good = json!({
            "name": "a",
            "contract": "1.0.0",
            "stateVersion": 1,
            "requests": [{ "capability": "kv", "parameters": [], "reason": "It counts." }],
            "config": { "anything": { "goes": "here" } },
            "resource": null,
            "actions": [{ "name": "add", "summary": "Adds.", "input": { "x-more": 1 } }],
        });
        check(&good, expect![""]);
        let bad = json!({
            "state_version": 1,
            "requests": [{ "capability": "kv" }, { "capabilty": "kv" }],
            "resource": { "getparams": {} },
            "zzz": 1,
        });
        check(
            &bad,
            expect![[r#"
            it does not say its `contract`; write the version that it was built for, such as 1.0.0
            its manifest has a key `requests[1].capabilty` that nobody reads; is it `capability`?
            its manifest has a key `resource.getparams` that nobody reads; is it `getParams`?
            its manifest has a key `state_version` that nobody reads; is it `stateVersion`?
            its manifest has a key `zzz` that nobody reads; known are actions, config, contract, gateway, name, patterns, requests, resource, stateVersion, summary, tenon, version"#]],
        );
    }
}
