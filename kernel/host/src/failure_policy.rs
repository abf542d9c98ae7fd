//! What a failed call of a kind that answers at once means to the one who asked: the one table.
//!
//! Pure: no engine, no I/O.

use std::time::Duration;

use kernel_ports::plugin::{PluginError, PluginKind};

/// The wait before the second try; four times as long before each further one.
const WAIT_MS_MIN: u64 = 250;
/// A plugin may ask for a longer wait, up to this.
const WAIT_MS_MAX: u64 = 10_000;
/// How often a message is tried.
const TRIES: u32 = 4;

/// What follows from a failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The one who asked hears of it, and goes without: a secret that is not read is not there, a
    /// visitor who is not known stays outside, a delivery that is not checked is not believed.
    Told,
    /// This stands for the answer.
    Answered(&'static str),
    /// The same call again, after this time.
    Again(Duration),
}

/// Decides about the call that has failed for the `tries`th time.
pub(crate) fn failed(kind: PluginKind, function: &str, err: &PluginError, tries: u32) -> Failure {
    match kind {
        // What is not found is made anew; that it could not be looked for is no reason to fail.
        PluginKind::Cache if function == "find" => Failure::Answered("{}"),
        // A message carries an id, so that trying again does not say it twice.
        PluginKind::Notifier if err.is_retryable() && tries < TRIES => {
            Failure::Again(wait(err, tries))
        }
        PluginKind::Cache
        | PluginKind::Notifier
        | PluginKind::Secrets
        | PluginKind::Identity
        | PluginKind::Webhook
        | PluginKind::Model
        | PluginKind::Gateway
        | PluginKind::Language
        | PluginKind::Launcher
        | PluginKind::Resource
        | PluginKind::Action => Failure::Told,
    }
}

fn wait(err: &PluginError, tries: u32) -> Duration {
    let asked = match err {
        PluginError::Said { retry_after_ms, .. } => *retry_after_ms,
        _ => None,
    };
    let usual = WAIT_MS_MIN.saturating_mul(4_u64.saturating_pow(tries.saturating_sub(1)));
    Duration::from_millis(asked.unwrap_or(0).max(usual).min(WAIT_MS_MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel_ports::plugin::{PluginError, PluginKind};
    use wit_envelope::cache::CacheHit;

    use super::{Failure, failed};

    fn trap() -> PluginError {
        PluginError::Trap { plugin: "x".into(), message: "on purpose".into() }
    }

    fn said(code: &str, retry_after_ms: Option<u64>) -> PluginError {
        let (plugin, message) = ("x".into(), String::new());
        PluginError::Said { plugin, code: code.into(), message, retry_after_ms }
    }

    #[test]
    fn what_guards_something_fails_closed() {
        for (kind, function) in [
            (PluginKind::Secrets, "read"),
            (PluginKind::Identity, "exchange"),
            (PluginKind::Webhook, "receive"),
            (PluginKind::Model, "chat"),
            (PluginKind::Gateway, "handle"),
        ] {
            assert_eq!(failed(kind, function, &trap(), 1), Failure::Told, "{kind:?}");
        }
    }

    #[test]
    fn a_cache_that_fails_has_not_found_it() {
        let Failure::Answered(text) = failed(PluginKind::Cache, "find", &trap(), 1) else {
            panic!("no answer")
        };
        assert_eq!(serde_json::from_str::<CacheHit>(text).unwrap(), CacheHit::default());
        assert_eq!(failed(PluginKind::Cache, "commit", &trap(), 1), Failure::Told);
    }

    #[test]
    fn a_message_is_tried_again_while_that_may_help() {
        let again = |err: &PluginError, tries| failed(PluginKind::Notifier, "send", err, tries);
        let waits: Vec<Failure> = (1..=4).map(|tries| again(&trap(), tries)).collect();
        let ms = |ms| Failure::Again(Duration::from_millis(ms));
        assert_eq!(waits, [ms(250), ms(1_000), ms(4_000), Failure::Told]);
        assert_eq!(again(&said("unavailable", Some(3_000)), 1), ms(3_000));
        assert_eq!(again(&said("unavailable", Some(3_600_000)), 1), ms(10_000));
        assert_eq!(again(&said("invalid", None), 1), Failure::Told);
    }
}
