//! Pipelines, versions and facts.

use std::sync::Arc;

use kernel_model::id::PipelineId;
use kernel_model::time::Time;
use kernel_ports::pipeline::PipelineDraft;
use kernel_ports::store::{Store, StoreError};

use super::draft::{OWN, name, new_run, pipeline, pipeline_draft, run_id};

pub(super) async fn a_new_source_makes_a_version_and_the_same_one_does_not(store: Arc<dyn Store>) {
    let first = store.pipeline_put(pipeline_draft("main", 1, "a")).await.unwrap();
    assert_eq!((first.id, first.version, first.paused), (PipelineId(1), 1, false));
    // Neither the id nor the time of a draft that changes nothing counts.
    let again = PipelineDraft { at: Time(2000), ..pipeline_draft("main", 2, "a") };
    assert_eq!(store.pipeline_put(again).await.unwrap(), first);
    let changed = PipelineDraft { at: Time(3000), ..pipeline_draft("main", 2, "b") };
    let second = store.pipeline_put(changed).await.unwrap();
    assert_eq!((second.id, second.version, second.updated_at), (first.id, 2, Time(3000)));
    assert_eq!(second.created_at, first.created_at);
    let compiler = PipelineDraft { compiled_by: "other".into(), ..pipeline_draft("main", 2, "b") };
    assert_eq!(store.pipeline_put(compiler).await.unwrap().version, 3);
    let version = store.pipeline_version_get(first.id, 2).await.unwrap().unwrap();
    assert_eq!((&*version.source, version.created_at), ("b", Time(3000)));
    assert_eq!((&*version.file_name, &*version.vars), ("pipeline.yml", "{}"));
    assert_eq!(store.pipeline_version_get(first.id, 4).await.unwrap(), None);
    assert_eq!(store.pipeline_get(&name("main")).await.unwrap().unwrap().version, 3);
}

pub(super) async fn a_change_behind_ones_back_is_a_conflict(store: Arc<dyn Store>) {
    let put = |seen, source| {
        let draft = PipelineDraft { seen: Some(seen), ..pipeline_draft("main", 1, source) };
        store.pipeline_put(draft)
    };
    let err = put(1, "a").await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { seen: 1, found: 0, .. }), "{err}");
    assert_eq!(put(0, "a").await.unwrap().version, 1);
    let err = put(0, "b").await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { seen: 0, found: 1, .. }), "{err}");
    assert!(err.to_string().contains("main"), "{err}");
    assert_eq!(put(1, "b").await.unwrap().version, 2);
}

pub(super) async fn pipelines_are_listed_by_name_page_by_page(store: Arc<dyn Store>) {
    for (i, called) in ["b", "A", "c", "a-1", "a"].iter().enumerate() {
        pipeline(store.as_ref(), called, i as u128).await;
    }
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = store.pipeline_list(after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        names.extend(page.iter().map(|found| found.name.to_string()));
    }
    assert_eq!(names, ["A", "a", "a-1", "b", "c"]);
}

pub(super) async fn versions_are_listed_from_the_newest(store: Arc<dyn Store>) {
    for source in ["a", "b", "c", "d"] {
        store.pipeline_put(pipeline_draft("main", 1, source)).await.unwrap();
    }
    let list = async |before, limit| -> Vec<u32> {
        let page = store.pipeline_version_list(PipelineId(1), before, limit).await.unwrap();
        page.iter().map(|found| found.version).collect()
    };
    assert_eq!(list(None, 2).await, [4, 3]);
    assert_eq!(list(Some(3), 10).await, [2, 1]);
    assert_eq!(list(Some(1), 10).await, Vec::<u32>::new());
}

pub(super) async fn a_removed_name_is_free_again_and_its_versions_stay(store: Arc<dyn Store>) {
    let first = pipeline(store.as_ref(), "main", 1).await;
    let run = new_run(&first, run_id(5, 1), 5);
    store.run_create(run.clone()).await.unwrap();
    store.fact_set(first.id, "k", Some("1")).await.unwrap();
    store.pipeline_remove(&first.name).await.unwrap();
    assert_eq!(store.pipeline_get(&first.name).await.unwrap(), None);
    assert!(store.pipeline_list(None, 10).await.unwrap().is_empty());
    assert!(store.pipeline_version_get(first.id, 1).await.unwrap().is_some());
    assert_eq!(store.run_get(run.id).await.unwrap().unwrap().pipeline_name, first.name);
    assert!(store.fact_get(first.id, OWN, &["k".to_owned()]).await.unwrap().is_empty());
    let err = store.fact_set(first.id, "k", Some("2")).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
    let err = store.pipeline_remove(&first.name).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
    let second = pipeline(store.as_ref(), "main", 2).await;
    assert_eq!((second.id, second.version), (PipelineId(2), 1));
}

pub(super) async fn a_pause_lasts_until_it_is_lifted(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "main", 1).await;
    let paused = store.pipeline_pause(&made.name, true, Time(2000)).await.unwrap();
    assert_eq!((paused.paused, paused.updated_at), (true, Time(2000)));
    assert_eq!(store.pipeline_get(&made.name).await.unwrap(), Some(paused));
    // A new version does not lift it.
    let next = store.pipeline_put(pipeline_draft("main", 1, "b")).await.unwrap();
    assert!(next.paused);
    assert!(!store.pipeline_pause(&made.name, false, Time(3000)).await.unwrap().paused);
    let err = store.pipeline_pause(&name("none"), true, Time(1)).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
}

pub(super) async fn facts_are_set_replaced_and_forgotten(store: Arc<dyn Store>) {
    let main = pipeline(store.as_ref(), "main", 1).await;
    let other = pipeline(store.as_ref(), "other", 2).await;
    store.fact_set(main.id, "a", Some("1")).await.unwrap();
    store.fact_set(main.id, "b", Some("2")).await.unwrap();
    store.fact_set(main.id, "a", Some("3")).await.unwrap();
    store.fact_set(main.id, "b", None).await.unwrap();
    store.fact_set(main.id, "never", None).await.unwrap();
    store.fact_set(other.id, "a", Some("9")).await.unwrap();
    let keys = ["b", "a", "never"].map(str::to_owned);
    let found = store.fact_get(main.id, OWN, &keys).await.unwrap();
    assert_eq!(found, [("a".to_owned(), "3".into())]);
    let err = store.fact_set(PipelineId(99), "a", Some("1")).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
}
