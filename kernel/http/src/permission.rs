//! What a route needs: its column in the table of routes.
//!
//! A token may be limited to some workspaces. What is in a run is for tokens that fit its workspace.
//! Pipelines, rules, secrets and the like are shared by all workspaces: who works in one of them may
//! look at them, and who works in all of them may change them, as their verbs say.

use std::fmt;

use kernel_model::access::{Scope, Verb};
use kernel_model::name::{Name, ProjectName};
use kernel_ports::secret::SecretScope;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everybody.
    Nothing,
    /// Everybody who is known. The handler decides what of it is theirs.
    Account,
    /// The same for people and services themselves: no app does it for them.
    Own,
    /// Those who may do this there.
    Verb(Verb, Place),
}

/// Where a verb is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Server,
    /// The pipeline that the path names, as `{name}`.
    Pipeline,
    /// The same, in one workspace at least. The handler asks again about the one that is wanted.
    PipelineRun,
    /// The pipeline of the run that the path names, as `{run}`, in the run's workspace.
    Run,
    /// The project, in the workspace that the path names, as `{workspace}`.
    Workspace,
    /// The scope of secrets that the query names, as `scope`; the project if it names none.
    Secret,
    /// Somewhere in the project of the request. The handler shows what of it may be seen.
    Within,
    /// Somewhere in the project that the path names, as `{project}`.
    Named,
    /// Somewhere on the server. The handler shows what of it may be seen.
    Anywhere,
}

/// Reads the column of a row, such as `[view pipeline]`. There is no row without.
macro_rules! needs {
    (open) => {
        $crate::permission::Needs::Nothing
    };
    (account) => {
        $crate::permission::Needs::Account
    };
    (own) => {
        $crate::permission::Needs::Own
    };
    ($verb:ident $place:ident) => {
        $crate::permission::Needs::Verb(
            $crate::permission::verb!($verb),
            $crate::permission::place!($place),
        )
    };
}

macro_rules! verb {
    (view) => {
        kernel_model::access::Verb::View
    };
    (run) => {
        kernel_model::access::Verb::Run
    };
    (approve) => {
        kernel_model::access::Verb::Approve
    };
    (edit) => {
        kernel_model::access::Verb::Edit
    };
    (secret_write) => {
        kernel_model::access::Verb::SecretWrite
    };
    (admin) => {
        kernel_model::access::Verb::Admin
    };
}

macro_rules! place {
    (server) => {
        $crate::permission::Place::Server
    };
    (pipeline) => {
        $crate::permission::Place::Pipeline
    };
    (pipeline_run) => {
        $crate::permission::Place::PipelineRun
    };
    (in_workspace) => {
        $crate::permission::Place::Workspace
    };
    (of_run) => {
        $crate::permission::Place::Run
    };
    (of_secret) => {
        $crate::permission::Place::Secret
    };
    (within) => {
        $crate::permission::Place::Within
    };
    (named) => {
        $crate::permission::Place::Named
    };
    (anywhere) => {
        $crate::permission::Place::Anywhere
    };
}

pub(crate) use {needs, place, verb};

/// Returns the scope of a project.
pub(crate) fn project(project: &ProjectName) -> Scope {
    Scope::Project { project: project.name().clone() }
}

/// Returns the scope of a pipeline.
pub(crate) fn pipeline(project: &ProjectName, pipeline: &Name) -> Scope {
    Scope::Pipeline { project: project.name().clone(), pipeline: pipeline.clone() }
}

/// Returns the scope that a scope of secrets lies in.
pub(crate) fn secrets(scope: &SecretScope) -> Scope {
    match scope.clone() {
        SecretScope::Server => Scope::Server,
        SecretScope::Project(project) => Scope::Project { project },
        SecretScope::Pipeline { project, pipeline } => Scope::Pipeline { project, pipeline },
    }
}

impl Needs {
    /// Returns whether the request must say, or leave to the server, which project it is about.
    pub(crate) fn is_about_a_project(self) -> bool {
        let Self::Verb(_, place) = self else { return false };
        match place {
            Place::Pipeline
            | Place::PipelineRun
            | Place::Run
            | Place::Workspace
            | Place::Secret
            | Place::Within => true,
            Place::Server | Place::Named | Place::Anywhere => false,
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, place) = match self {
            Self::Nothing => return f.write_str("nothing"),
            Self::Account => return f.write_str("an account"),
            Self::Own => return f.write_str("an account, and no connected app"),
            Self::Verb(verb, place) => (verb, place),
        };
        match place {
            Place::Server => write!(f, "`{verb}` on the server"),
            Place::Pipeline => write!(f, "`{verb}` on the pipeline"),
            Place::PipelineRun => {
                write!(f, "`{verb}` on the pipeline, in the workspace of the run")
            }
            Place::Run => write!(f, "`{verb}` on the pipeline of the run, in its workspace"),
            Place::Workspace => write!(f, "`{verb}` on the project, in the workspace"),
            Place::Secret => write!(f, "`{verb}` on the scope of the secrets"),
            Place::Within => write!(f, "`{verb}` on anything in the project; the rest is left out"),
            Place::Named => write!(f, "`{verb}` on anything in the project"),
            Place::Anywhere => write!(f, "`{verb}` on anything; the rest is left out"),
        }
    }
}
