//! Runs, their histories, and what is kept with them.

use std::sync::Arc;

use kernel_model::event::StepNo;
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_ports::artifact::Artifact;
use kernel_ports::run::{NewRun, RunAppend, RunStatus, SavedResult};
use kernel_ports::store::{Store, StoreError};

use super::draft::{BOOT, OWN, append, new_run, notes, pipeline, run, run_id};

pub(super) async fn runs_are_numbered_per_pipeline(store: Arc<dyn Store>) {
    let a = pipeline(store.as_ref(), "a", 1).await;
    let b = pipeline(store.as_ref(), "b", 2).await;
    let mut numbers = Vec::new();
    for (i, made) in [&a, &a, &b, &a].into_iter().enumerate() {
        let new = NewRun {
            origin: Some(RunId(5)),
            input: "{\"args\":{}}".into(),
            ..new_run(made, run_id(100 + i as u64, 1), 100)
        };
        let (row, is_new) = store.run_create(new).await.unwrap();
        assert!(is_new);
        assert_eq!(store.run_get(row.id).await.unwrap(), Some(row.clone()));
        assert_eq!((row.status, row.seq, row.created_at), (RunStatus::Queued, 0, Time(100)));
        assert_eq!((row.origin, &*row.input), (Some(RunId(5)), "{\"args\":{}}"));
        numbers.push(row.number);
    }
    assert_eq!(numbers, [1, 2, 1, 3]);
    assert_eq!(store.run_get(RunId(3)).await.unwrap(), None);
}

pub(super) async fn a_run_of_an_unknown_pipeline_is_refused(store: Arc<dyn Store>) {
    let mut known = pipeline(store.as_ref(), "a", 1).await;
    known.id = PipelineId(9);
    let err = store.run_create(new_run(&known, run_id(1, 1), 1)).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
}

pub(super) async fn the_same_id_twice_is_a_conflict(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "a", 1).await;
    store.run_create(new_run(&made, run_id(1, 1), 1)).await.unwrap();
    let err = store.run_create(new_run(&made, run_id(1, 1), 1)).await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { .. }), "{err}");
    // The number that it would have had is not lost.
    let (row, _) = store.run_create(new_run(&made, run_id(1, 2), 1)).await.unwrap();
    assert_eq!(row.number, 2);
}

pub(super) async fn a_known_key_returns_the_first_run(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "a", 1).await;
    let keyed = |n: u128, key: &str, fact: &str| NewRun {
        idempotency_key: Some(key.into()),
        facts: vec![("f".to_owned(), Some(fact.into()))],
        ..new_run(&made, run_id(1, n), 1)
    };
    let (first, is_new) = store.run_create(keyed(1, "k", "1")).await.unwrap();
    assert!(is_new);
    let (again, is_new) = store.run_create(keyed(2, "k", "2")).await.unwrap();
    assert_eq!((again, is_new), (first, false));
    assert_eq!(store.run_get(run_id(1, 2)).await.unwrap(), None);
    // Nothing of the second is kept.
    let facts = store.fact_get(made.id, OWN, &["f".to_owned()]).await.unwrap();
    assert_eq!(facts, [("f".to_owned(), "1".into())]);
    let (other, is_new) = store.run_create(keyed(3, "l", "3")).await.unwrap();
    assert_eq!((other.number, is_new), (2, true));
}

