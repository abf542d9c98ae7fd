//! Workspaces, and what is kept by workspace.

use std::sync::Arc;

use kernel_model::id::{RunId, WorkspaceId};
use kernel_model::time::Time;
use kernel_model::workspace::{Workspace, WorkspaceName, WorkspaceState};
use kernel_ports::run::{NewRun, RunAppend, SavedResult};
use kernel_ports::store::{Store, StoreError};

use super::draft::{append, new_run, notes, pipeline, run_id};

const DEV: WorkspaceId = WorkspaceId(7);

fn workspace(id: u128, name: &str) -> Workspace {
    Workspace {
        id: WorkspaceId(id),
        name: WorkspaceName::new(name).unwrap(),
        ..Workspace::default_of(Time(10))
    }
}

fn archived(workspace: Workspace) -> Workspace {
    Workspace { state: WorkspaceState::Archived, ..workspace }
}

pub(super) async fn workspaces_read_back_from_the_oldest(store: Arc<dyn Store>) {
    assert!(store.workspace_list().await.unwrap().is_empty());
    let first = Workspace::default_of(Time(5));
    let dev = Workspace { base: Some(first.id), ..workspace(7, "dev/joe") };
    let other = workspace(3, "other");
    for made in [&dev, &first, &other] {
        store.workspace_put(made.clone()).await.unwrap();
    }
    assert_eq!(store.workspace_list().await.unwrap(), [first.clone(), other.clone(), dev.clone()]);
    let paused =
        Workspace { base: None, state: WorkspaceState::Paused, updated_at: Time(20), ..dev };
    store.workspace_put(paused.clone()).await.unwrap();
    assert_eq!(store.workspace_list().await.unwrap(), [first, other, paused]);
}

pub(super) async fn a_name_is_taken_until_its_workspace_is_archived(store: Arc<dyn Store>) {
    let first = workspace(7, "dev/joe");
    store.workspace_put(first.clone()).await.unwrap();
    let second = workspace(8, "dev/joe");
    let err = store.workspace_put(second.clone()).await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { .. }), "{err}");
    assert!(err.to_string().contains("dev/joe"), "{err}");
    store.workspace_put(archived(first)).await.unwrap();
    assert!(store.workspace_list().await.unwrap().is_empty());
    store.workspace_put(second.clone()).await.unwrap();
    assert_eq!(store.workspace_list().await.unwrap(), std::slice::from_ref(&second));
    // Any number of archived ones may have had the name.
    store.workspace_put(archived(second)).await.unwrap();
    store.workspace_put(workspace(9, "dev/joe")).await.unwrap();
}

/// Makes a run in the workspace `dev/joe`.
async fn run_in_dev(store: &dyn Store) -> RunId {
    let made = pipeline(store, "main", 1).await;
    let new = NewRun {
        workspace: DEV,
        workspace_name: WorkspaceName::new("dev/joe").unwrap(),
        facts: vec![("a".to_owned(), Some("1".into()))],
        ..new_run(&made, run_id(9, 9), 9)
    };
    let (row, _) = store.run_create(new).await.unwrap();
    assert_eq!((row.workspace, row.workspace_name.as_str()), (DEV, "dev/joe"));
    assert_eq!(store.run_get(row.id).await.unwrap(), Some(row.clone()));
    row.id
}

pub(super) async fn results_and_facts_are_those_of_the_workspace_of_their_run(
    store: Arc<dyn Store>,
) {
    store.workspace_put(workspace(7, "dev/joe")).await.unwrap();
    let run = run_in_dev(store.as_ref()).await;
    let pipeline = store.run_get(run).await.unwrap().unwrap().pipeline;
    let result = SavedResult { key: "k".to_owned(), value: "1".into(), run, at: Time(5) };
    let with = RunAppend {
        results: vec![result.clone()],
        facts: vec![("b".to_owned(), Some("2".into()))],
        ..append(run, 0, notes(0, 1))
    };
    store.run_append(with).await.unwrap();
    store.fact_set(pipeline, "b", Some("9")).await.unwrap();
    assert_eq!(store.result_get(DEV, "k").await.unwrap(), Some(result));
    assert_eq!(store.result_get(WorkspaceId::DEFAULT, "k").await.unwrap(), None);
    let facts = async |places: &[WorkspaceId]| {
        let keys = ["a", "b"].map(str::to_owned);
        let found = store.fact_get(pipeline, places, &keys).await.unwrap();
        found.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(facts(&[DEV]).await, ["a=1", "b=2"]);
    assert_eq!(facts(&[WorkspaceId::DEFAULT]).await, ["b=9"]);
    // The nearest that has a value wins, key by key.
    assert_eq!(facts(&[WorkspaceId::DEFAULT, DEV]).await, ["a=1", "b=9"]);
    assert_eq!(facts(&[]).await, Vec::<String>::new());

    store.workspace_put(archived(workspace(7, "dev/joe"))).await.unwrap();
    assert_eq!(store.result_get(DEV, "k").await.unwrap(), None);
    assert_eq!(facts(&[DEV]).await, Vec::<String>::new());
    assert_eq!(facts(&[WorkspaceId::DEFAULT]).await, ["b=9"]);
    // Its runs stay what they were.
    let row = store.run_get(run).await.unwrap().unwrap();
    assert_eq!((row.workspace_name.as_str(), row.seq), ("dev/joe", 1));
}
