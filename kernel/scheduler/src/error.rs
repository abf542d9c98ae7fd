//! What callers of the scheduler are told.

use kernel_model::id::RunId;
use kernel_model::workspace::{WorkspaceName, WorkspaceRefusal};
use kernel_ports::plugin::{Diagnostic, PluginError};
use kernel_ports::secret::SecretError;
use kernel_ports::store::StoreError;
use kernel_ports::volume::VolumeError;

/// Why the scheduler did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    #[error("there is no pipeline {name:?}")]
    PipelineUnknown { name: String, near: Option<String> },
    #[error("the pipeline {name:?} has no version {version}")]
    VersionUnknown { name: String, version: u32 },
    #[error("the pipeline {name:?} is paused; unpause it to start runs")]
    PipelinePaused { name: String },
    #[error("the pipeline was changed by someone else: it is at version {found}, not {seen}")]
    PipelineChanged { seen: u32, found: u32 },
    /// The source has mistakes; nothing was stored.
    #[error("the source has {} mistakes", diagnostics.len())]
    SourceInvalid { diagnostics: Vec<Diagnostic> },
    #[error("{refusal}")]
    Workspace { refusal: WorkspaceRefusal, near: Option<String> },
    /// A run is run again where it is, or in what inherits from there.
    #[error("{run} is of the workspace \"{of}\", which \"{wanted}\" does not inherit from")]
    WorkspaceAside { run: RunId, of: WorkspaceName, wanted: WorkspaceName },
    #[error("the workspace \"{of}\" of {run} is archived")]
    WorkspaceGone { run: RunId, of: WorkspaceName },
    #[error("{run} does not exist")]
    RunUnknown { run: RunId },
    #[error("{run} has ended; it can be run again, but not changed")]
    RunEnded { run: RunId },
    #[error("{run} has not ended; cancel it first")]
    RunOpen { run: RunId },
    #[error("{run} has no step {step}")]
    StepUnknown { run: RunId, step: String },
    #[error("the step {step} of {run} has ended")]
    StepEnded { run: RunId, step: String },
    /// `input.jobs` names a job that the pipeline does not have.
    #[error("the pipeline {pipeline:?} has no job {job:?}; it has: {known}")]
    JobUnknown { pipeline: String, job: String, known: String, near: Option<String> },
    #[error("{}", launcher_denied(launcher))]
    LauncherDenied { launcher: String },
    #[error("the feature {feature:?} is off; the setting server.features says what is on")]
    FeatureOff { feature: &'static str },
    /// Whoever starts a run may not choose the secrets that it uses.
    #[error("the argument {argument:?} refers to the secret {name:?}, which the pipeline does not")]
    ArgumentSecret { argument: String, name: String },
    #[error("failed to keep the secrets of the run")]
    Secret(#[source] Box<SecretError>),
    /// The run queue is full.
    #[error("the queue of {limit} runs is full; try again later")]
    QueueFull { limit: usize, retry_after_ms: u64 },
    #[error("the server is stopping and takes no new work; try again in a moment")]
    Draining,
    #[error(transparent)]
    Plugin(PluginError),
    #[error("the volumes of {run} are gone, so its steps cannot be reused; rerun it as a whole")]
    VolumesGone { run: RunId },
    #[error("failed to copy the volumes of {run}")]
    Volumes {
        run: RunId,
        #[source]
        err: VolumeError,
    },
    #[error("failed to use the store")]
    Store(#[source] StoreError),
}

/// Says that steps may not use a launcher, and who can change that.
pub(crate) fn launcher_denied(launcher: &str) -> String {
    format!(
        "the launcher {launcher:?} is not allowed here; the setting runs.launchers_allowed \
         (--allowed-launchers) says which are"
    )
}
