//! Puts the values of secrets into texts that go to the wire.

use kernel_model::id::RunId;
use kernel_ports::secret::reference::{Part, parts};
use kernel_ports::secret::{SecretError, Secrets};

use crate::grant::Grants;

/// Who wants values: a plugin, in a run or outside of one.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) secrets: &'a dyn Secrets,
    pub(crate) run: Option<RunId>,
    pub(crate) grants: &'a Grants,
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
        for part in parts(text) {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Secret(name) => out.push_str(&self.value(name).await?),
            }
        }
        Ok(out)
    }

    /// Returns the value for a run, or outside of one the server's. A name that the plugin was
    /// granted need not be mentioned by the pipeline.
    pub(crate) async fn value(self, name: &str) -> Result<String, SecretError> {
        let is_granted = || self.grants.allows_secret("secret-store", name);
        match self.run {
            Some(run) if is_granted() => self.secrets.secret_get_granted(run, name).await,
            Some(run) => self.secrets.secret_get(run, name).await,
            None => self.secrets.secret_get_of_server(name).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use kernel_model::id::RunId;
    use kernel_ports::secret::{SecretError, Secrets};

    use super::Reader;
    use crate::grant::Grants;

    struct Doubled;

    #[async_trait]
    impl Secrets for Doubled {
        async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
            Ok(format!("<{name}((secret:{name}))>"))
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
            let reader =
                Reader { secrets: &Doubled, run: Some(RunId(1)), grants: &Grants::default() };
            assert_eq!(reader.resolve(text).await.unwrap(), want);
        }
    }
}
