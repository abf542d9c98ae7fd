//! A server that is killed while it writes loses nothing that it acknowledged.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use kernel_ports::run::RunStore;
use kernel_ports::store::Store;
use kernel_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use super::draft::{append, new_run, notes, pipeline, run_id};

/// Tells the child where its store is.
const STORE: &str = "TENON_TEST_CRASH_STORE";
const RUNS: u64 = 8;
/// The child is killed after this many acknowledged appends of this lap.
const LAPS: [usize; 3] = [1, 150, 400];

/// Appends to all runs, and prints each append that was acknowledged, until it is killed.
async fn append_until_killed(path: &Path) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).unwrap());
    let made = pipeline(store.as_ref(), "a", 1).await;
    let mut tasks = JoinSet::new();
    for i in 0..RUNS {
        let id = run_id(i, 1);
        let mut seq = match store.run_get(id).await.unwrap() {
            Some(row) => row.seq,
            None => store.run_create(new_run(&made, id, i)).await.unwrap().0.seq,
        };
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            loop {
                store.run_append(append(id, seq, notes(seq, 1))).await.unwrap();
                seq += 1;
                writeln!(std::io::stdout().lock(), "acknowledged {i} {seq}").unwrap();
            }
        });
    }
    tasks.join_all().await;
}

/// Kills a child after `n` acknowledgements; returns the newest one of each run.
fn lap(path: &Path, n: usize) -> Vec<u64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::crash::what_was_acknowledged_survives_a_kill", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut newest: Vec<u64> = (0..RUNS).map(|_| 0).collect();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness prints there, too; the last line may be torn.
        let mut words = line.split(' ').skip_while(|word| !word.ends_with("acknowledged")).skip(1);
        let (Some(run), Some(seq)) = (words.next(), words.next()) else { continue };
        let (Ok(run), Ok(seq)) = (run.parse::<usize>(), seq.parse::<u64>()) else { continue };
        newest[run] = newest[run].max(seq);
        seen += 1;
        if seen == n {
            // SIGKILL. What is still in the pipe was acknowledged as well.
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(seen >= n, "the child ended by itself after {seen} appends");
    newest
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(path) = env::var_os(STORE) {
        return runtime.block_on(append_until_killed(Path::new(&path)));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    for n in LAPS {
        let newest = lap(&path, n);
        let store = SqliteStore::open(&path).unwrap();
        for (i, seq) in (0..).zip(newest) {
            let id = run_id(i, 1);
            let Some(row) = runtime.block_on(store.run_get(id)).unwrap() else {
                assert_eq!(seq, 0, "run {i} is lost");
                continue;
            };
            assert!(row.seq >= seq, "run {i} has {} events, {seq} were acknowledged", row.seq);
            let history = runtime.block_on(store.run_history(id, 0, u32::MAX)).unwrap();
            assert_eq!(history, notes(0, row.seq), "run {i}");
        }
    }
}
