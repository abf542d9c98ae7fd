//! Workspaces.

use kernel_model::workspace::{Workspace, WorkspaceState, Workspaces};
use kernel_wire::workspace as wire;

use super::time;

/// Converts a workspace; `all` knows its base.
pub(crate) fn workspace(workspace: &Workspace, all: &Workspaces) -> wire::Workspace {
    let base = workspace.base.and_then(|base| all.get(base));
    wire::Workspace {
        name: workspace.name.to_string(),
        id: workspace.id.to_string(),
        base: base.map(|base| base.name.to_string()),
        state: match workspace.state {
            WorkspaceState::Active => wire::WorkspaceState::Active,
            WorkspaceState::Paused => wire::WorkspaceState::Paused,
            WorkspaceState::Archived => wire::WorkspaceState::Archived,
        },
        created_at: time(workspace.created_at),
        updated_at: time(workspace.updated_at),
    }
}

/// Converts a state that somebody asks for.
pub(crate) fn workspace_state_back(state: wire::WorkspaceState) -> WorkspaceState {
    match state {
        wire::WorkspaceState::Active => WorkspaceState::Active,
        wire::WorkspaceState::Paused => WorkspaceState::Paused,
        wire::WorkspaceState::Archived => WorkspaceState::Archived,
    }
}
