//! The life of plugins, as operators lead it: install, grant, bind, swap, quarantine.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_model::id::RunId;
use kernel_model::time::Time;

use crate::package::{Package, Upload};
use crate::plugin::{PluginInfo, PluginKind};
use crate::plugin_store::{Quarantine, Signature};
use crate::store::StoreError;

/// What the server may do with a plugin, and what it makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginState {
    /// Of the version that serves, or would.
    pub info: PluginInfo,
    pub source: PluginSource,
    pub status: PluginStatus,
    /// The newest first. Empty unless it was installed.
    pub versions: Vec<VersionState>,
    /// Its own one first.
    pub bindings: Vec<BindingState>,
}

/// How a plugin came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginSource {
    /// The server carries it.
    BuiltIn,
    /// It lies in the plugin folder.
    Folder,
    Installed,
}

/// Whether a plugin serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginStatus {
    Active,
    /// Another version serves, as this one kept crashing.
    FellBack {
        reason: String,
    },
    Quarantined {
        reason: String,
    },
    Disabled,
    /// Its binary cannot be used any more.
    Broken {
        reason: String,
    },
}

/// One version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionState {
    pub version: String,
    pub digest: String,
    pub origin: String,
    pub signature: Signature,
    pub installed_at: Time,
    pub is_active: bool,
    /// It waits for approval: what it asks for beyond the version that serves.
    pub asks_more: Option<Vec<String>>,
    pub quarantine: Option<Quarantine>,
}

/// A plugin under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingState {
    pub name: String,
    pub plugin: String,
    /// JSON, as it was given.
    pub config: String,
    /// What the operator lets it use.
    pub rules: Vec<String>,
    /// It may use all that its plugin asks for, whatever the rules say: that is built in.
    pub has_all: bool,
    /// Why it does not serve, if it does not.
    pub stopped: Option<String>,
    /// Kind and project for which it is the default.
    pub default_for: Vec<(String, String)>,
}

/// Where a binary comes from.
#[derive(Debug, Clone)]
pub enum InstallFrom {
    Given(Package),
    /// Somebody sends it.
    Upload(Upload),
    /// An address or a reference of a registry, and the SHA-256 that it must have.
    Reference {
        reference: String,
        digest: Option<String>,
    },
}

/// What the operator says at an installation.
#[derive(Debug, Clone, Default)]
pub struct InstallOptions {
    /// What it may use, such as `process:git`.
    pub rules: Vec<String>,
    /// It may use all that it asks for by name.
    pub grant_all: bool,
    /// Its configuration: a JSON object.
    pub config: Option<String>,
    pub allow_unsigned: bool,
    /// The name of the key that must have signed it.
    pub signer: Option<String>,
    /// If it is installed already, this is an upgrade of it.
    pub or_upgrade: bool,
    /// Versions that came from the same origin are forgotten: for one that is built again and again.
    pub replaces: bool,
    /// Of an upgrade: it may have what it asks for beyond the version that serves.
    pub approve: bool,
    /// The SHA-256 that the binary must have.
    pub digest: Option<String>,
}

/// What the operator says of a bundle.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// What each may use beside what it may already, by the name of the plugin.
    pub rules: BTreeMap<String, Vec<String>>,
    /// Each may use all that it asks for by name.
    pub grant_all: bool,
    pub allow_unsigned: bool,
    /// Upgrades may have what they ask for beyond the version that serves.
    pub approve: bool,
    /// The SHA-256 that the bundle must have.
    pub digest: Option<String>,
    /// What each must be, by the name of the plugin; then nothing else may be in the bundle. None:
    /// any bundle will do.
    pub pins: Option<BTreeMap<String, Pin>>,
}

/// What a plugin must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The SHA-256 of the binary.
    pub digest: String,
    /// The name of the key that must have signed it.
    pub signer: Option<String>,
}

/// What came of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub name: String,
    pub version: String,
    pub digest: String,
    pub outcome: InstallOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallOutcome {
    /// It serves.
    Active,
    /// The very same binary served already.
    Unchanged,
    /// It waits for approval, as it asks for this beyond the version that serves.
    Waiting { asks_more: Vec<String> },
}

/// What came of one plugin of a bundle.
#[derive(Debug)]
pub struct Imported {
    pub origin: String,
    pub result: Result<Installed, PluginAdminError>,
}

/// A version that was looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionVerified {
    pub version: String,
    pub digest: String,
    pub origin: String,
    pub is_active: bool,
    /// By the keys that are trusted now.
    pub signature: Signature,
    /// What does not hold any more, each with the way out.
    pub problems: Vec<String>,
}

/// The steps of an installation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Fetch,
    Verify,
    Inspect,
    Grant,
    Configure,
    Compile,
    Link,
    SelfTest,
    Activate,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "fetch",
            Self::Verify => "verify",
            Self::Inspect => "inspect",
            Self::Grant => "grant",
            Self::Configure => "configure",
            Self::Compile => "compile",
            Self::Link => "link",
            Self::SelfTest => "self-test",
            Self::Activate => "activate",
        })
    }
}

