//! What the scheduler needs of plugins.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use wit_envelope::language::{Command, CompileRequest, Compiled, RunEvent};
use wit_envelope::machine::Outcome;
use wit_envelope::resource::{Operation, ResourceDescription};

use crate::log::LogSink;

/// Kinds of plugins, by what they export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginKind {
    Language,
    Launcher,
    Resource,
    Action,
    Secrets,
    Cache,
    Model,
    Identity,
    Webhook,
    Notifier,
    Gateway,
}

impl PluginKind {
    /// All kinds, in the order of the contract.
    pub const ALL: [Self; 11] = [
        Self::Language,
        Self::Launcher,
        Self::Resource,
        Self::Action,
        Self::Secrets,
        Self::Cache,
        Self::Model,
        Self::Identity,
        Self::Webhook,
        Self::Notifier,
        Self::Gateway,
    ];

    /// Returns the name of the interface that makes a plugin one of this kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Launcher => "launcher",
            Self::Resource => "resource",
            Self::Action => "action",
            Self::Secrets => "secrets",
            Self::Cache => "cache",
            Self::Model => "model",
            Self::Identity => "identity",
            Self::Webhook => "webhook",
            Self::Notifier => "notifier",
            Self::Gateway => "gateway",
        }
    }

    /// Returns the kind of that name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// An installed plugin, as it was read from its binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginInfo {
    /// The name of its binding, such as `launcher-process`.
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, lower-case hex.
    pub digest: String,
    /// In bytes, of the component.
    pub size: u64,
    pub kinds: Vec<PluginKind>,
    /// The interfaces that it exports and imports, with versions.
    pub exports: Vec<String>,
    pub imports: Vec<String>,
    /// What it asks for, wish by wish, and what of that it may use.
    pub grants: Vec<GrantInfo>,
    pub summary: String,
    /// Where it came from: `built-in` or a file.
    pub origin: String,
}

/// One thing that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantInfo {
    pub capability: String,
    /// Such as a program or a host. None: the capability as a whole.
    pub parameter: Option<String>,
    /// Why the plugin wants it, in its own words.
    pub reason: String,
    pub granted: Granted,
}

/// How much of a wish is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    All,
    /// These parameters, each narrower than what is asked.
    Part(Vec<String>),
    Nothing,
}

/// A remark about a source. Lines and columns count from 1; 0: the source as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub is_error: bool,
    pub code: String,
    pub message: String,
    pub line: u32,
    pub column: u32,
    pub hint: Option<String>,
}

/// A source and its meaning.
#[derive(Debug, Clone)]
pub struct CompiledSource {
    /// None when a diagnostic is an error.
    pub compiled: Option<Compiled>,
    pub diagnostics: Vec<Diagnostic>,
    /// Digest of the language plugin.
    pub digest: String,
}

/// A call of a language.
#[derive(Debug, Clone)]
pub struct DriveCall {
    /// The name of the language's binding.
    pub language: Arc<str>,
    /// Use this version of the plugin while it is there.
    pub digest: Arc<str>,
    pub run: RunId,
    pub at: Time,
    pub program: Arc<str>,
    pub state: Arc<[u8]>,
    pub events: Vec<RunEvent>,
}

/// The language's answer.
#[derive(Debug, Clone)]
pub struct Driven {
    pub state: Arc<[u8]>,
    pub commands: Vec<Command>,
}

/// Which step machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Machine {
    /// A launcher, by the name of its binding: `process`, or `launcher-process` in full.
    Launcher(String),
    /// A resource, by the name that it gives itself.
    Resource(String),
    /// An action plugin, by the name of its binding.
    Action(String),
}

/// A way to log in by another system: an identity plugin that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityWay {
    /// What rules and addresses call it: the binding without its kind.
    pub name: String,
    /// The name of the binding.
    pub binding: String,
    /// For people.
    pub title: String,
}

/// What a step machine is told.
#[derive(Debug, Clone)]
pub enum MachineInput {
    /// JSON of the contract (`LaunchSpec`).
    Launch {
        spec: String,
    },
    /// JSON of the contract (`ResourceRequest`).
    Resource {
        operation: Operation,
        request: String,
    },
    Action {
        name: String,
        input: String,
    },
    Resume {
        state: Arc<[u8]>,
        kind: String,
        handle: Option<String>,
        data: String,
    },
    Cancel {
        state: Arc<[u8]>,
        grace_ms: u64,
    },
}

/// A call of a step machine.
#[derive(Clone)]
pub struct MachineCall {
    pub machine: Machine,
    pub input: MachineInput,
    /// The version of the plugin that gave the state in `input`; empty: it has none yet.
    pub made_by: Arc<str>,
    /// None outside of a run, for polls.
    pub run: Option<RunId>,
    pub step: Option<(StepNo, String)>,
    pub attempt: u32,
    pub at: Time,
    /// Where `output` goes.
    pub log: Option<Arc<dyn LogSink>>,
}

impl std::fmt::Debug for MachineCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineCall")
            .field("machine", &self.machine)
            .field("run", &self.run)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// A call of a plugin that answers at once: secrets, cache, model, identity, webhook, notifier.
