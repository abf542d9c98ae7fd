//! Volumes between runs.

use kernel_model::id::PipelineId;
use kernel_ports::volume::Volumes;

use super::{OTHER, PIPELINE, Place, RUN};

#[tokio::test]
async fn a_cache_goes_from_run_to_run() {
    let place = Place::new();
    let storage = &place.storage;
    assert!(!storage.cache_restore(PIPELINE, "deps", RUN, "v").await.unwrap());
    storage.write(RUN, "v", "a/lib", b"1", false).await.unwrap();
    storage.cache_keep(PIPELINE, "deps", RUN, "v").await.unwrap();
    // Used by two steps of the run, it is kept twice.
    storage.cache_keep(PIPELINE, "deps", RUN, "v").await.unwrap();
    assert!(!storage.cache_restore(PIPELINE, "other key", OTHER, "v").await.unwrap());
    assert!(!storage.cache_restore(PipelineId(9), "deps", OTHER, "v").await.unwrap());
    // A volume that was only shown so far is as good as missing.
    storage.volume_dir(OTHER, "v").await.unwrap();
    assert!(storage.cache_restore(PIPELINE, "deps", OTHER, "v").await.unwrap());
    assert_eq!(storage.read(OTHER, "v", "a/lib", 0, 9).await.unwrap(), b"1");
    // It is lent; another run misses it.
    assert!(!storage.cache_restore(PIPELINE, "deps", RUN, "v").await.unwrap());
    storage.write(OTHER, "v", "a/lib", b"2", false).await.unwrap();
    storage.cache_keep(PIPELINE, "deps", OTHER, "v").await.unwrap();
    assert!(storage.cache_restore(PIPELINE, "deps", RUN, "v").await.unwrap());
    assert_eq!(storage.read(RUN, "v", "a/lib", 0, 9).await.unwrap(), b"2");
}

#[tokio::test]
async fn the_last_who_keeps_wins_and_a_volume_in_use_is_not_filled() {
    let place = Place::new();
    let storage = &place.storage;
    for (run, text) in [(RUN, b"old"), (OTHER, b"new")] {
        storage.write(run, "v", "file", text, false).await.unwrap();
        storage.cache_keep(PIPELINE, "../../escape", run, "v").await.unwrap();
    }
    storage.write(RUN, "v", "own", b"own", false).await.unwrap();
    assert!(!storage.cache_restore(PIPELINE, "../../escape", RUN, "v").await.unwrap());
    assert!(storage.cache_restore(PIPELINE, "../../escape", OTHER, "w").await.unwrap());
    assert_eq!(storage.read(OTHER, "w", "file", 0, 9).await.unwrap(), b"new");
    let left = std::fs::read_dir(place.path().join(format!("caches/{PIPELINE}"))).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_runs_at_once_one_gets_the_cache() {
    let place = Place::new();
    place.storage.write(RUN, "v", "file", b"x", false).await.unwrap();
    place.storage.cache_keep(PIPELINE, "k", RUN, "v").await.unwrap();
    let takers = (0..8).map(|n| {
        let storage = std::sync::Arc::clone(&place.storage);
        let run = kernel_model::id::RunId(100 + n);
        tokio::spawn(async move { storage.cache_restore(PIPELINE, "k", run, "v").await.unwrap() })
    });
    let mut hits = 0;
    for taker in takers.collect::<Vec<_>>() {
        hits += usize::from(taker.await.unwrap());
    }
    assert_eq!(hits, 1);
}
