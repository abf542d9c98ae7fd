//! Which projects there are.

use async_trait::async_trait;
use kernel_model::name::ProjectName;
use kernel_ports::project::{ProjectRecord, ProjectStore};
use kernel_ports::store::StoreError;

use super::MemoryControl;

#[async_trait]
impl ProjectStore for MemoryControl {
    async fn project_list(&self) -> Result<Vec<ProjectRecord>, StoreError> {
        Ok(self.data().projects.values().cloned().collect())
    }

    async fn project_add(&self, project: &ProjectRecord) -> Result<(), StoreError> {
        let mut data = self.data();
        if data.projects.contains_key(&project.name) {
            let what = format!("the project {}", project.name);
            return Err(StoreError::Conflict { what, seen: 0, found: 1 });
        }
        data.projects.insert(project.name.clone(), project.clone());
        Ok(())
    }

    async fn project_leave(&self, name: &ProjectName) -> Result<(), StoreError> {
        if let Some(project) = self.data().projects.get_mut(name) {
            project.is_going = true;
        }
        Ok(())
    }

    async fn project_forget(&self, name: &ProjectName) -> Result<(), StoreError> {
        self.data().projects.remove(name);
        Ok(())
    }
}
