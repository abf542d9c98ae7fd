//! What the operator allows plugins.

use std::collections::BTreeMap;

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error(
        "{found:?} is granted to {plugin:?}, but there is no such capability; known are {known}"
    )]
    Capability { plugin: String, found: String, known: String },
}

/// The capabilities that can be granted. `context`, `log` and `config` need no grant.
pub const GRANTABLE: [&str; 11] = [
    "output",
    "workspace",
    "process",
    "http",
    "kv",
    "secret-store",
    "secret-reveal",
    "keyring",
    "blob",
    "tcp",
    "kernel",
];
/// The capabilities that every plugin has.
pub(crate) const ALWAYS: [&str; 3] = ["context", "log", "config"];

/// The operator's rules. Built-in plugins get what their manifests ask for; all others get only
/// what is said here, and never more than they ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// By plugin: capability and a pattern of its parameter. None: all that the plugin asks for.
    rules: BTreeMap<String, Vec<(String, Option<String>)>>,
    /// Whether nothing but the start can grant: there is no server to tell.
    pub(crate) is_fixed: bool,
}

impl Policy {
    /// Returns a policy that grants nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants `plugin` what `rule` says: a capability, such as `workspace`, or a capability and a
    /// parameter in which `*` stands for anything, such as `process:git` or
    /// `http:GET *.example.com`. Without a parameter all that the plugin asks of the capability,
    /// the plugin of this moment: rules that are kept for later versions have one (`wish::settled`).
    pub fn grant(&mut self, plugin: &str, rule: &str) -> Result<(), PolicyError> {
        let (capability, parameter) = match rule.split_once(':') {
            Some((capability, parameter)) => (capability, Some(parameter.trim().to_owned())),
            None => (rule, None),
        };
        if !GRANTABLE.contains(&capability) && !ALWAYS.contains(&capability) {
            return Err(PolicyError::Capability {
                plugin: plugin.to_owned(),
                found: capability.to_owned(),
                known: GRANTABLE.join(", "),
            });
        }
        let rules = self.rules.entry(plugin.to_owned()).or_default();
        rules.push((capability.to_owned(), parameter));
        Ok(())
    }

    /// Returns the rules of this policy for `binding`, and these on top.
    pub(crate) fn with(&self, binding: &str, rules: &[String]) -> Self {
        let mut policy = Self { is_fixed: self.is_fixed, ..Self::default() };
        if let Some(own) = self.rules.get(binding) {
            policy.rules.insert(binding.to_owned(), own.clone());
        }
        for rule in rules {
            // Checked when they were given; a capability that is gone since grants nothing.
            if let Err(err) = policy.grant(binding, rule) {
                tracing::warn!("a stored grant is of no use: {err}");
            }
        }
        policy
    }

    /// Returns the patterns that the operator grants `plugin` for `capability`. None: all it asks.
    pub(crate) fn patterns<'a>(
        &'a self,
        plugin: &str,
        capability: &'a str,
    ) -> impl Iterator<Item = Option<&'a str>> {
        let rules = self.rules.get(plugin).map_or(&[][..], Vec::as_slice);
        rules.iter().filter(move |(c, _)| c == capability).map(|(_, pattern)| pattern.as_deref())
    }
}