pub(super) async fn a_history_reads_back_in_pages_of_any_size(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let all = notes(0, 23);
    let mut seen = 0;
    for n in [1, 5, 2, 10, 1, 4] {
        let events = all[seen..seen + n].to_vec();
        store.run_append(append(run, seen as u64, events)).await.unwrap();
        seen += n;
    }
    for limit in [0, 1, 2, 3, 7, 100] {
        let mut found = Vec::new();
        loop {
            let page = store.run_history(run, found.len() as u64, limit).await.unwrap();
            assert!(page.len() <= 2 * limit.max(1) as usize, "{} of {limit}", page.len());
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
    assert!(store.run_history(RunId(1), 0, 10).await.unwrap().is_empty());
}

pub(super) async fn an_append_shows_in_the_row(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let before = store.run_get(run).await.unwrap().unwrap();
    let waiting = RunAppend {
        status: RunStatus::Waiting,
        started_at: Some(Time(11)),
        wake_at: Some(Time(u64::MAX)),
        ..append(run, 0, notes(0, 3))
    };
    store.run_append(waiting).await.unwrap();
    let row = store.run_get(run).await.unwrap().unwrap();
    assert_eq!((row.status, row.seq), (RunStatus::Waiting, 3));
    assert_eq!((row.started_at, row.wake_at), (Some(Time(11)), Some(Time(u64::MAX))));
    for (seen, outcome) in (3..).zip(Outcome::ALL) {
        let ended = RunAppend {
            status: RunStatus::Ended(outcome),
            started_at: Some(Time(11)),
            ended_at: Some(Time(12)),
            message: Some("so it went".into()),
            ..append(run, seen, notes(seen, 1))
        };
        store.run_append(ended).await.unwrap();
        let row = store.run_get(run).await.unwrap().unwrap();
        assert_eq!((row.status, row.seq), (RunStatus::Ended(outcome), seen + 1));
        assert_eq!((row.ended_at, row.wake_at), (Some(Time(12)), None));
        assert_eq!(row.message.as_deref(), Some("so it went"));
        assert_eq!((row.number, &row.trigger), (before.number, &before.trigger));
    }
}

pub(super) async fn an_append_without_events_changes_the_row_only(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    store.run_append(append(run, 0, vec![])).await.unwrap();
    let row = store.run_get(run).await.unwrap().unwrap();
    assert_eq!((row.status, row.seq), (RunStatus::Running, 0));
    store.run_append(append(run, 0, notes(0, 1))).await.unwrap();
    assert_eq!(store.run_history(run, 0, 10).await.unwrap(), notes(0, 1));
}

pub(super) async fn an_append_that_missed_events_is_a_conflict(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    store.run_append(append(run, 0, notes(0, 2))).await.unwrap();
    for seen in [0, 1, 3] {
        let err = store.run_append(append(run, seen, notes(9, 1))).await.unwrap_err();
        let is_told = matches!(&err, StoreError::Conflict { what, seen: s, found: 2 }
            if *s == seen && *what == run.to_string());
        assert!(is_told, "{err}");
    }
    assert_eq!(store.run_history(run, 0, 10).await.unwrap(), notes(0, 2));
}

pub(super) async fn an_append_to_an_unknown_run_is_refused(store: Arc<dyn Store>) {
    let err = store.run_append(append(RunId(4), 0, notes(0, 1))).await.unwrap_err();
    assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
}

pub(super) async fn another_boot_fences_this_one_off(store: Arc<dyn Store>) {
    assert_eq!(store.boot(BOOT, Time(1)).await.unwrap(), None);
    let run = run(store.as_ref(), 10).await;
    store.run_append(append(run, 0, notes(0, 1))).await.unwrap();
    assert_eq!(store.boot(BootId(2), Time(2)).await.unwrap(), Some(BOOT));
    // Fenced first: who lost the store need not know what it holds.
    for seen in [1, 7] {
        let err = store.run_append(append(run, seen, notes(1, 1))).await.unwrap_err();
        let is_told =
            matches!(&err, StoreError::Fenced { holder } if *holder == BootId(2).to_string());
        assert!(is_told, "{err}");
    }
    let by_second = RunAppend { boot: BootId(2), ..append(run, 1, notes(1, 1)) };
    store.run_append(by_second).await.unwrap();
    assert_eq!(store.run_history(run, 0, 10).await.unwrap(), notes(0, 2));
}

pub(super) async fn a_refused_append_leaves_nothing_behind(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let full = |seen| RunAppend {
        language_state: Some(Arc::from(*b"state")),
        facts: vec![("f".to_owned(), Some("1".into()))],
        results: vec![SavedResult { key: "r".into(), value: "1".into(), run, at: Time(1) }],
        artifacts: vec![artifact(run, "a", 1)],
        ..append(run, seen, notes(0, 1))
    };
    store.run_append(full(5)).await.unwrap_err();
    let row = store.run_get(run).await.unwrap().unwrap();
    assert_eq!((row.status, row.seq), (RunStatus::Queued, 0));
    assert_eq!(store.run_language_state(run).await.unwrap(), None);
    assert_eq!(store.result_get(WorkspaceId::DEFAULT, "r").await.unwrap(), None);
    assert!(store.artifact_list(run).await.unwrap().is_empty());
    assert!(store.fact_get(row.pipeline, OWN, &["f".to_owned()]).await.unwrap().is_empty());
    store.run_append(full(0)).await.unwrap();
    assert_eq!(store.artifact_list(run).await.unwrap().len(), 1);
}

pub(super) async fn the_language_state_is_replaced(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    assert_eq!(store.run_language_state(run).await.unwrap(), None);
    let states: [&[u8]; 3] = [b"{}", &[0, 255, 1], b""];
    for (seen, state) in (0..).zip(states) {
        let with = RunAppend {
            language_state: Some(state.into()),
            ..append(run, 2 * seen, notes(2 * seen, 1))
        };
        store.run_append(with).await.unwrap();
        // An append without one leaves it as it is.
        store.run_append(append(run, 2 * seen + 1, notes(2 * seen + 1, 1))).await.unwrap();
        let found = store.run_language_state(run).await.unwrap();
        assert_eq!(found.as_deref(), Some(state));
    }
}

pub(super) async fn the_newest_result_of_a_key_counts(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let result = |at, value: &str| SavedResult {
        key: "k".to_owned(),
        value: value.into(),
        run,
        at: Time(at),
    };
    let put = async |seen, results| {
        let with = RunAppend { results, ..append(run, seen, notes(seen, 1)) };
        store.run_append(with).await.unwrap();
    };
    put(0, vec![result(5, "a")]).await;
    put(1, vec![result(4, "late")]).await;
    assert_eq!(store.result_get(WorkspaceId::DEFAULT, "k").await.unwrap(), Some(result(5, "a")));
    put(2, vec![result(6, "b"), result(6, "c")]).await;
    assert_eq!(store.result_get(WorkspaceId::DEFAULT, "k").await.unwrap(), Some(result(6, "c")));
    assert_eq!(store.result_get(WorkspaceId::DEFAULT, "other").await.unwrap(), None);
}

fn artifact(run: RunId, name: &str, size: u64) -> Artifact {
    Artifact {
        run,
        step: StepNo(2),
        name: name.into(),
        size,
        sha256: "ab".repeat(32).into(),
        at: Time(7),
    }
}

pub(super) async fn an_artifact_replaces_the_one_of_its_name(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let put = async |seen, artifacts| {
        let with = RunAppend { artifacts, ..append(run, seen, notes(seen, 1)) };
        store.run_append(with).await.unwrap();
    };
    put(0, vec![artifact(run, "b", 1), artifact(run, "a", 2)]).await;
    put(1, vec![artifact(run, "b", 3)]).await;
    let found = store.artifact_list(run).await.unwrap();
    assert_eq!(found, [artifact(run, "a", 2), artifact(run, "b", 3)]);
    assert!(store.artifact_list(RunId(3)).await.unwrap().is_empty());
}

pub(super) async fn facts_come_with_the_run_and_with_the_append(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "a", 1).await;
    let fact = |key: &str, value: Option<&str>| (key.to_owned(), value.map(Arc::from));
    let new = NewRun {
        facts: vec![fact("a", Some("1")), fact("b", Some("2"))],
        ..new_run(&made, run_id(1, 1), 1)
    };
    let (row, _) = store.run_create(new).await.unwrap();
    let with = RunAppend {
        facts: vec![fact("b", None), fact("c", Some("3"))],
        ..append(row.id, 0, notes(0, 1))
    };
    store.run_append(with).await.unwrap();
    let keys = ["a", "b", "c"].map(str::to_owned);
    let want = [("a".to_owned(), "1".into()), ("c".to_owned(), "3".into())];
    assert_eq!(store.fact_get(made.id, OWN, &keys).await.unwrap(), want);
    // A pipeline that is gone remembers nothing, but its run goes on.
    store.pipeline_remove(&made.name).await.unwrap();
    let late = RunAppend { facts: vec![fact("d", Some("4"))], ..append(row.id, 1, notes(1, 1)) };
    store.run_append(late).await.unwrap();
    assert!(store.fact_get(made.id, OWN, &["d".to_owned()]).await.unwrap().is_empty());
}

pub(super) async fn statements_are_counted(store: Arc<dyn Store>) {
    let before = store.statements();
    let run = run(store.as_ref(), 10).await;
    let made = store.statements();
    assert!(made > before);
    store.run_get(run).await.unwrap();
    assert!(store.statements() > made);
    // Nothing runs by itself.
    let idle = store.statements();
    tokio::task::yield_now().await;
    assert_eq!(store.statements(), idle);
}
