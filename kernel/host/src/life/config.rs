//! Checks a binding's configuration against the schema in its plugin's manifest.

use serde_json::Value;

use crate::secret_text::refers;

/// Returns what is wrong with a configuration, each problem with its place.
pub fn problems(schema: &Value, config: &str) -> Vec<String> {
    let value: Value = match serde_json::from_str(config) {
        Ok(value) => value,
        Err(err) => return vec![format!("it is no JSON: {err}")],
    };
    let Some(fields) = value.as_object() else {
        return vec!["it must be a JSON object, such as {}".to_owned()];
    };
    if schema.is_null() {
        return match fields.keys().next() {
            None => vec![],
            Some(name) => vec![format!("the plugin takes no configuration, but has {name:?}")],
        };
    }
    // A value that must not be seen is never kept here: what stands for it is.
    let options = jsonschema::options().with_format("secret", refers).should_validate_formats(true);
    let validator = match options.build(schema) {
        Ok(validator) => validator,
        Err(err) => return vec![format!("the schema in the plugin's manifest is broken: {err}")],
    };
    let secret = |schema_path: &str| schema_path.ends_with("/format");
    validator
        .iter_errors(&value)
        .map(|err| {
            let place = err.instance_path().to_string();
            if secret(&err.schema_path().to_string()) && err.to_string().contains("\"secret\"") {
                // The value stays out of the message.
                return format!("{place} must name a secret, such as \"secret:NAME\"");
            }
            if place.is_empty() { err.to_string() } else { format!("{place}: {err}") }
        })
        .collect()
}

/// Returns whether a configuration has all that the schema requires.
pub(crate) fn is_complete(schema: &Value, config: &str) -> bool {
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    let required = schema["required"].as_array();
    let mut names = required.into_iter().flatten().filter_map(Value::as_str);
    names.all(|name| !config[name].is_null() && config[name] != "")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{is_complete, problems};

    #[test]
    fn what_is_required_must_be_there() {
        let schema = json!({ "required": ["id", "secret"] });
        assert!(is_complete(&schema, r#"{"id": "a", "secret": "b"}"#));
        assert!(!is_complete(&schema, r#"{"id": "a", "secret": ""}"#));
        assert!(!is_complete(&schema, r#"{"id": "a"}"#));
        assert!(is_complete(&Value::Null, "{}"));
    }

    #[track_caller]
    fn check(schema: &Value, config: &str, want: &[&str]) {
        let found = problems(schema, config);
        assert_eq!(found.len(), want.len(), "{found:?}");
        for (found, part) in found.iter().zip(want) {
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn a_configuration_must_fit_its_schema() {
        let schema = json!({
            "type": "object",
            "required": ["url"],
            "additionalProperties": false,
            "properties": {
                "url": { "type": "string" },
                "tries": { "type": "integer", "maximum": 9 },
                "token": { "type": "string", "format": "secret" },
            },
        });
        check(&schema, r#"{"url": "x", "tries": 3, "token": "secret:api"}"#, &[]);
        check(&schema, r#"{"url": "x", "token": "Bearer ((secret:api))"}"#, &[]);
        check(&schema, "{", &["no JSON"]);
        check(&schema, "[]", &["must be a JSON object"]);
        check(&schema, "{}", &["url"]);
        check(&schema, r#"{"url": 1, "tries": 10}"#, &["/tries", "/url"]);
        let leaked = problems(&schema, r#"{"url": "x", "token": "hunter2"}"#);
        assert_eq!(leaked, ["/token must name a secret, such as \"secret:NAME\""]);
    }

    #[test]
    fn a_plugin_without_schema_takes_nothing() {
        check(&Value::Null, "{}", &[]);
        check(&Value::Null, r#"{"a": 1}"#, &["takes no configuration"]);
    }
}
