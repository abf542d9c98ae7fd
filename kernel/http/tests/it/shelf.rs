//! Projects with stores in memory, each with a scheduler of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kernel_http::{Project, ProjectError, Projects};
use kernel_model::name::ProjectName;
use kernel_model::time::Time;
use kernel_scheduler::{Parts, Scheduler, Settings};
use kernel_store_memory::MemoryStore;

pub(crate) struct Shelf {
    parts: Parts,
    projects: Mutex<BTreeMap<ProjectName, Project>>,
}

impl Shelf {
    /// `parts` are those of all projects, but for the store.
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, projects: Mutex::default() }
    }

    pub(crate) async fn put(&self, name: &str) -> Result<Project, ProjectError> {
        let name = ProjectName::new(name).unwrap();
        if self.project_get(&name).is_some() {
            return Err(ProjectError::Exists { name });
        }
        let store = Arc::new(MemoryStore::default());
        let parts = Parts { store, ..self.parts.clone() };
        let scheduler = Scheduler::start(parts, Settings::default()).await.unwrap();
        let (created_at, created_by) = (Time(1), "ann".into());
        let project = Project { name: name.clone(), created_at, created_by, scheduler };
        self.projects.lock().unwrap().insert(name, project.clone());
        Ok(project)
    }
}

#[async_trait]
impl Projects for Shelf {
    fn project_get(&self, name: &ProjectName) -> Option<Project> {
        self.projects.lock().unwrap().get(name).cloned()
    }

    fn project_list(&self) -> Vec<Project> {
        self.projects.lock().unwrap().values().cloned().collect()
    }

    async fn project_create(
        self: Arc<Self>,
        name: ProjectName,
        _: String,
    ) -> Result<Project, ProjectError> {
        self.put(name.as_str()).await
    }

    async fn project_remove(
        self: Arc<Self>,
        name: ProjectName,
        _: String,
        force: bool,
    ) -> Result<(), ProjectError> {
        let project = self.project_get(&name);
        let project = project.ok_or_else(|| ProjectError::Unknown { name: name.clone() })?;
        let runs = project.scheduler.parts().store.run_count_open().await.unwrap();
        if runs > 0 && !force {
            return Err(ProjectError::Busy { name, runs });
        }
        self.projects.lock().unwrap().remove(&name);
        Ok(())
    }
}
