//! Workspaces of a project.

use async_trait::async_trait;
use kernel_model::workspace::Workspace;

use crate::store::StoreError;

/// Keeps workspaces. Which changes make sense, [`kernel_model::workspace`] says.
#[async_trait]
pub trait WorkspaceStore: Send + Sync {
    /// Keeps a workspace, in place of what it was. Of an archived one, what its runs remembered and
    /// their results for reuse are forgotten. A name that another one has, which is not archived, is
    /// a [`StoreError::Conflict`].
    async fn workspace_put(&self, workspace: Workspace) -> Result<(), StoreError>;
    /// Lists those that are not archived, the oldest first.
    async fn workspace_list(&self) -> Result<Vec<Workspace>, StoreError>;
}
