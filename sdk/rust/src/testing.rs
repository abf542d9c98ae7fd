//! The capabilities as doubles, for tests of a plugin's decisions on the author's machine.
//!
//! What a plugin asks for is recorded, and what it reads was put there by the test. There is one
//! host per thread, and thus per test.
//!
//! Invariants:
//! - Not part of a component: this module exists on targets other than WebAssembly only.
//! - Nothing is started, sent or written outside of the memory.

pub(crate) mod blob;
pub mod context;
pub mod http;
pub mod kernel;
pub mod keyring;
pub mod kv;
mod manifest_text;
pub mod secret;
pub mod tcp;
pub mod workspace;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use wit_envelope::gateway::GatewayDescription;
use wit_envelope::manifest::Manifest;

use crate::bindings::imports::tenon::plugin::types;
use crate::log::Level;
use crate::process::{Command, Signal};

/// As the contract's own functions answer.
type HostResult<T> = Result<T, types::Error>;

/// What a call asked the kernel to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start a program.
    Start {
        /// The name of the process within the attempt.
        handle: String,
        /// What to start.
        command: Command,
    },
    /// Send a signal to the tree of a process.
    Signal {
        /// The name of the process within the attempt.
        handle: String,
        /// Which signal.
        signal: Signal,
    },
}

/// What stands in for the kernel.
#[derive(Debug, Clone)]
pub struct Host {
    /// What [`config`](crate::config::config) reads.
    pub config: Value,
    /// What [`context`](crate::context) says.
    pub context: context::Facts,
    /// What the plugin asked for.
    pub effects: Vec<Effect>,
    /// The plugin's own log.
    pub logs: Vec<(Level, String)>,
    /// The step's standard output.
    pub stdout: Vec<u8>,
    /// The step's standard error.
    pub stderr: Vec<u8>,
    /// Files by volume and path.
    pub volumes: BTreeMap<String, workspace::Files>,
    /// The binding's map: value and version by key.
    pub kv: BTreeMap<String, (Vec<u8>, u64)>,
    /// Blobs by bucket and key.
    pub blobs: BTreeMap<(String, String), Vec<u8>>,
    /// Values by name.
    pub secrets: BTreeMap<String, String>,
    /// The requests that were sent, in order.
    pub sent: Vec<http::Sent>,
    /// What they are answered with, in order.
    pub answers: VecDeque<http::Canned>,
    /// The connections that were made, in order.
    pub dialled: Vec<tcp::Dialled>,
    /// What is read from them, in order: all bytes up to the end of each.
    pub streams: VecDeque<Vec<u8>>,
    /// The calls of the server's own API, in order.
    pub asked: Vec<kernel::Asked>,
    /// What they are answered with, in order: status and body.
    pub api: VecDeque<(u16, String)>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            config: json!({}),
            context: context::Facts::default(),
            effects: Vec::new(),
            logs: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            volumes: BTreeMap::new(),
            kv: BTreeMap::new(),
            blobs: BTreeMap::new(),
            secrets: BTreeMap::new(),
            sent: Vec::new(),
            answers: VecDeque::new(),
            dialled: Vec::new(),
            streams: VecDeque::new(),
            asked: Vec::new(),
            api: VecDeque::new(),
        }
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// Looks at or changes the host of this thread.
pub fn with<T>(act: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(act)
}

/// Forgets everything, as if the thread were new.
pub fn reset() {
    with(|host| *host = Host::default());
}

/// Takes what was asked for since the last call.
#[must_use]
pub fn effects() -> Vec<Effect> {
    with(|host| std::mem::take(&mut host.effects))
}

/// Fails the test when `text` is no manifest of the package `name` in `version`.
///
/// # Panics
/// That is how it fails the test.
#[track_caller]
pub fn check_manifest(text: &str, name: &str, version: &str) {
    let manifest: Manifest = match serde_json::from_str(text) {
        Ok(manifest) => manifest,
        Err(err) => panic!("the manifest is not readable: {err}"),
    };
    assert_eq!(manifest.name, name, "the manifest's name is that of the package");
    assert_eq!(manifest.version, version, "the manifest's version is that of the package");
    assert_eq!(manifest.contract, "1.0.0", "the contract is the one of this SDK");
    assert!(!manifest.summary.is_empty(), "the manifest has a summary");
    for request in &manifest.requests {
        let name = request.capability.as_str();
        assert!(!request.reason.is_empty(), "the request of {name:?} has a reason");
        if let Some(example) = part_of(name) {
            assert!(
                !request.parameters.is_empty(),
                "the request of {name:?} names what the plugin needs, such as {example:?}"
            );
        }
    }
    // A misspelt key would be ignored by the kernel, as it may come from a newer contract.
    // What is left out when there is none of it is there to be known, too.
    let whole = Manifest { gateway: Some(GatewayDescription::default()), ..Manifest::default() };
    let known = serde_json::to_value(whole).unwrap_or_default();
    let given: Value = serde_json::from_str(text).unwrap_or_default();
    for key in given.as_object().into_iter().flatten().map(|(key, _)| key) {
        assert!(known.get(key).is_some(), "the manifest has a key {key:?} that means nothing");
    }
}

/// Fails the test when the manifest's `config` is not the schema of the type `T`; with
/// `UPDATE_EXPECT=1` it is put into the file at `path`.
///
/// # Panics
/// That is how it fails the test.
#[track_caller]
pub fn check_config<T: schemars::JsonSchema>(path: &std::path::Path) {
    let schema = serde_json::to_value(schemars::schema_for!(T)).expect("a schema is JSON");
    let mut text = std::fs::read_to_string(path).expect("the manifest can be read");
    let config = |text: &str| -> Value {
        let manifest: Value = serde_json::from_str(text).expect("the manifest is JSON");
        manifest["config"].clone()
    };
    if config(&text) != schema && std::env::var_os("UPDATE_EXPECT").is_some() {
        text = manifest_text::with_config(&text, &schema).expect("the manifest is an object");
        std::fs::write(path, &text).expect("the manifest can be written");
    }
    assert_eq!(
        config(&text),
        schema,
        "the manifest's `config` is not the schema of the type; run with UPDATE_EXPECT=1"
    );
}

/// Returns what may be asked of a capability that is granted part by part.
fn part_of(capability: &str) -> Option<&'static str> {
    Some(match capability {
        "http" => "GET api.example.com",
        "process" => "git",
        "tcp" => "db.example.com:5432",
        "blob" => "reports",
        "kernel" => "GET /api/v1/runs/*",
        "secret-store" | "secret-reveal" => "api-token",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn what_is_granted_part_by_part_is_named() {
        assert_eq!(part_of("process"), Some("git"));
        assert_eq!(part_of("kv"), None);
    }
}
