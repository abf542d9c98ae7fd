//! Which projects there are.

use std::sync::Arc;

use kernel_model::name::ProjectName;
use kernel_model::time::Time;
use kernel_ports::project::{ProjectRecord, ProjectStore};
use kernel_ports::store::StoreError;

fn record(name: &str, at: u64) -> ProjectRecord {
    ProjectRecord {
        name: ProjectName::new(name).unwrap(),
        created_at: Time(at),
        created_by: "user/ann".to_owned(),
        is_going: false,
    }
}

pub(super) async fn projects_are_listed_by_name(store: Arc<dyn ProjectStore>) {
    assert_eq!(store.project_list().await.unwrap(), []);
    let (web, api) = (record("web", 2), record("api", 3));
    store.project_add(&web).await.unwrap();
    store.project_add(&api).await.unwrap();
    assert_eq!(store.project_list().await.unwrap(), [api, web]);
}

pub(super) async fn a_name_is_taken_until_its_project_is_forgotten(store: Arc<dyn ProjectStore>) {
    let web = record("web", 2);
    store.project_add(&web).await.unwrap();
    let taken = |found| assert!(matches!(found, Err(StoreError::Conflict { .. })), "{found:?}");
    taken(store.project_add(&record("web", 9)).await);
    store.project_leave(&web.name).await.unwrap();
    let going = ProjectRecord { is_going: true, ..web.clone() };
    assert_eq!(store.project_list().await.unwrap(), [going]);
    taken(store.project_add(&web).await);
    store.project_forget(&web.name).await.unwrap();
    // Both may be said again, as after a crash.
    store.project_forget(&web.name).await.unwrap();
    store.project_leave(&web.name).await.unwrap();
    assert_eq!(store.project_list().await.unwrap(), []);
    store.project_add(&web).await.unwrap();
}
