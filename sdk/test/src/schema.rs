//! Whether the schemas of a manifest are JSON Schemas.

use serde_json::Value;
use wit_envelope::manifest::Manifest;

/// Returns what is no JSON Schema in a manifest, each with its place.
#[must_use]
pub fn broken_schemas(manifest: &Manifest) -> Vec<String> {
    let mut schemas = vec![("config".to_owned(), &manifest.config)];
    if let Some(resource) = &manifest.resource {
        schemas.push(("resource.source".to_owned(), &resource.source));
        schemas.push(("resource.getParams".to_owned(), &resource.get_params));
        schemas.push(("resource.putParams".to_owned(), &resource.put_params));
        schemas.push(("resource.version".to_owned(), &resource.version));
    }
    for (at, action) in manifest.actions.iter().enumerate() {
        let name = if action.name.is_empty() { at.to_string() } else { action.name.clone() };
        schemas.push((format!("actions.{name}.input"), &action.input));
        schemas.push((format!("actions.{name}.output"), &action.output));
    }
    schemas.into_iter().filter_map(|(place, schema)| broken(&place, schema)).collect()
}

/// Null says that there is none. What `secret` is, the host knows.
fn broken(place: &str, schema: &Value) -> Option<String> {
    if schema.is_null() {
        return None;
    }
    let options = jsonschema::options().with_format("secret", |_: &str| true);
    let err = options.should_validate_formats(true).build(schema).err()?;
    let within = err.instance_path().to_string();
    Some(format!(
        "`{place}` is no JSON Schema: {within}{}{err}",
        if within.is_empty() { "" } else { ": " }
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wit_envelope::action::ActionDescription;
    use wit_envelope::manifest::Manifest;

    use super::broken_schemas;

    #[test]
    fn each_schema_that_is_none_is_named_with_its_place() {
        let good = json!({ "type": "object", "properties": { "key": { "format": "secret" } } });
        let action = |input| {
            let output = json!({});
            ActionDescription { name: "add".to_owned(), input, output, ..Default::default() }
        };
        let with = |config, input| {
            let actions = vec![action(input)];
            broken_schemas(&Manifest { config, actions, ..Manifest::default() })
        };
        assert!(with(good.clone(), good).is_empty());
        assert!(with(json!(null), json!(true)).is_empty());
        let found =
            with(json!({ "properties": { "a": { "type": "text" } } }), json!({ "$ref": "#/no" }));
        assert!(
            found[0].starts_with("`config` is no JSON Schema: /properties/a/type: "),
            "{found:?}"
        );
        assert!(found[1].starts_with("`actions.add.input` is no JSON Schema: "), "{found:?}");
        assert_eq!(found.len(), 2);
        assert_eq!(with(json!("text"), json!({ "pattern": "(" })).len(), 2);
    }
}
