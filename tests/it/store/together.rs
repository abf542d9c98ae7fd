//! Many at the same time.

use std::sync::Arc;

use kernel_ports::store::{Store, StoreError};
use tokio::task::JoinSet;

use super::draft::{append, new_run, notes, pipeline, run, run_id};

const TASKS: u64 = 32;
const APPENDS: u64 = 20;

pub(super) async fn many_tasks_append_and_nothing_is_lost(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "a", 1).await;
    let mut tasks = JoinSet::new();
    for i in 0..TASKS {
        let (store, made) = (Arc::clone(&store), made.clone());
        tasks.spawn(async move {
            let id = run_id(i, 1);
            let (row, _) = store.run_create(new_run(&made, id, i)).await.unwrap();
            for seq in 0..APPENDS {
                store.run_append(append(id, seq, notes(seq, 1))).await.unwrap();
                // What was acknowledged is there for every reader.
                assert_eq!(store.run_get(id).await.unwrap().unwrap().seq, seq + 1);
            }
            row.number
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=TASKS));
    for i in 0..TASKS {
        let history = store.run_history(run_id(i, 1), 0, u32::MAX).await.unwrap();
        assert_eq!(history, notes(0, APPENDS));
    }
}

pub(super) async fn of_many_who_append_at_the_same_place_one_wins(store: Arc<dyn Store>) {
    let run = run(store.as_ref(), 10).await;
    let mut tasks = JoinSet::new();
    for i in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            match store.run_append(append(run, 0, notes(i, 1))).await {
                Ok(()) => 1,
                Err(StoreError::Conflict { found: 1, .. }) => 0,
                Err(err) => panic!("{err}"),
            }
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<u64>(), 1);
    assert_eq!(store.run_get(run).await.unwrap().unwrap().seq, 1);
}
