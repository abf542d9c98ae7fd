//! Which projects a server has.

use async_trait::async_trait;
use kernel_model::name::ProjectName;
use kernel_model::time::Time;

use crate::store::StoreError;

/// A project, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRecord {
    pub name: ProjectName,
    pub created_at: Time,
    /// Who made it; `server` for those that the operator's settings name.
    pub created_by: String,
    /// Somebody has removed it, and something of it may be left.
    pub is_going: bool,
}

/// Keeps the list of projects.
#[async_trait]
pub trait ProjectStore: Send + Sync {
    /// Lists by name, those that are going too.
    async fn project_list(&self) -> Result<Vec<ProjectRecord>, StoreError>;
    /// Adds a project. [`StoreError::Conflict`] if there is one of that name.
    async fn project_add(&self, project: &ProjectRecord) -> Result<(), StoreError>;
    /// Says that a project is going, so that its removal goes on even after a crash.
    async fn project_leave(&self, name: &ProjectName) -> Result<(), StoreError>;
    /// Forgets a project of which nothing is left.
    async fn project_forget(&self, name: &ProjectName) -> Result<(), StoreError>;
}
