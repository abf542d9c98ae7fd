//! Volumes between runs.

use kernel_model::id::{PipelineId, WorkspaceId};
use kernel_ports::volume::{CacheScope, Volumes};

use super::{OTHER, PIPELINE, Place, RUN};

const SCOPE: CacheScope = CacheScope { pipeline: PIPELINE, workspace: WorkspaceId::DEFAULT };
/// The same pipeline in another workspace.
const DEV: CacheScope = CacheScope { pipeline: PIPELINE, workspace: WorkspaceId(5) };

#[tokio::test]
async fn a_cache_goes_from_run_to_run() {
    let place = Place::new();
    let storage = &place.storage;
    let elsewhere = CacheScope { pipeline: PipelineId(9), ..SCOPE };
    assert!(!storage.cache_restore(SCOPE, "deps", RUN, "v").await.unwrap());
    storage.write(RUN, "v", "a/lib", b"1", false).await.unwrap();
    storage.cache_keep(SCOPE, "deps", RUN, "v").await.unwrap();
    // Used by two steps of the run, it is kept twice.
    storage.cache_keep(SCOPE, "deps", RUN, "v").await.unwrap();
    assert!(!storage.cache_restore(SCOPE, "other key", OTHER, "v").await.unwrap());
    assert!(!storage.cache_restore(elsewhere, "deps", OTHER, "v").await.unwrap());
    // A volume that was only shown so far is as good as missing.
    storage.volume_dir(OTHER, "v").await.unwrap();
    assert!(storage.cache_restore(SCOPE, "deps", OTHER, "v").await.unwrap());
    assert_eq!(storage.read(OTHER, "v", "a/lib", 0, 9).await.unwrap(), b"1");
    // It is lent; another run misses it.
    assert!(!storage.cache_restore(SCOPE, "deps", RUN, "v").await.unwrap());
    storage.write(OTHER, "v", "a/lib", b"2", false).await.unwrap();
    storage.cache_keep(SCOPE, "deps", OTHER, "v").await.unwrap();
    assert!(storage.cache_restore(SCOPE, "deps", RUN, "v").await.unwrap());
    assert_eq!(storage.read(RUN, "v", "a/lib", 0, 9).await.unwrap(), b"2");
}

#[tokio::test]
async fn the_last_who_keeps_wins_and_a_volume_in_use_is_not_filled() {
    let place = Place::new();
    let storage = &place.storage;
    for (run, text) in [(RUN, b"old"), (OTHER, b"new")] {
        storage.write(run, "v", "file", text, false).await.unwrap();
        storage.cache_keep(SCOPE, "../../escape", run, "v").await.unwrap();
    }
    storage.write(RUN, "v", "own", b"own", false).await.unwrap();
    assert!(!storage.cache_restore(SCOPE, "../../escape", RUN, "v").await.unwrap());
    assert!(storage.cache_restore(SCOPE, "../../escape", OTHER, "w").await.unwrap());
    assert_eq!(storage.read(OTHER, "w", "file", 0, 9).await.unwrap(), b"new");
    let left = std::fs::read_dir(place.path().join(format!("caches/{PIPELINE}"))).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_runs_at_once_one_gets_the_cache() {
    let place = Place::new();
    place.storage.write(RUN, "v", "file", b"x", false).await.unwrap();
    place.storage.cache_keep(SCOPE, "k", RUN, "v").await.unwrap();
    let takers = (0..8).map(|n| {
        let storage = std::sync::Arc::clone(&place.storage);
        let run = kernel_model::id::RunId(100 + n);
        tokio::spawn(async move { storage.cache_restore(SCOPE, "k", run, "v").await.unwrap() })
    });
    let mut hits = 0;
    for taker in takers.collect::<Vec<_>>() {
        hits += usize::from(taker.await.unwrap());
    }
    assert_eq!(hits, 1);
}

#[tokio::test]
async fn an_inherited_cache_is_copied_and_stays_what_it_is() {
    let place = Place::new();
    let storage = &place.storage;
    assert!(!storage.cache_copy(SCOPE, "deps", OTHER, "v").await.unwrap());
    storage.write(RUN, "v", "a/lib", b"1", false).await.unwrap();
    storage.cache_keep(SCOPE, "deps", RUN, "v").await.unwrap();
    assert!(!storage.cache_restore(DEV, "deps", OTHER, "v").await.unwrap());
    assert!(storage.cache_copy(SCOPE, "deps", OTHER, "v").await.unwrap());
    // A volume in use is not filled.
    assert!(!storage.cache_copy(SCOPE, "deps", OTHER, "v").await.unwrap());
    storage.write(OTHER, "v", "a/lib", b"2", false).await.unwrap();
    storage.cache_keep(DEV, "deps", OTHER, "v").await.unwrap();
    assert!(storage.cache_restore(SCOPE, "deps", RUN, "v").await.unwrap());
    assert_eq!(storage.read(RUN, "v", "a/lib", 0, 9).await.unwrap(), b"1");
    assert!(storage.cache_restore(DEV, "deps", OTHER, "v").await.unwrap());
    assert_eq!(storage.read(OTHER, "v", "a/lib", 0, 9).await.unwrap(), b"2");
    let volumes = std::fs::read_dir(place.path().join(format!("runs/{OTHER}/volumes"))).unwrap();
    assert_eq!(volumes.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_is_whole_for_whoever_copies_it_while_its_owner_uses_it() {
    const FILES: u32 = 40;
    let place = Place::new();
    let storage = &place.storage;
    for n in 0..FILES {
        storage.write(RUN, "v", &format!("d/{n}"), b"x", false).await.unwrap();
    }
    storage.cache_keep(SCOPE, "k", RUN, "v").await.unwrap();
    let heirs = (0..16).map(|n| {
        let storage = std::sync::Arc::clone(&place.storage);
        tokio::spawn(async move {
            // Four at a time fill the same volume: one of them does.
            let run = kernel_model::id::RunId(100 + n / 4);
            if !storage.cache_copy(SCOPE, "k", run, "v").await.unwrap() {
                return 0;
            }
            assert_eq!(storage.list(run, "v", "d").await.unwrap().len(), FILES as usize);
            1
        })
    });
    let heirs: Vec<_> = heirs.collect();
    for _ in 0..20 {
        if storage.cache_restore(SCOPE, "k", OTHER, "v").await.unwrap() {
            storage.cache_keep(SCOPE, "k", OTHER, "v").await.unwrap();
        }
    }
    let mut filled = 0;
    for heir in heirs {
        filled += heir.await.unwrap();
    }
    // One that came while the owner had it missed it.
    assert!(filled <= 4, "{filled}");
    assert!(storage.cache_copy(SCOPE, "k", RUN, "v").await.unwrap());
    assert_eq!(storage.list(RUN, "v", "d").await.unwrap().len(), FILES as usize);
}

#[tokio::test]
async fn the_caches_of_one_workspace_are_forgotten() {
    let place = Place::new();
    let storage = &place.storage;
    storage.cache_forget(DEV.workspace).await;
    for scope in [SCOPE, DEV] {
        storage.write(RUN, "v", "file", b"x", false).await.unwrap();
        storage.cache_keep(scope, "k", RUN, "v").await.unwrap();
    }
    storage.cache_forget(DEV.workspace).await;
    assert!(!storage.cache_copy(DEV, "k", OTHER, "v").await.unwrap());
    storage.cache_forget(WorkspaceId::DEFAULT).await;
    assert!(storage.cache_copy(SCOPE, "k", OTHER, "v").await.unwrap());
}
