//! Which codes of `types.error` answer what a plugin of a kind cannot do.

use kernel_ports::plugin::PluginKind;

use super::{Outcome, hold};

/// What can be wrong with any request: itself, a grant, the outside, a limit, or that the plugin
/// does no such thing.
const ANY: [&str; 6] = ["invalid", "denied", "unavailable", "timeout", "limit", "unsupported"];

/// Holds the answer to a request that cannot be read to the codes that say so.
pub(super) fn unreadable(kind: PluginKind, code: &str) -> Outcome {
    one_of(kind, code, &ANY)
}

/// Holds a refusal to the codes that the contract has for the kind. `internal` is never among them:
/// it says that the plugin has a bug.
pub(super) fn refusal(kind: PluginKind, code: &str) -> Outcome {
    one_of(kind, code, &[&ANY, more(kind)].concat())
}

fn one_of(kind: PluginKind, code: &str, codes: &[&str]) -> Outcome {
    hold(codes.contains(&code), || {
        let (word, list) = (kind.word(), codes.join("`, `"));
        format!("{word}: it is refused with {code:?}, and the contract has `{list}` for that")
    })
}

/// Returns what else a kind can say of things that it keeps or knows.
fn more(kind: PluginKind) -> &'static [&'static str] {
    match kind {
        // The work can be lost, or have been ended by somebody.
        PluginKind::Launcher | PluginKind::Resource | PluginKind::Action => {
            &["not-found", "conflict", "abandoned", "cancelled"]
        }
        PluginKind::Gateway => &["not-found", "conflict"],
        PluginKind::Secrets | PluginKind::Model | PluginKind::Notifier => &["not-found"],
        // A miss is an answer without entry.
        PluginKind::Cache => &["conflict"],
        // They judge and translate; nothing is theirs to be missing.
        PluginKind::Language | PluginKind::Identity | PluginKind::Webhook => &[],
    }
}

#[cfg(test)]
mod tests {
    use kernel_ports::plugin::PluginKind;

    use super::{refusal, unreadable};

    #[test]
    fn a_bug_is_no_refusal_of_any_kind() {
        for kind in PluginKind::ALL {
            for code in ["internal", "oops", ""] {
                assert!(refusal(kind, code).is_err(), "{kind:?} {code:?}");
                assert!(unreadable(kind, code).is_err(), "{kind:?} {code:?}");
            }
            assert!(refusal(kind, "invalid").is_ok(), "{kind:?}");
        }
        assert!(refusal(PluginKind::Identity, "not-found").is_err());
        assert!(refusal(PluginKind::Secrets, "not-found").is_ok());
        assert!(unreadable(PluginKind::Secrets, "not-found").is_err());
    }
}
