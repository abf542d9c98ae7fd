//! The projects that the API is about: each has a scheduler and a store of its own.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::name::ProjectName;
use kernel_model::time::Time;
use kernel_ports::store::StoreError;
use kernel_scheduler::Scheduler;

/// One project that is served.
#[derive(Debug, Clone)]
pub struct Project {
    pub name: ProjectName,
    pub created_at: Time,
    /// Who made it.
    pub created_by: Arc<str>,
    pub scheduler: Scheduler,
}

/// The projects of a server.
#[async_trait]
pub trait Projects: Send + Sync {
    /// Returns a project; none if there is no such one. None is ever made by asking.
    fn project_get(&self, name: &ProjectName) -> Option<Project>;
    /// Lists by name.
    fn project_list(&self) -> Vec<Project>;
    /// Makes a project, which is served when this returns. It goes on if nobody waits for it.
    async fn project_create(
        self: Arc<Self>,
        name: ProjectName,
        by: String,
    ) -> Result<Project, ProjectError>;
    /// Removes a project with all that it has. Runs that have not ended are in the way unless
    /// `force` is set; they are cancelled then. It goes on if nobody waits for it.
    async fn project_remove(
        self: Arc<Self>,
        name: ProjectName,
        by: String,
        force: bool,
    ) -> Result<(), ProjectError>;
}

/// Why a project was not made or removed.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("there is a project {name} already")]
    Exists { name: ProjectName },
    #[error("there is no project {name}")]
    Unknown { name: ProjectName },
    #[error("{runs} runs of {name} have not ended")]
    Busy { name: ProjectName, runs: u64 },
    /// Ends a sentence.
    #[error("{reason}")]
    Refused { reason: String },
    /// What is left of it goes when the server starts the next time.
    #[error("the project {name} is not served any more, but something of it is left")]
    Left {
        name: ProjectName,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the project {name} cannot be opened")]
    Open {
        name: ProjectName,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(transparent)]
    Store(StoreError),
}
