//! Puts the values of secrets into texts that go to the wire.

use kernel_model::id::RunId;
use kernel_ports::secret::{SecretError, Secrets};

const WHOLE: &str = "secret:";
const OPEN: &str = "((secret:";
const CLOSE: &str = "))";

/// Returns whether `text` refers to a secret.
pub(crate) fn refers(text: &str) -> bool {
    text.starts_with(WHOLE) || text.contains(OPEN)
}

/// Replaces `secret:NAME` as a whole, and each `((secret:NAME))` inside. A value is not looked
/// through again: it may look like a reference without being one.
pub(crate) async fn resolve(
    secrets: &dyn Secrets,
    run: Option<RunId>,
    text: &str,
) -> Result<String, SecretError> {
    if let Some(name) = text.strip_prefix(WHOLE) {
        return value(secrets, run, name).await;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((name, behind)) = after.split_once(CLOSE) else { break };
        out.push_str(before);
        out.push_str(&value(secrets, run, name).await?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// Returns the value for a run, or outside of one the server's.
pub(crate) async fn value(
    secrets: &dyn Secrets,
    run: Option<RunId>,
    name: &str,
) -> Result<String, SecretError> {
    match run {
        Some(run) => secrets.secret_get(run, name).await,
        None => secrets.secret_get_of_server(name).await,
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use kernel_model::id::RunId;
    use kernel_ports::secret::{SecretError, Secrets};

    use super::resolve;

    struct Doubled;

    #[async_trait]
    impl Secrets for Doubled {
        async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
            Ok(format!("<{name}((secret:{name}))>"))
        }

        fn secret_lend(&self, _: RunId, _: &str, _: &str) {}
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
            assert_eq!(resolve(&Doubled, Some(RunId(1)), text).await.unwrap(), want);
        }
    }
}
