//! Checks what a function of an action is given against the schema in its plugin's manifest, so
//! that authors need not.

use kernel_ports::plugin::PluginError;
use serde_json::Value;

use crate::plugin::Plugin;

/// So many problems are named at once.
const PROBLEMS_MAX: usize = 5;

/// Returns why the input does not fit. A function that is not described is the plugin's to refuse.
pub(crate) fn check(plugin: &Plugin, function: &str, input: &str) -> Result<(), PluginError> {
    let actions = &plugin.inspected.manifest.actions;
    let Some(action) = actions.iter().find(|action| action.name == function) else {
        return Ok(());
    };
    let problems = problems(&action.input, input);
    if problems.is_empty() {
        return Ok(());
    }
    Err(PluginError::Said {
        plugin: plugin.name.to_string(),
        code: "invalid".to_owned(),
        message: format!("the input of `{function}` does not fit: {}", problems.join("; ")),
        retry_after_ms: None,
    })
}

fn problems(schema: &Value, input: &str) -> Vec<String> {
    if schema.is_null() {
        return vec![];
    }
    let input: Value = match serde_json::from_str(input) {
        Ok(input) => input,
        Err(err) => return vec![format!("it is no JSON: {err}")],
    };
    let validator = match jsonschema::options().build(schema) {
        Ok(validator) => validator,
        Err(err) => return vec![format!("the schema in the plugin's manifest is broken: {err}")],
    };
    let errors = validator.iter_errors(&input).take(PROBLEMS_MAX);
    // Inputs may be large and secret: the place and the rule are named, never what was found.
    errors
        .map(|err| {
            let place = err.instance_path().to_string();
            format!("{}: {}", if place.is_empty() { "it" } else { &place }, err.masked())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::problems;

    #[track_caller]
    fn check(schema: &Value, input: &str, want: &[&str]) {
        assert_eq!(problems(schema, input), want);
    }

    #[test]
    fn an_input_must_fit_its_schema() {
        let schema = json!({
            "type": "object",
            "required": ["to"],
            "properties": { "to": { "type": "string" }, "tries": { "type": "integer" } },
        });
        check(&schema, r#"{"to": "a", "tries": 3}"#, &[]);
        check(&schema, "{", &["it is no JSON: EOF while parsing an object at line 1 column 1"]);
        check(&schema, "{}", &["it: \"to\" is a required property"]);
        check(&schema, r#"{"to": 77}"#, &["/to: value is not of type \"string\""]);
        check(
            &json!({ "type": 7 }),
            "{}",
            &["the schema in the plugin's manifest is broken: \
             7 is not valid under any of the schemas listed in the 'anyOf' keyword"],
        );
    }

    #[test]
    fn without_a_schema_everything_fits() {
        check(&Value::Null, "anything", &[]);
        check(&json!({}), "[1]", &[]);
    }
}
