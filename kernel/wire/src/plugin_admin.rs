//! The life of plugins: versions, bindings, grants, logs, figures.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::plugin::PluginKind;
use crate::time::Timestamp;

/// How a plugin came to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PluginSource {
    /// The server carries it.
    BuiltIn,
    /// It lies in the plugin folder of the server.
    Folder,
    Installed,
    /// A file that a client has looked into.
    #[default]
    File,
}

/// Whether a plugin serves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PluginStatus {
    #[default]
    Active,
    /// Another version serves, as this one kept crashing.
    FellBack,
    Quarantined,
    Disabled,
    /// Its binary cannot be used any more.
    Broken,
}

/// A version of an installed plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginVersion {
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    pub origin: String,
    /// Who has signed it. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    pub installed_at: Timestamp,
    /// It is the one that serves.
    pub active: bool,
    /// It waits for approval: what it asks for beyond the version that serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_more: Option<Vec<String>>,
    /// Why it may not serve any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
}

/// A plugin under a name, with a configuration and grants of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Such as `models/work`; the plugin's own name for the one that it always has.
    pub name: String,
    pub plugin: String,
    /// Secrets in it are references, such as `secret:NAME`.
    pub config: Value,
    /// What the operator lets it use, such as `process:git`.
    pub rules: Vec<String>,
    /// It may use all that its plugin asks for, as that is built in; rules only add to it.
    #[serde(default)]
    pub has_all: bool,
    /// Why it does not serve, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    pub default_for: Vec<BindingDefault>,
}

/// Where a binding serves if none is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingDefault {
    pub kind: PluginKind,
    /// Absent: in all projects that have no default of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// Makes or changes a binding. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingSet {
    /// Needed for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Fits the schema of the plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
    /// It serves from now on where no binding of the kind is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_for: Option<BindingDefault>,
}

/// Installs a plugin that the server fetches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginFetch {
    /// `https://…#sha256:…` or `oci://registry/repository:tag`.
    pub from: String,
    /// The SHA-256 that it must have. An address needs one, here or behind its `#`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A plugin in a form, which may have the other parameters of the query, too. Beside the component
/// it is as large as a body of JSON may be (`limits.body_max`).
#[derive(Debug, Clone, Default, PartialEq, Eq, ToSchema)]
pub struct PluginForm {
    /// The component itself, 256 MiB at the most. Absent: `from` says where it is.
    #[schema(value_type = Option<String>, format = Binary, content_media_type = "application/wasm")]
    pub component: Option<Vec<u8>>,
    /// `https://…` or `oci://registry/repository:tag`, fetched by the server.
    pub from: Option<String>,
    /// What it may use, such as `process:git`; may be repeated.
    #[schema(required = false)]
    pub grant: Vec<String>,
    /// Its configuration: the text of a JSON object.
    pub config: Option<String>,
    /// Of the component: what its `.minisig` holds, or its `.sig` in base64; may be repeated.
    #[schema(required = false)]
    pub signature: Vec<String>,
}

/// A bundle in a form, which may have the other parameters of the query, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, ToSchema)]
pub struct BundleForm {
    /// 256 MiB at the most.
    #[schema(value_type = String, format = Binary, content_media_type = "application/zstd")]
    pub bundle: Vec<u8>,
    /// What one may use, such as `resource-x=process:git`; may be repeated.
    #[schema(required = false)]
    pub grant: Vec<String>,
    /// The SHA-256 that one must have, as `NAME=SHA256`; may be repeated.
    #[schema(required = false)]
    pub pin: Vec<String>,
    /// The key that must have signed one that is pinned, as `NAME=KEY`; may be repeated.
    #[schema(required = false)]
    pub signer: Vec<String>,
}

/// What came of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstallOutcome {
    /// It serves.
    Active,
    /// The very same binary served already.
    Unchanged,
    /// It waits for approval.
    Waiting,
}

/// A plugin that was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginInstalled {
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    pub outcome: InstallOutcome,
    /// What it asks for beyond the version that serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks_more: Vec<String>,
}

/// Rules that are given or taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Such as `process:git`, `http:GET *.example.com`, `kv`.
    pub rules: Vec<String>,
}

/// Which version is to serve.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginSwap {
    /// A version, or the beginning of a digest.
    pub to: String,
    /// The configuration that it has from now on. Absent: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
}

/// What the version that served before has from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginRollback {
    /// The configuration. Absent: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
}

/// What a plugin's kept versions are worth today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginVerified {
    pub name: String,
    /// Whether everything about all of them holds.
    pub holds: bool,
    /// The newest first.
    pub versions: Vec<VersionVerified>,
}

/// A version whose bytes were hashed and whose signatures were checked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionVerified {
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    pub origin: String,
    /// It is the one that serves.
    pub active: bool,
    /// Who has signed it, by the keys that are trusted now. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// What does not hold any more, each with the way out.
    pub problems: Vec<String>,
}

/// What came of one plugin of a bundle: it was installed, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginImported {
    /// Where the bundle says that it came from.
    pub origin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<PluginInstalled>,
    /// The stage that said no, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A line of a plugin's own log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginLogLine {
    pub at: Timestamp,
    /// `debug`, `info`, `warn`, `error`.
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    pub text: String,
}

/// Something that a plugin wanted and did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// The last time.
    pub at: Timestamp,
    pub binding: String,
    /// The function that wanted it.
    pub function: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Such as `process:git`.
    pub asked: String,
    /// What to do so that it is granted.
    pub way_out: String,
    /// How often it was wanted.
    pub count: u64,
    /// It was granted since.
    #[serde(default)]
    pub granted_since: bool,
}

/// What the calls of one function of a binding have cost since the server started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginCalls {
    pub binding: String,
    pub digest: String,
    pub kind: PluginKind,
    pub function: String,
    pub calls: u64,
    /// Those that found an instance started ahead of them, as plugins that start slowly have.
    #[serde(default)]
    pub warm_calls: u64,
    /// Those that gave no result.
    pub failures: Vec<CallFailures>,
    pub in_flight: u64,
    /// Of the time of a call, without its time in the queue, in microseconds; to about an eighth.
    pub p50_us: u64,
    pub p99_us: u64,
    /// Sums over all calls, in microseconds.
    pub queue_us: u64,
    pub instantiate_us: u64,
    pub run_us: u64,
    /// The most that one call has taken.
    pub memory_peak_bytes: u64,
    /// What was handed in and out, over all calls.
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// Calls that ended in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallFailures {
    /// `said` (the plugin's own error), `trap`, `deadline`, `limit`, `denied`, `answer`, `link`,
    /// `host`.
    pub class: String,
    pub count: u64,
}