#[derive(Clone)]
pub struct PluginCall {
    pub kind: PluginKind,
    /// Empty: the default binding of the kind.
    pub binding: String,
    /// A function of the kind's interface, such as `read`.
    pub function: &'static str,
    /// JSON of the contract.
    pub request: String,
    /// None outside of a run.
    pub run: Option<RunId>,
    pub at: Time,
}

impl std::fmt::Debug for PluginCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The request may hold what nobody must see.
        f.debug_struct("PluginCall")
            .field("kind", &self.kind)
            .field("binding", &self.binding)
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

/// A request to a gateway.
#[derive(Debug, Clone)]
pub struct GatewayCall {
    /// Empty: the default binding.
    pub binding: String,
    /// JSON of the contract (`GatewayRequest`).
    pub head: String,
    pub body: Vec<u8>,
    pub at: Time,
}

/// A gateway's response.
#[derive(Debug, Clone)]
pub struct GatewayAnswer {
    /// JSON of the contract (`GatewayResponse`).
    pub head: String,
    pub body: Vec<u8>,
}

/// The machine's answer.
#[derive(Debug, Clone)]
pub struct MachineStep {
    pub done: Option<Outcome>,
    pub state: Arc<[u8]>,
    /// The digest of the version that gave it.
    pub made_by: Arc<str>,
    pub wake_after_ms: Option<u64>,
    /// In the order in which they were asked for.
    pub effects: Vec<Effect>,
}

/// What a machine asks the kernel to do once its answer is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    ProcessStart(Box<CommandRequest>),
    /// The name is one that [`crate::process::Signal::parse`] knows.
    ProcessSignal {
        handle: String,
        signal: String,
    },
}

/// A program that a machine wants started. Strings may hold secret references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandRequest {
    pub handle: String,
    pub program: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub stdin: Vec<u8>,
    /// Volume and path.
    pub mounts: Vec<(String, String)>,
    pub dir: Option<String>,
    pub user: Option<String>,
    pub nice: Option<i32>,
    pub rlimits: BTreeMap<String, u64>,
    pub capture_stdout: usize,
    pub capture_stderr: usize,
    /// `all`, `stderr` or `none`.
    pub log: String,
}

/// Why a call of a plugin gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PluginError {
    #[error("there is no {kind} {name:?}; installed are: {known}")]
    Unknown { kind: &'static str, name: String, known: String },
    /// The plugin's own error.
    #[error("{plugin}: {message}")]
    Said { plugin: String, code: String, message: String, retry_after_ms: Option<u64> },
    /// A bug in the plugin.
    #[error("{plugin} crashed: {message}")]
    Trap { plugin: String, message: String },
    #[error("{plugin} took longer than {limit_ms} ms in `{function}` and was stopped")]
    Deadline { plugin: String, function: String, limit_ms: u64 },
    #[error("{plugin} was stopped at its limit: {message}")]
    Limit { plugin: String, message: String },
    #[error("{plugin} asks for `{capability}`, which is not granted; {way_out}")]
    Denied { plugin: String, capability: String, way_out: String },
    /// Its answer is not what the contract says.
    #[error("{plugin} gave an answer that cannot be read: {message}")]
    Answer { plugin: String, message: String },
    #[error("{plugin} could not be started: {message}")]
    Link { plugin: String, message: String },
    /// It is there, but does not serve.
    #[error("{plugin} does not serve: {reason}")]
    Stopped { plugin: String, reason: String },
    #[error("the call of {plugin} failed in the host: {message}")]
    Host { plugin: String, message: String },
}

impl PluginError {
    /// Returns whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Said { code, .. } => {
                matches!(code.as_str(), "unavailable" | "timeout" | "abandoned" | "internal")
            }
            Self::Trap { .. } | Self::Deadline { .. } | Self::Host { .. } => true,
            Self::Unknown { .. }
            | Self::Limit { .. }
            | Self::Denied { .. }
            | Self::Answer { .. }
            | Self::Link { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

/// The plugins that are there.
#[async_trait]
pub trait Plugins: Send + Sync {
    fn plugin_list(&self) -> Vec<PluginInfo>;
    fn plugin_get(&self, name: &str) -> Option<PluginInfo>;
    /// What resources there are, for languages.
    fn resource_list(&self) -> Vec<ResourceDescription>;
    /// How visitors can log in by other systems, by name.
    fn identity_list(&self) -> Vec<IdentityWay> {
        Vec::new()
    }
    /// Returns the binding that somebody has made the default of a kind, for this project or for
    /// the server.
    fn default_binding(&self, kind: PluginKind) -> Option<Arc<str>> {
        let _ = kind;
        None
    }
    /// Returns the language for a name (`yaml` or `language-yaml`) or, without one, for a file name.
    fn language_find(&self, name: Option<&str>, file_name: &str) -> Result<Arc<str>, PluginError>;
    async fn compile(
        &self,
        language: &str,
        request: &CompileRequest,
    ) -> Result<CompiledSource, PluginError>;
    async fn drive(&self, call: DriveCall) -> Result<Driven, PluginError>;
    async fn machine_call(&self, call: MachineCall) -> Result<MachineStep, PluginError>;
    /// Calls a plugin that answers at once, and returns its JSON.
    async fn plugin_call(&self, call: PluginCall) -> Result<String, PluginError>;
    async fn gateway_call(&self, call: GatewayCall) -> Result<GatewayAnswer, PluginError>;
}