/// What a binding is to be.
#[derive(Debug, Clone, Default)]
pub struct BindingDraft {
    pub name: String,
    /// None: that of the binding of this name.
    pub plugin: Option<String>,
    /// None: as it was, or `{}`.
    pub config: Option<String>,
    /// None: as they were, or none.
    pub rules: Option<Vec<String>>,
    /// It becomes the default of this kind, in the project if one is named.
    pub default_for: Option<(PluginKind, String)>,
}

/// A line of a plugin's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLogLine {
    pub at: Time,
    /// `debug`, `info`, `warn`, `error`.
    pub level: &'static str,
    pub run: Option<RunId>,
    pub text: String,
}

/// Something that a plugin wanted and did not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub at: Time,
    pub binding: String,
    pub function: &'static str,
    pub run: Option<RunId>,
    /// Such as `process:git`.
    pub asked: String,
    /// What to do so that it is granted.
    pub way_out: String,
    pub count: u64,
    /// It may have it now.
    pub is_lifted: bool,
}

/// What the calls of one function of a binding have cost since the server started.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFigures {
    pub binding: String,
    pub digest: String,
    pub kind: PluginKind,
    pub function: &'static str,
    pub calls: u64,
    /// Those that found an instance started ahead of them.
    pub warm_calls: u64,
    /// Calls by outcome: those that did not succeed, by class.
    pub failures: Vec<(&'static str, u64)>,
    pub in_flight: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    /// Sums, in microseconds.
    pub queue_us: u64,
    pub instantiate_us: u64,
    pub run_us: u64,
    pub memory_peak_bytes: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// Why a plugin was not changed. What was active is active still.
#[derive(Debug, thiserror::Error)]
pub enum PluginAdminError {
    #[error("there is no plugin {name:?}")]
    Unknown { name: String, near: Option<String> },
    #[error("there is no binding {name:?}")]
    BindingUnknown { name: String, near: Option<String> },
    #[error("{plugin} {version} is installed already")]
    Exists { plugin: String, version: String },
    /// A stage of the installation said no.
    #[error("{plugin} was not installed: {stage}: {reason}")]
    Stage { plugin: String, stage: Stage, reason: String },
    #[error("{found:?} is no rule: {reason}")]
    Rule { found: String, reason: String },
    /// All problems at once.
    #[error("the configuration of {binding:?} does not fit: {}", problems.join("; "))]
    Config { binding: String, problems: Vec<String> },
    #[error("{name:?} cannot be the name of a binding: {reason}")]
    Name { name: String, reason: String },
    /// The plugin is there, but this cannot be done with it.
    #[error("{reason}")]
    Refused { reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("failed to {action}")]
    Io {
        action: String,
        #[source]
        err: std::io::Error,
    },
}

/// What operators do with plugins.
#[async_trait]
pub trait PluginAdmin: Send + Sync {
    /// By name.
    fn state_list(&self) -> Vec<PluginState>;
    fn state_get(&self, plugin: &str) -> Option<PluginState>;
    async fn install(
        &self,
        from: InstallFrom,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError>;
    /// Adds a version and makes it serve, or approves (`from` is none) the one that waits.
    async fn upgrade(
        &self,
        plugin: &str,
        from: Option<InstallFrom>,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError>;
    /// Makes another version that is kept serve, by version or the beginning of its digest. With a
    /// configuration, a JSON object, it has that from then on.
    async fn swap(
        &self,
        plugin: &str,
        to: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError>;
    /// Makes the version serve that did so before, as `swap` does.
    async fn rollback(
        &self,
        plugin: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError>;
    /// Lets it serve, or not; letting it serve lifts a quarantine.
    async fn enable(&self, plugin: &str, enabled: bool) -> Result<PluginState, PluginAdminError>;
    /// Forgets an installed plugin with its bindings; a built-in one of the name serves again.
    async fn remove(&self, plugin: &str) -> Result<(), PluginAdminError>;
    /// Installs or upgrades all plugins of a bundle. Nothing of it is used unless all of it can be
    /// trusted; a later stage may refuse one and not the others.
    async fn import(
        &self,
        bundle: Bytes,
        options: ImportOptions,
    ) -> Result<Vec<Imported>, PluginAdminError>;
    /// Reads the bytes of all versions that are kept again, and checks digests and signatures. The
    /// newest first.
    async fn verify(&self, plugin: &str) -> Result<Vec<VersionVerified>, PluginAdminError>;
    fn binding_list(&self) -> Vec<BindingState>;
    async fn bind(&self, draft: BindingDraft) -> Result<BindingState, PluginAdminError>;
    async fn unbind(&self, binding: &str) -> Result<(), PluginAdminError>;
    async fn grant(
        &self,
        binding: &str,
        rules: &[String],
    ) -> Result<BindingState, PluginAdminError>;
    async fn revoke(
        &self,
        binding: &str,
        rules: &[String],
    ) -> Result<BindingState, PluginAdminError>;
    /// The oldest first.
    fn log_lines(&self, plugin: &str) -> Result<Vec<PluginLogLine>, PluginAdminError>;
    /// The newest first.
    fn denials(&self, plugin: &str) -> Result<Vec<Denial>, PluginAdminError>;
    /// The busiest first.
    fn figures(&self) -> Vec<CallFigures>;
}
