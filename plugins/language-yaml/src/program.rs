//! What a source compiles to: a flat plan that is quick to read at each event.
//!
//! The details of tasks, gets and puts stay raw JSON until their turn comes; `R` is how: owned
//! while the program is made, borrowed while it is driven.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wit_envelope::launch::{Image, Limits};
use wit_envelope::policy::StepOptions;

/// The index of a node in [`Program::nodes`].
pub(crate) type NodeId = u32;

/// A compiled pipeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Program<R> {
    pub(crate) jobs: Vec<Job>,
    pub(crate) nodes: Vec<PlanNode<R>>,
    pub(crate) resources: Vec<Resource<R>>,
    /// How many jobs run at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jobs_max: Option<u32>,
    /// The jobs that must run, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) execution: Option<Vec<String>>,
    /// Values that were fixed when the pipeline was set, as far as the run needs them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) vars: BTreeMap<String, Value>,
}

/// A job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) name: String,
    /// Its path in the run, and the first part of the names of its volumes.
    pub(crate) path: String,
    pub(crate) root: NodeId,
    /// Jobs that must succeed before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<u32>,
    /// How many of its steps run at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) steps_max: Option<u32>,
    /// Resources whose version must have passed other jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) passed: Vec<(u32, Vec<u32>)>,
    /// Resources of which it wants each version in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) every: Vec<u32>,
    /// Whether an assertion needs to know which steps were started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) recorded: bool,
}

/// A node of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlanNode<R> {
    /// Its part of the path.
    #[serde(rename = "s")]
    pub(crate) segment: String,
    /// For people and assertions.
    #[serde(rename = "n")]
    pub(crate) name: String,
    #[serde(rename = "k")]
    pub(crate) kind: Kind<R>,
}

/// What a node does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind<R> {
    /// A [`TaskSpec`].
    Task(R),
    /// A [`GetSpec`].
    Get(R),
    /// A [`PutSpec`].
    Put(R),
    /// One after the other, until one does not succeed. `open` is the kind of its group; without
    /// it the steps are in the group around it.
    Sequence {
        steps: Vec<NodeId>,
        open: Option<Group>,
    },
    /// Like a sequence; only a cancellation is not forgiven.
    Try {
        steps: Vec<NodeId>,
    },
    Parallel {
        open: Group,
        steps: Vec<NodeId>,
        limit: Option<u32>,
        fail_fast: bool,
    },
    Attempts {
        step: NodeId,
        max: u32,
    },
    Timeout {
        step: NodeId,
        ms: u64,
    },
    Hooks {
        step: NodeId,
        hooks: Hooks,
    },
    /// The steps inside that must be started, in this order.
    Assert {
        step: NodeId,
        execution: Vec<String>,
    },
}

/// The kinds of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Group {
    Do,
    Hook,
    InParallel,
    Across,
    Parallelism,
}

/// What runs after a step, by how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hooks {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) success: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) abort: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ensure: Option<NodeId>,
}

/// A resource and what knows how to handle it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resource<R> {
    pub(crate) name: String,
    /// The path of its check.
    pub(crate) check: String,
    /// The name of its type.
    pub(crate) kind: String,
    /// A map; raw, since it may refer to values of the run.
    pub(crate) source: R,
    /// The image of its type; absent: a plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<R>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) privileged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pin: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
}

/// A task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TaskSpec {
    /// The name as written, without what copies add to it.
    pub(crate) task: String,
    pub(crate) config: TaskConfig,
    /// Where the configuration stands, when it is not in the pipeline: `ARTIFACT/PATH` or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Values for the references in the file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) vars: BTreeMap<String, Value>,
    /// Wins over the configuration's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) input_mapping: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) output_mapping: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) privileged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) launcher: Option<String>,
    /// `OUTPUT/PATTERN` of files to keep.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) artifacts: Vec<String>,
    /// Which of how many copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) copy: Option<(u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assert: Option<TaskAssert>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) options: StepOptions,
}

/// What a task's configuration says, in the pipeline or in a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TaskConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Image>,
    pub(crate) path: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) args: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nice: Option<i32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rlimits: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) inputs: Vec<Port>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) outputs: Vec<Port>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) caches: Vec<Cache>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) limits: Limits,
}

/// An input or output of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Port {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) optional: bool,
}

/// A directory that outlives the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Cache {
    pub(crate) path: String,
    pub(crate) scope: Scope,
}

/// Who shares a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    #[default]
    Task,
    Job,
    Pipeline,
}

/// What must be true of a task's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TaskAssert {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i32>,
    /// What the stream must contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stderr: Option<String>,
}

/// A get.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GetSpec {
    /// The artifact.
    pub(crate) name: String,
    pub(crate) resource: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) passed: Vec<u32>,
    /// The version that the pipeline names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<Value>,
    pub(crate) params: Value,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) options: StepOptions,
}

/// A put.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PutSpec {
    /// The artifact of the get that follows.
    pub(crate) name: String,
    pub(crate) resource: u32,
    pub(crate) params: Value,
    pub(crate) get_params: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) no_get: bool,
    /// The artifacts that it sees; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inputs: Option<Vec<String>>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) options: StepOptions,
}

impl Group {
    /// Returns the word for people and icons.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::Hook => "hook",
            Self::InParallel => "in-parallel",
            Self::Across => "across",
            Self::Parallelism => "parallelism",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
