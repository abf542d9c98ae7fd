//! What a language compiles, is told, and commands.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::launch::{LaunchSpec, Mount};
use crate::machine::Status;
use crate::policy::StepOptions;
use crate::resource::{Operation, ResourceDescription};

/// Argument of `language.compile`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CompileRequest {
    pub source: String,
    /// For messages only.
    pub file_name: String,
    /// Values that are fixed when the pipeline is set.
    pub vars: BTreeMap<String, Value>,
    /// The resource plugins that are there, by the name that pipelines use.
    pub resources: Vec<ResourceDescription>,
}

/// What a source means (`language.compiled.plan`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Compiled {
    /// For `drive`; the kernel does not look inside.
    pub program: String,
    /// The names that a run may be limited to (`input.jobs`), in order.
    pub jobs: Vec<JobSummary>,
    /// What to look at from time to time.
    pub polls: Vec<Poll>,
    /// Names that are taken from the run's `input.args` or, failing that, from secrets.
    pub open_vars: Vec<String>,
}

/// A job, for lists and graphs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSummary {
    pub name: String,
    /// Jobs that must succeed before this one.
    pub needs: Vec<String>,
}

/// A resource to check from time to time. New versions start a run, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Poll {
    /// The resource's name in the pipeline.
    pub name: String,
    pub every_ms: u64,
    /// The check: a resource operation or a launch whose stdout is a JSON list of versions.
    pub work: Work,
    /// Jobs to start (`input.jobs` of the run).
    pub jobs: Vec<String>,
    /// Whether each version gets a run of its own; else only the newest does.
    pub every_version: bool,
}

/// A unit of work for the kernel.
#[expect(clippy::large_enum_variant, reason = "it lives for one call, between two texts")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Work {
    /// A command for a launcher. Output: `Launched`.
    Launch {
        /// The binding of the launcher; absent: the run's, else the server's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        launcher: Option<String>,
        spec: LaunchSpec,
        /// Directories that outlive the run.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        caches: Vec<CacheMount>,
    },
    /// A resource plugin's function. Output: `Checked` or `Got`.
    Resource {
        operation: Operation,
        /// The name that the plugin gives itself, such as `git`.
        resource: String,
        #[serde(default)]
        source: Value,
        #[serde(default)]
        params: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        volume: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inputs: Vec<Mount>,
    },
    /// An action plugin's function. Output: what the function gives.
    Action {
        plugin: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    /// Reads a text, at most 1 MiB. Output: a string.
    /// `uri` is `volume:NAME:PATH` (the last colon counts), or `http(s)://…` to a public address.
    Read { uri: String },
}

impl Default for Work {
    fn default() -> Self {
        Self::Read { uri: String::new() }
    }
}

/// A cache of a launch: restored into `volume` before its first use in the run, kept again at the
/// end of the run. A miss is an empty directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheMount {
    pub volume: String,
    /// Unique within the pipeline.
    pub key: String,
    /// Relative to the working directory of the step.
    pub path: String,
}

/// An event of a run, as its language sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum RunEvent {
    /// The first event of each run.
    Started { run: RunFacts, input: RunInput },
    /// A step that the language started has ended, after all its attempts.
    StepEnded {
        path: String,
        status: Status,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        output: Value,
    },
    /// A timer of the language fired.
    Timer { name: String },
    /// The answer to `fact-get`: what the pipeline remembers, null for what it does not.
    Facts { query: String, values: BTreeMap<String, Value> },
    /// Somebody asks the run to stop. The language should cancel its steps, run what must run
    /// (such as hooks), and finish. Comes at most once.
    CancelRequested { by: String },
}

impl RunEvent {
    /// The words by which events are told apart.
    pub const KINDS: [&str; 5] = ["started", "step-ended", "timer", "facts", "cancel-requested"];
}

/// Facts about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RunFacts {
    pub id: String,
    pub pipeline: String,
    /// Counts the runs of the pipeline from 1.
    pub number: u64,
    pub trigger: Trigger,
    /// The workspace that it runs in; absent: `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// Why a run exists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// `manual`, `resource`, `retry`, `rerun`; later `schedule`, `webhook`, `completion`, `gateway`.
    pub kind: String,
    /// Who or what, for people.
    pub by: String,
    /// resource: `{"resource": name, "version": {…}}`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// What a run was started with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RunInput {
    /// Only these jobs, and what follows from them. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// Named values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Value>,
    /// The launcher for steps that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// Results to reuse, by step path: the language starts such a step as always, and the kernel
    /// answers from here at once (retry from a step).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reuse: Vec<String>,
}

/// What a language wants done. Idempotent by path: a second `start` of a path changes nothing.
#[expect(clippy::large_enum_variant, reason = "it lives for one call, between two texts")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Command {
    /// Opens a node that only holds others. `path` is unique in the run: parts of letters, digits,
    /// `_`, `-` and `.`, separated by `/`. `parent` is the path of an open group.
    Group {
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        /// For people.
        name: String,
        /// A word for icons and colours, such as `job`, `do`, `try`, `in-parallel`, `hook`.
        kind: String,
    },
    /// Ends a group.
    GroupEnd {
        path: String,
        status: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Starts a step. `kind` is a word as in `group`, such as `task`, `get`, `put`.
    Start {
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        name: String,
        kind: String,
        work: Work,
        #[serde(default)]
        options: StepOptions,
    },
    /// Asks a step to stop; its end arrives as always. Ended steps are left alone.
    Cancel {
        path: String,
        reason: String,
    },
    /// Asks for a `timer` event.
    Timer {
        name: String,
        after_ms: u64,
    },
    TimerCancel {
        name: String,
    },
    /// Asks what the pipeline remembers.
    FactGet {
        query: String,
        keys: Vec<String>,
    },
    /// Makes the pipeline remember a value for its later runs. At most 64 KiB; null forgets.
    FactSet {
        key: String,
        value: Value,
    },
    /// Adds a line to the log of an ended or running step, such as a failed assertion.
    Note {
        path: String,
        text: String,
    },
    /// Ends the run. Steps that still run are cancelled.
    Finish {
        status: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}
