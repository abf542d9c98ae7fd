//! A host with everything around it: a real store and volumes, one secret, a log to look into.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use kernel_blob::{Options, Storage};
use kernel_host::{CallLimits, Host, HostBuilder, Ports};
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::clock::System;
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::plugin::{
    Machine, MachineCall, MachineInput, MachineStep, PluginError, Plugins as _,
};
use kernel_ports::secret::{SecretError, Secrets};
use kernel_ports::store::StoreError;
use kernel_store_sqlite::SqliteStore;
use tempfile::TempDir;

use super::fixture;

pub(crate) const RUN: RunId = RunId(7);

/// A host, and what must live as long.
pub(crate) struct World {
    pub(crate) host: Arc<Host>,
    pub(crate) log: Arc<Sink>,
    _dir: TempDir,
}

impl World {
    /// Returns a host with the hostile plugin built in.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder.built_in("hostile", fixture::hostile()))
    }

    pub(crate) fn with(set: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let builder = Host::builder(fixture::compiled(), ports(&dir));
        let host = set(builder.limits(limits())).build().unwrap();
        Self { host, log: Arc::default(), _dir: dir }
    }

    /// Calls a function of the hostile plugin.
    pub(crate) async fn call(&self, name: &str, input: &str) -> Result<MachineStep, PluginError> {
        let (name, input) = (name.to_owned(), input.to_owned());
        self.send(MachineInput::Action { name, input }).await
    }

    /// Calls a function, and returns what it gave as JSON.
    pub(crate) async fn output(&self, name: &str, input: &str) -> String {
        self.call(name, input).await.unwrap().done.unwrap().output.to_string()
    }

    pub(crate) async fn send(&self, input: MachineInput) -> Result<MachineStep, PluginError> {
        let call = MachineCall {
            machine: Machine::Action("hostile".into()),
            input,
            made_by: "".into(),
            run: Some(RUN),
            step: Some((StepNo(3), "build/test".into())),
            attempt: 2,
            at: Time(1_700_000_000_000),
            log: Some(self.log.clone()),
        };
        self.host.machine_call(call).await
    }
}

/// Short times, so that what hangs is stopped soon.
pub(crate) fn limits() -> CallLimits {
    CallLimits { call_ms: 1_000, compile_ms: 1_000, calls_at_once: 16, ..CallLimits::default() }
}

pub(crate) fn ports(dir: &TempDir) -> Ports {
    let clock = Arc::new(System::default());
    let path = dir.path().join("storage");
    let storage = Storage::open(&path, Options::default(), clock.clone()).unwrap();
    Ports {
        buckets: Arc::clone(&storage) as _,
        volumes: storage,
        kv: Arc::new(SqliteStore::open(&dir.path().join("kv.db")).unwrap()),
        secrets: Arc::new(OneSecret),
        clock,
    }
}

/// Keeps what was printed. `panic` shows what a bug in the host does.
#[derive(Default)]
pub(crate) struct Sink(pub(crate) Mutex<Vec<(LogStream, Bytes)>>);

#[async_trait]
impl LogSink for Sink {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        assert_ne!(bytes, "panic", "on purpose");
        self.0.lock().unwrap().push((stream, bytes));
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

struct OneSecret;

#[async_trait]
impl Secrets for OneSecret {
    async fn secret_get(&self, run: RunId, name: &str) -> Result<String, SecretError> {
        match (run, name) {
            (RUN, "token") => Ok("s3cret".into()),
            _ => Err(SecretError::Missing { name: name.into() }),
        }
    }
}
