//! What is kept about installed plugins, so that a restart finds them as they were.
//!
//! The binaries themselves lie in files, by digest; here are the facts about them.

use async_trait::async_trait;
use kernel_model::time::Time;

use crate::store::StoreError;

/// Who vouches for a binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    Unsigned,
    /// `by` is the name of a key of the trust store.
    Signed {
        by: String,
    },
}

/// One installed binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRecord {
    /// SHA-256 of the component, lower-case hex.
    pub digest: String,
    pub version: String,
    pub size: u64,
    /// Where it came from: a file name, an address, a reference of a registry.
    pub origin: String,
    pub signature: Signature,
    /// What it asks for, as rules such as `process:git`.
    pub asked: Vec<String>,
    pub installed_at: Time,
    /// Why it may not serve any more.
    pub quarantine: Option<Quarantine>,
}

/// A version was taken out of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    pub reason: String,
    pub at: Time,
}

/// An installed plugin with the versions that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRecord {
    pub name: String,
    /// In the order in which they were installed.
    pub versions: Vec<VersionRecord>,
    /// The digest of the version that serves.
    pub active: String,
    /// The digest of the one that served before it, for a rollback.
    pub previous: Option<String>,
    /// The digest of one that asks for more than was approved, and waits.
    pub pending: Option<String>,
    pub enabled: bool,
}

/// A plugin under a name, with a configuration and grants of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingRecord {
    /// Such as `models/work`; that of the plugin itself for the one that it always has.
    pub name: String,
    pub plugin: String,
    /// A JSON object. Secrets in it are references.
    pub config: String,
    /// What the operator lets it use, such as `process:git`.
    pub rules: Vec<String>,
    /// The digest of the version whose wishes the rules were given for.
    pub decided_for: String,
}

/// The binding that serves a kind where none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRecord {
    pub kind: String,
    pub project: String,
    pub binding: String,
}

/// Everything that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginFacts {
    /// By name, like the others.
    pub plugins: Vec<PluginRecord>,
    pub bindings: Vec<BindingRecord>,
    /// By kind, then project.
    pub defaults: Vec<DefaultRecord>,
}

/// A change of one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginChange {
    /// Replaces the plugin of that name as a whole.
    Plugin(PluginRecord),
    PluginGone {
        name: String,
    },
    /// Replaces the binding of that name.
    Binding(BindingRecord),
    /// Takes the defaults that name it along.
    BindingGone {
        name: String,
    },
    Default(DefaultRecord),
    DefaultGone {
        kind: String,
        project: String,
    },
}

/// Keeps the facts.
#[async_trait]
pub trait PluginStore: Send + Sync {
    async fn plugin_facts(&self) -> Result<PluginFacts, StoreError>;
    /// Makes all of these changes in this order, or none.
    async fn plugin_change(&self, changes: &[PluginChange]) -> Result<(), StoreError>;
}
