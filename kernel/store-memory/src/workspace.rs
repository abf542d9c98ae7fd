//! Workspaces.

use async_trait::async_trait;
use kernel_model::workspace::{Workspace, WorkspaceState};
use kernel_ports::store::StoreError;
use kernel_ports::workspace::WorkspaceStore;

use crate::MemoryStore;

#[async_trait]
impl WorkspaceStore for MemoryStore {
    async fn workspace_put(&self, workspace: Workspace) -> Result<(), StoreError> {
        let mut data = self.data();
        let Workspace { id, name, state, .. } = &workspace;
        let is_taken = |other: &Workspace| {
            other.id != *id && other.name == *name && other.state != WorkspaceState::Archived
        };
        match state {
            WorkspaceState::Archived => {
                data.facts.retain(|(_, workspace, _), _| workspace != id);
                data.results.retain(|(workspace, _), _| workspace != id);
            }
            WorkspaceState::Active | WorkspaceState::Paused => {
                if data.workspaces.values().any(is_taken) {
                    let what = format!("the workspace {:?}", name.as_str());
                    return Err(StoreError::Conflict { what, seen: 0, found: 1 });
                }
            }
        }
        data.workspaces.insert(*id, workspace);
        Ok(())
    }

    async fn workspace_list(&self) -> Result<Vec<Workspace>, StoreError> {
        let data = self.data();
        let all = data.workspaces.values();
        Ok(all.filter(|found| found.state != WorkspaceState::Archived).cloned().collect())
    }
}
