//! A scheduler with everything it needs: real files, an in-memory store, scripted plugins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::clock::System;
use kernel_ports::fetch::{Fetch, FetchError};
use kernel_ports::plugin::{
    CompiledSource, DriveCall, Driven, GatewayAnswer, GatewayCall, Machine, MachineCall,
    MachineInput, MachineStep, PluginCall, PluginError, PluginInfo, Plugins,
};
use kernel_ports::run::RunRow;
use kernel_ports::secret::{SecretError, Secrets};
use kernel_ports::store::Store;
use kernel_scheduler::{
    Parts, PipelineSource, RunStart, RunTree, Scheduler, SchedulerError, Settings,
};
use kernel_store_memory::MemoryStore;
use serde_json::{Value, json};
use wit_envelope::language::{CompileRequest, Compiled, RunInput, Trigger};
use wit_envelope::machine::{Outcome, Status};
use wit_envelope::resource::ResourceDescription;

use super::script::Script;

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) scheduler: Scheduler,
    parts: Parts,
    settings: Settings,
    _files: Arc<tempfile::TempDir>,
}

/// Returns whether an attempt is in progress.
pub(crate) fn one_runs(tree: &RunTree) -> bool {
    tree.run.open_attempts().any(|(_, attempt)| attempt.started_at.is_some())
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let files = tempfile::tempdir().unwrap();
        Self::on(Arc::new(MemoryStore::default()), settings, files).await
    }

    /// A world whose history is kept by `store`.
    pub(crate) async fn on(
        store: Arc<dyn Store>,
        settings: Settings,
        files: tempfile::TempDir,
    ) -> Self {
        let system = Arc::new(System::default());
        let options = kernel_blob::Options::default();
        let storage = kernel_blob::Storage::open(files.path(), options, system.clone()).unwrap();
        let nothing = Arc::new(Nothing);
        let parts = Parts {
            store,
            plugins: Arc::new(Scripted::default()),
            logs: storage.clone(),
            blobs: storage.clone(),
            volumes: storage,
            processes: Arc::new(kernel_process::Supervisor::new(vec![])),
            secrets: nothing.clone(),
            fetch: nothing,
            clock: system.clone(),
            entropy: system,
        };
        Self::begin(parts, settings, Arc::new(files)).await
    }

    async fn begin(parts: Parts, settings: Settings, files: Arc<tempfile::TempDir>) -> Self {
        let scheduler = Scheduler::start(parts.clone(), settings.clone()).await.unwrap();
        Self { scheduler, parts, settings, _files: files }
    }

    /// A new scheduler on the same store and files.
    pub(crate) async fn restart(self) -> Self {
        Self::begin(self.parts, self.settings, self._files).await
    }

    /// Sets the pipeline `test`.
    pub(crate) async fn set(&self, script: &Script) {
        let source = PipelineSource {
            file_name: "test.script".to_owned(),
            language: None,
            source: serde_json::to_string(script).unwrap(),
            vars: [].into(),
        };
        self.scheduler.pipeline_set(&Name::new("test").unwrap(), source, None).await.unwrap();
    }

    /// Sets the pipeline and starts a run of it.
    pub(crate) async fn start(
        &self,
        script: &Script,
        idempotency_key: Option<&str>,
    ) -> Result<(RunRow, bool), SchedulerError> {
        self.set(script).await;
        self.start_again(idempotency_key).await
    }

    /// Starts a run of the pipeline as it was set last.
    pub(crate) async fn start_again(
        &self,
        idempotency_key: Option<&str>,
    ) -> Result<(RunRow, bool), SchedulerError> {
        self.start_at(WorkspaceName::default(), idempotency_key).await
    }

    /// The same in a workspace.
    pub(crate) async fn start_in(&self, workspace: &str) -> Result<RunRow, SchedulerError> {
        let workspace = WorkspaceName::new(workspace).unwrap();
        self.start_at(workspace, None).await.map(|(row, _)| row)
    }

    async fn start_at(
        &self,
        workspace: WorkspaceName,
        idempotency_key: Option<&str>,
    ) -> Result<(RunRow, bool), SchedulerError> {
        let start = RunStart {
            behalf: None,
            pipeline: Name::new("test").unwrap(),
            version: None,
            workspace,
            input: RunInput::default(),
            trigger: Trigger { kind: "manual".into(), by: "ann".into(), data: Value::Null },
            idempotency_key: idempotency_key.map(str::to_owned),
            secrets: vec![],
        };
        self.scheduler.run_start(start).await
    }

    pub(crate) async fn try_run(&self, script: Script) -> Result<RunId, SchedulerError> {
        self.start(&script, None).await.map(|(row, _)| row.id)
    }

    pub(crate) async fn run(&self, script: Script) -> RunId {
        self.try_run(script).await.unwrap()
    }

    pub(crate) async fn tree(&self, run: RunId) -> RunTree {
        self.scheduler.run_tree(run).await.unwrap()
    }

    /// Waits until a run looks as wanted.
    pub(crate) async fn until(&self, run: RunId, wanted: impl Fn(&RunTree) -> bool) -> RunTree {
        let since = Instant::now();
        loop {
            let tree = self.tree(run).await;
            if wanted(&tree) {
                return tree;
            }
            assert!(since.elapsed() < PATIENCE, "it never comes: {tree:#?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn ended(&self, run: RunId) -> RunTree {
        self.until(run, |tree| tree.row.ended_at.is_some()).await
    }

    /// The values of succeeded steps, by path.
    pub(crate) fn values(&self, tree: &RunTree) -> Value {
        use kernel_model::step::StepState;
        let mut values = json!({});
        for step in &tree.run.steps {
            if let StepState::Ended { value, .. } = &step.state {
                values[step.node.path.as_str()] = serde_json::from_str(value).unwrap();
            }
        }
        values
    }
}

/// The scripted language, and an action plugin with a few habits.
#[derive(Default)]
struct Scripted {
    counters: Mutex<HashMap<String, u64>>,
}

impl Scripted {
    fn count(&self, key: &str) -> u64 {
        let mut counters = self.counters.lock().unwrap();
        let counter = counters.entry(key.to_owned()).or_default();
        *counter += 1;
        *counter
    }

    fn action(&self, call: &MachineCall, name: &str, input: &Value) -> MachineStep {
        match name {
            "echo" => done(Outcome::succeeded(input.clone())),
            "count" => done(Outcome::succeeded(json!(self.count(input.as_str().unwrap())))),
            "refuse" => done(Outcome { retryable: false, ..failed("no") }),
            // Fails until its nth call in this world.
            "fail-until" => {
                let path = &call.step.as_ref().unwrap().1;
                let n = self.count(path);
                if n < input.as_u64().unwrap() {
                    return done(failed("not yet"));
                }
                done(Outcome::succeeded(json!(n)))
            }
            "sleep-once" if call.attempt > 1 => done(Outcome::succeeded(json!("woke"))),
            "sleep" | "sleep-once" | "deaf" => wait(name, input.as_u64().unwrap()),
            name => panic!("no action {name}"),
        }
    }
}

fn done(outcome: Outcome) -> MachineStep {
    MachineStep {
        done: Some(outcome),
        state: [].into(),
        made_by: "".into(),
        wake_after_ms: None,
        effects: vec![],
    }
}

fn wait(name: &str, ms: u64) -> MachineStep {
    let state = name.as_bytes().into();
    MachineStep { done: None, state, made_by: "".into(), wake_after_ms: Some(ms), effects: vec![] }
}

fn failed(message: &str) -> Outcome {
    Outcome {
        status: Status::Failed,
        message: Some(message.to_owned()),
        retryable: true,
        output: Value::Null,
    }
}

#[async_trait]
impl Plugins for Scripted {
    fn plugin_list(&self) -> Vec<PluginInfo> {
        vec![]
    }

    fn plugin_get(&self, _: &str) -> Option<PluginInfo> {
        None
    }

    fn resource_list(&self) -> Vec<ResourceDescription> {
        vec![]
    }

    fn language_find(&self, _: Option<&str>, _: &str) -> Result<Arc<str>, PluginError> {
        Ok("script".into())
    }

    async fn compile(
        &self,
        _: &str,
        request: &CompileRequest,
    ) -> Result<CompiledSource, PluginError> {
        let compiled = Compiled { program: request.source.clone(), ..Compiled::default() };
        let digest = "script".to_owned();
        Ok(CompiledSource { compiled: Some(compiled), diagnostics: vec![], digest })
    }

    async fn drive(&self, call: DriveCall) -> Result<Driven, PluginError> {
        let script: Script = serde_json::from_str(&call.program).unwrap();
        let (state, commands) = script.drive(&call.state, &call.events);
        Ok(Driven { state: state.into(), commands })
    }

    async fn machine_call(&self, call: MachineCall) -> Result<MachineStep, PluginError> {
        assert_eq!(call.machine, Machine::Action("test".to_owned()));
        Ok(match &call.input {
            MachineInput::Action { name, input } => {
                self.action(&call, name, &serde_json::from_str(input).unwrap())
            }
            MachineInput::Cancel { state, .. } if &**state == b"deaf" => wait("deaf", 60_000),
            MachineInput::Cancel { .. } => done(failed("stopped")),
            MachineInput::Resume { .. } => done(Outcome::succeeded(json!("woke"))),
            input => panic!("{input:?}"),
        })
    }

    async fn plugin_call(&self, call: PluginCall) -> Result<String, PluginError> {
        panic!("{call:?}")
    }

    async fn gateway_call(&self, call: GatewayCall) -> Result<GatewayAnswer, PluginError> {
        panic!("{call:?}")
    }
}

/// No secrets, no outside.
struct Nothing;

#[async_trait]
impl Secrets for Nothing {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.to_owned() })
    }
}

#[async_trait]
impl Fetch for Nothing {
    async fn fetch(&self, url: &str, _: usize) -> Result<String, FetchError> {
        Err(FetchError::Denied { url: url.to_owned(), reason: "this is a test".to_owned() })
    }

    async fn fetch_here(&self, url: &str, bytes_max: usize) -> Result<String, FetchError> {
        self.fetch(url, bytes_max).await
    }
}
