//! Workspaces.

use kernel_wire::workspace::{Workspace, WorkspaceMake, WorkspaceSet};

use super::{Answer, Api, part};

impl Api {
    pub async fn workspaces(&self) -> Answer<Vec<Workspace>> {
        self.read("/workspaces").await
    }

    pub async fn workspace_make(&self, make: &WorkspaceMake) -> Answer<Workspace> {
        self.write("POST", "/workspaces", Some(make)).await
    }

    pub async fn workspace_set(&self, name: &str, set: &WorkspaceSet) -> Answer<Workspace> {
        let name = name.split('/').map(part).collect::<Vec<_>>().join("/");
        self.write("PUT", &format!("/workspaces/{name}"), Some(set)).await
    }
}
