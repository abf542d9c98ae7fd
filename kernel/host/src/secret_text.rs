//! Puts the values of secrets into texts that go to the wire.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kernel_model::id::RunId;
use kernel_ports::secret::reference::{Part, parts};
use kernel_ports::secret::{SecretError, Secrets};
use serde_json::Value;

use crate::grant::Grants;

/// What a header may have with the values in place: what any header may have.
const TEXT_BYTES: usize = 64 * 1024;

/// Who wants values: a plugin, in a run or outside of one.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) secrets: &'a dyn Secrets,
    pub(crate) run: Option<RunId>,
    pub(crate) grants: &'a Grants,
    /// Of the plugin: a JSON object.
    pub(crate) config: &'a str,
}

/// Returns whether `text` refers to a secret.
pub(crate) fn refers(text: &str) -> bool {
    parts(text).iter().any(|part| matches!(part, Part::Secret(_)))
}

impl Reader<'_> {
    /// Replaces `secret:NAME` as a whole, and each `((secret:NAME))` inside. A value is not looked
    /// through again: it may look like a reference without being one.
    pub(crate) async fn resolve(self, text: &str) -> Result<String, SecretError> {
        let mut out = String::with_capacity(text.len());
        // Each is read once, however often it is referred to.
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        for part in parts(text) {
            let more = match part {
                Part::Text(text) => text,
                Part::Secret(name) => match values.entry(name) {
                    Entry::Occupied(known) => known.into_mut().as_str(),
                    Entry::Vacant(new) => new.insert(self.value(name).await?).as_str(),
                },
            };
            if out.len() + more.len() > TEXT_BYTES {
                return Err(SecretError::TooLong { bytes_max: TEXT_BYTES });
            }
            out.push_str(more);
        }
        Ok(out)
    }

    /// Returns the value for a run, or outside of one the server's. A name that the plugin was
    /// granted need not be mentioned by the pipeline. Where there is none, the operator must have
    /// granted the name, or mentioned it in the configuration: a plugin that may send a request
    /// could else send any secret of the server along.
    pub(crate) async fn value(self, name: &str) -> Result<String, SecretError> {
        let is_granted = || self.grants.allows_secret("secret-store", name);
        match self.run {
            Some(run) if is_granted() => self.secrets.secret_get_granted(run, name).await,
            Some(run) => self.secrets.secret_get(run, name).await,
            None if is_granted() || mentions(self.config, name) => {
                self.secrets.secret_get_of_server(name).await
            }
            None => Err(SecretError::Ungranted { name: name.to_owned() }),
        }
    }
}

/// Returns whether a configuration refers to the secret.
fn mentions(config: &str, name: &str) -> bool {
    fn within(value: &Value, name: &str) -> bool {
        match value {
            Value::String(text) => parts(text).contains(&Part::Secret(name)),
            Value::Array(items) => items.iter().any(|item| within(item, name)),
            Value::Object(fields) => fields.values().any(|field| within(field, name)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    serde_json::from_str(config).is_ok_and(|config| within(&config, name))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use kernel_model::id::RunId;
    use kernel_ports::secret::{SecretError, Secrets};

    use super::Reader;
    use crate::grant::Grants;

    struct Doubled;

    /// Reads outside of a run.
    async fn of_server(name: &str, config: &str) -> Result<String, SecretError> {
        let grants = Grants::default();
        let reader = Reader { secrets: &Doubled, run: None, grants: &grants, config };
        reader.resolve(&format!("secret:{name}")).await
    }

    #[async_trait]
    impl Secrets for Doubled {
        async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
            Ok(format!("<{name}((secret:{name}))>"))
        }

        async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
            Ok(name.to_owned())
        }
    }

    #[tokio::test]
    async fn outside_of_a_run_only_what_the_operator_has_named_is_read() {
        let config = r#"{"login": {"token": "secret:mine"}, "also": ["Bearer ((secret:too))"]}"#;
        for name in ["mine", "too"] {
            assert_eq!(of_server(name, config).await.unwrap(), name);
        }
        for (name, config) in [("other", config), ("mine", "{}"), ("min", config)] {
            let err = of_server(name, config).await.unwrap_err();
            assert!(matches!(err, SecretError::Ungranted { .. }), "{name}: {err}");
        }
    }

    #[tokio::test]
    async fn references_are_replaced_once_and_the_rest_stays() {
        for (text, want) in [
            ("plain", "plain"),
            ("secret:a", "<a((secret:a))>"),
            ("Bearer ((secret:a))!", "Bearer <a((secret:a))>!"),
            ("((secret:a", "((secret:a"),
            ("not secret:a", "not secret:a"),
        ] {
            let grants = Grants::default();
            let run = Some(RunId(1));
            let reader = Reader { secrets: &Doubled, run, grants: &grants, config: "{}" };
            assert_eq!(reader.resolve(text).await.unwrap(), want);
        }
    }
}
