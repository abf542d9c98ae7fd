//! Which projects there are.

use async_trait::async_trait;
use kernel_model::name::ProjectName;
use kernel_ports::project::{ProjectRecord, ProjectStore};
use kernel_ports::store::StoreError;

use super::{ControlStore, row};
use crate::column::time;

#[async_trait]
impl ProjectStore for ControlStore {
    async fn project_list(&self) -> Result<Vec<ProjectRecord>, StoreError> {
        let list = "SELECT name, created_at, created_by, is_going FROM project ORDER BY name";
        self.database.read("list the projects", move |db| db.all(list, [], row::project)).await
    }

    async fn project_add(&self, project: &ProjectRecord) -> Result<(), StoreError> {
        let project = project.clone();
        self.database
            .write("add a project", move |db| {
                let name = project.name.as_str();
                let taken = "SELECT 1 FROM project WHERE name = ?1";
                if db.first(taken, (name,), |_| Ok(()))?.is_some() {
                    let what = format!("the project {name}");
                    return Err(StoreError::Conflict { what, seen: 0, found: 1 }.into());
                }
                db.execute(
                    "INSERT INTO project (name, created_at, created_by, is_going)
                     VALUES (?1, ?2, ?3, ?4)",
                    (name, time(project.created_at), &project.created_by, project.is_going),
                )
                .map(drop)
            })
            .await
    }

    async fn project_leave(&self, name: &ProjectName) -> Result<(), StoreError> {
        self.project_change("UPDATE project SET is_going = 1 WHERE name = ?1", name).await
    }

    async fn project_forget(&self, name: &ProjectName) -> Result<(), StoreError> {
        self.project_change("DELETE FROM project WHERE name = ?1", name).await
    }
}

impl ControlStore {
    async fn project_change(
        &self,
        sql: &'static str,
        name: &ProjectName,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        self.database
            .write("change a project", move |db| db.execute(sql, (name.as_str(),)).map(drop))
            .await
    }
}
