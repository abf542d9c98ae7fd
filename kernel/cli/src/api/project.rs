//! Projects.

use kernel_wire::project::{Project, ProjectCreate};

use super::{Answer, Api, part};

impl Api {
    pub async fn projects(&self) -> Answer<Vec<Project>> {
        self.read("/projects").await
    }

    pub async fn project_create(&self, create: &ProjectCreate) -> Answer<Project> {
        self.write("POST", "/projects", Some(create)).await
    }

    /// Removes a project; with `force`, its runs in progress are cancelled.
    pub async fn project_remove(&self, name: &str, force: bool) -> Answer<()> {
        let path = format!("/projects/{}?force={force}", part(name));
        self.send("DELETE", &path, None).await.map(drop)
    }
}
