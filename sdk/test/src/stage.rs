//! A plugin in the real host, with doubles around it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kernel_blob::{Options, Storage};
use kernel_host::{CallLimits, GRANTABLE, Host, HostError, InspectError, Policy, Ports};
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_ports::api::ServerApi;
use kernel_ports::clock::Clock as _;
use kernel_ports::plugin::{
    CompiledSource, DriveCall, Driven, GatewayCall, Machine, MachineCall, MachineInput,
    MachineStep, PluginCall, PluginError, PluginInfo, PluginKind, Plugins as _,
};
use kernel_store_memory::MemoryStore;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wit_envelope::gateway::{GatewayRequest, GatewayResponse};
use wit_envelope::language::{CompileRequest, RunEvent};
use wit_envelope::manifest::Manifest;

use crate::clock::TestClock;
use crate::network::{Dialled, Network, Recorded, SentRequest};
use crate::seal::PlainKeyring;
use crate::server::Server;
use crate::vault::Vault;

/// The run of every call.
const RUN: RunId = RunId(1);

/// Why a plugin could not be put on a stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error("the component cannot be used: {0}")]
    Inspect(#[from] InspectError),
    #[error("the configuration does not fit its schema: {}", problems.join("; "))]
    Config { problems: Vec<String> },
    #[error("failed to set up the host")]
    Host(#[source] Box<HostError>),
    #[error("failed to set up what is around the host")]
    Io(#[from] io::Error),
    #[error("failed to set up the storage of volumes: {reason}")]
    Storage { reason: String },
}

/// What goes wrong around or inside of the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This capability is not granted.
    Denied(String),
    /// Each call runs out of time at once.
    Timeout,
    /// There is hardly any memory.
    Memory,
    /// Each call crashes.
    Trap,
}

/// Collects what is around the plugin.
#[derive(Debug)]
pub struct StageBuilder {
    wasm: Vec<u8>,
    config: Value,
    /// Whether the configuration must fit the plugin's schema.
    is_held: bool,
    vault: Vault,
    network: Network,
    server: Server,
    faults: Vec<Fault>,
    cache: Option<PathBuf>,
}

/// A plugin that can be called.
pub struct Stage {
    host: Arc<Host>,
    info: PluginInfo,
    manifest: Manifest,
    network: Arc<Network>,
    /// The host does not keep it alive.
    server: Arc<Server>,
    clock: Arc<TestClock>,
    runtime: Runtime,
    _dir: TempDir,
}

impl StageBuilder {
    /// Sets what the plugin reads as its configuration; `{}` unless set. It must fit the schema in
    /// the plugin's manifest, as on a server.
    #[must_use]
    pub fn config(self, config: Value) -> Self {
        Self { is_held: true, ..self.config_unchecked(config) }
    }

    /// Sets it as it is: what is missing was said before.
    #[must_use]
    pub(crate) fn config_unchecked(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    /// Sets a secret.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.vault.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Records an answer. Of several that fit, each is used once and the last one stays. What has
    /// none is `unavailable`.
    #[must_use]
    pub fn answer(self, recorded: Recorded) -> Self {
        self.network.record(recorded);
        self
    }

    /// Records a connection to a place, such as `db.example.com:5432`: all that is read of it, up to
    /// its end. It is used once; what has none is `unavailable`.
    #[must_use]
    pub fn connection(self, place: &str, read: impl Into<Vec<u8>>) -> Self {
        self.network.stream(place.to_owned(), read.into());
        self
    }

    /// Records an answer of the server's own API, at a path such as `/api/v1/runs`. As for
    /// [`Self::answer`].
    #[must_use]
    pub fn api(self, recorded: Recorded) -> Self {
        self.server.0.record(recorded);
        self
    }

    /// Lets something go wrong.
    ///
    /// # Panics
    /// Panics when [`Fault::Denied`] names no capability: nothing would be denied then.
    #[must_use]
    #[track_caller]
    pub fn fault(mut self, fault: Fault) -> Self {
        if let Some(denied) = fault.denied() {
            assert!(
                GRANTABLE.contains(&denied),
                "{denied:?} is no capability that can be denied; known are {}",
                GRANTABLE.join(", ")
            );
        }
        self.faults.push(fault);
        self
    }

    /// Keeps what is compiled in this directory, so that it is compiled once for many stages.
    #[must_use]
    pub fn cache(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache = Some(dir.into());
        self
    }

    /// Puts the plugin on the stage.
    pub fn build(self) -> Result<Stage, StageError> {
        let info = kernel_host::inspect(&self.wasm)?;
        let manifest = kernel_host::manifest(&self.wasm)?;
        if self.is_held {
            let config = self.config.to_string();
            let problems = kernel_host::config_problems(&manifest.config, &config);
            if !problems.is_empty() {
                return Err(StageError::Config { problems });
            }
        }
        let dir = tempfile::tempdir()?;
        let clock = Arc::new(TestClock::default());
        let (network, server) = (Arc::new(self.network), Arc::new(self.server));
        let storage = Storage::open(&dir.path().join("storage"), Options::default(), clock.clone())
            .map_err(|err| StageError::Storage { reason: err.to_string() })?;
        let ports = Ports {
            buckets: Arc::clone(&storage) as _,
            volumes: storage,
            kv: Arc::new(MemoryStore::default()),
            secrets: Arc::new(self.vault),
            clock: clock.clone(),
        };
        let cache = self.cache.unwrap_or_else(|| dir.path().join("cache"));
        let mut builder = Host::builder(cache, ports)
            .limits(limits(&self.faults))
            .keyring(Arc::new(PlainKeyring))
            .outside(network.clone())
            .config(&info.name, self.config);
        let denied: Vec<&str> = self.faults.iter().filter_map(Fault::denied).collect();
        if denied.is_empty() {
            builder = builder.built_in(&info.name, self.wasm);
        } else {
            // As a plugin of the operator's, which has what a policy grants.
            let plugins = dir.path().join("plugins");
            std::fs::create_dir(&plugins)?;
            std::fs::write(plugins.join("plugin.wasm"), self.wasm)?;
            builder = builder.plugin_dir(plugins).policy(policy(&info, &denied));
        }
        let host = builder.build().map_err(|err| StageError::Host(Box::new(err)))?;
        host.api_set(&(Arc::clone(&server) as Arc<dyn ServerApi>));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Stage { host, info, manifest, network, server, clock, runtime, _dir: dir })
    }
}

impl Fault {
    fn denied(&self) -> Option<&str> {
        match self {
            Self::Denied(capability) => Some(capability),
            Self::Timeout | Self::Memory | Self::Trap => None,
        }
    }
}

impl Stage {
    /// Begins to put a component on the stage: its bytes, as they were built.
    pub fn builder(wasm: impl Into<Vec<u8>>) -> StageBuilder {
        StageBuilder {
            wasm: wasm.into(),
            config: Value::Object(serde_json::Map::new()),
            is_held: false,
            vault: Vault::default(),
            network: Network::default(),
            server: Server::default(),
            faults: Vec::new(),
            cache: None,
        }
    }

    /// Returns what the binary says of itself.
    #[must_use]
    pub fn info(&self) -> &PluginInfo {
        &self.info
    }

    /// Returns its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the clock, which stands still until it is moved.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Returns the requests that were sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<SentRequest> {
        self.network.sent()
    }

    /// Returns the connections that were made, in order.
    #[must_use]
    pub fn dialled(&self) -> Vec<Dialled> {
        self.network.dialled()
    }

    /// Returns the calls of the server's own API, in order; the path stands as the URL.
    #[must_use]
    pub fn asked(&self) -> Vec<SentRequest> {
        self.server.0.sent()
    }

    /// Compiles and links the plugin, as a server does ahead of the first call.
    pub fn preload(&self) -> Result<(), PluginError> {
        match self.runtime.block_on(self.host.preload()).into_iter().next() {
            Some(err) => Err(err),
            None => Ok(()),
        }
    }

    /// Calls a function of a kind that answers at once. What the plugin says is handed on as it is:
    /// no failed call is tried again, and none counts as a miss.
    pub fn ask<A: DeserializeOwned>(
        &self,
        kind: PluginKind,
        function: &'static str,
        request: &impl Serialize,
    ) -> Result<A, PluginError> {
        let request = serde_json::to_string(request).map_err(|err| self.unreadable(&err))?;
        let answer = self.ask_text(kind, function, &request)?;
        serde_json::from_str(&answer).map_err(|err| self.unreadable(&err))
    }

    /// As [`Self::ask`], with JSON as text.
    pub fn ask_text(
        &self,
        kind: PluginKind,
        function: &'static str,
        request: &str,
    ) -> Result<String, PluginError> {
        let (binding, request) = (self.info.name.clone(), request.to_owned());
        let at = self.clock.now();
        let call = PluginCall { kind, binding, function, request, run: None, at };
        self.runtime.block_on(self.host.ask(&call))
    }

    /// Sends a request to a gateway.
    pub fn request(
        &self,
        head: &GatewayRequest,
        body: &[u8],
    ) -> Result<(GatewayResponse, Vec<u8>), PluginError> {
        let head = serde_json::to_string(head).map_err(|err| self.unreadable(&err))?;
        let (binding, body, at) = (self.info.name.clone(), body.to_vec(), self.clock.now());
        let call = GatewayCall { binding, head, body, at };
        let answer = self.runtime.block_on(self.host.gateway_call(call))?;
        let head = serde_json::from_str(&answer.head).map_err(|err| self.unreadable(&err))?;
        Ok((head, answer.body))
    }

    /// Calls a step machine, within a run.
    pub fn step(&self, kind: PluginKind, input: MachineInput) -> Result<MachineStep, PluginError> {
        let name = self.info.name.clone();
        let machine = match kind {
            PluginKind::Launcher => Machine::Launcher(name),
            PluginKind::Resource => {
                let resource = self.manifest.resource.clone().unwrap_or_default();
                Machine::Resource(resource.name)
            }
            _ => Machine::Action(name),
        };
        let call = MachineCall {
            machine,
            input,
            run: Some(RUN),
            step: Some((StepNo(1), "step".into())),
            attempt: 1,
            at: self.clock.now(),
            log: None,
            made_by: "".into(),
        };
        self.runtime.block_on(self.host.machine_call(call))
    }

    /// Has a language read a source.
    pub fn compile(&self, source: &str) -> Result<CompiledSource, PluginError> {
        let request = CompileRequest { source: source.to_owned(), ..CompileRequest::default() };
        self.runtime.block_on(self.host.compile(&self.info.name, &request))
    }

    /// Tells a language what happened.
    pub fn drive(
        &self,
        program: &str,
        state: &[u8],
        events: Vec<RunEvent>,
    ) -> Result<Driven, PluginError> {
        let call = DriveCall {
            language: self.info.name.as_str().into(),
            digest: self.info.digest.as_str().into(),
            run: RUN,
            at: self.clock.now(),
            program: program.into(),
            state: state.into(),
            events,
        };
        self.runtime.block_on(self.host.drive(call))
    }

    fn unreadable(&self, err: &serde_json::Error) -> PluginError {
        let message = format!("it is not what the contract says: {err}");
        PluginError::Answer { plugin: self.info.name.clone(), message }
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("plugin", &self.info.name).finish_non_exhaustive()
    }
}

fn limits(faults: &[Fault]) -> CallLimits {
    let mut limits = CallLimits { calls_at_once: 4, ..CallLimits::default() };
    for fault in faults {
        match fault {
            Fault::Timeout => {
                (limits.call_ms, limits.answer_ms, limits.compile_ms) = (0, 0, 0);
            }
            Fault::Memory => limits.memory_bytes = 1024,
            Fault::Trap => limits.instances = 0,
            Fault::Denied(_) => {}
        }
    }
    limits
}

/// Grants all that the plugin asks for, but what is denied.
fn policy(info: &PluginInfo, denied: &[&str]) -> Policy {
    let mut policy = Policy::new();
    for grant in &info.grants {
        if !denied.contains(&grant.capability.as_str()) {
            // Each comes from the list that rules are checked with.
            let _ = policy.grant(&info.name, &grant.capability);
        }
    }
    policy
}
