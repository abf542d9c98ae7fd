//! What a store on disk must do besides: last, refuse what is not its own, and survive a full disk.

use std::fs;
use std::path::Path;

use kernel_model::time::Time;
use kernel_ports::kv::KvStore;
use kernel_ports::run::{RunAppend, RunFilter, RunStore};
use kernel_ports::store::StoreError;
use kernel_store_sqlite::{Settings, SqliteStore};

use super::draft::{BOOT, append, notes, run};

/// The error of opening `path`, with all its causes.
#[track_caller]
fn refused(path: &Path) -> (StoreError, String) {
    let err = SqliteStore::open(path).unwrap_err();
    let source = std::error::Error::source(&err).map(ToString::to_string).unwrap_or_default();
    let text = format!("{err}: {source}");
    (err, text)
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    store.boot(BOOT, Time(1)).await.unwrap();
    let id = run(&store, 10).await;
    let with = RunAppend { language_state: Some((*b"state").into()), ..append(id, 0, notes(0, 3)) };
    store.run_append(with).await.unwrap();
    store.kv_set("n", "k", b"v", None).await.unwrap();
    let row = store.run_get(id).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.run_get(id).await.unwrap(), row);
    assert_eq!(store.run_list(&RunFilter::default(), 9).await.unwrap(), Vec::from_iter(row));
    assert_eq!(store.run_history(id, 0, 10).await.unwrap(), notes(0, 3));
    assert_eq!(store.run_language_state(id).await.unwrap().as_deref(), Some(&b"state"[..]));
    assert_eq!(store.kv_get("n", "k").await.unwrap().unwrap().value, b"v");
    assert_eq!(store.boot(BOOT, Time(2)).await.unwrap(), Some(BOOT));
}

#[test]
fn a_second_server_is_told_who_holds_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let first = SqliteStore::open(&path).unwrap();
    let (_, text) = refused(&path);
    assert!(text.contains(&format!("process {} holds", std::process::id())), "{text}");
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    drop(first);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_missing_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    let (_, text) = refused(&missing.join("store.db"));
    assert!(text.contains(&format!("create the directory {}", missing.display())), "{text}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let bytes = b"I am a letter to my aunt. ".repeat(400);
    fs::write(&path, &bytes).unwrap();
    let (err, text) = refused(&path);
    assert!(matches!(err, StoreError::Corrupt { .. }), "{text}");
    assert!(text.contains("not a database of Tenon"), "{text}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_in_place_of_the_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    fs::create_dir(&path).unwrap();
    let (_, text) = refused(&path);
    assert!(text.contains("failed to open the store"), "{text}");
}

/// Puts four bytes into the header of a closed database.
fn header_write(path: &Path, offset: usize, value: u32) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_newer_schema_refuses_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    // `user_version` and `application_id`, <https://www.sqlite.org/fileformat.html#the_database_header>.
    header_write(&path, 60, 99);
    let (err, text) = refused(&path);
    assert!(matches!(err, StoreError::Newer { found: 99, known: 2, .. }), "{text}");
    header_write(&path, 60, 2);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_database_of_another_application_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    header_write(&path, 68, 7);
    let (err, text) = refused(&path);
    assert!(matches!(err, StoreError::Corrupt { .. }), "{text}");
    assert!(text.contains("another kind"), "{text}");
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let id = run(&store, 10).await;
    store.run_append(append(id, 0, notes(0, 500))).await.unwrap();
    drop(store);
    // All but the page with the header and the schema's root.
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let err = match SqliteStore::open(&path) {
        Ok(store) => store.run_history(id, 0, 10).await.unwrap_err(),
        Err(err) => err,
    };
    assert!(matches!(&err, StoreError::Corrupt { what, .. } if what.contains("store.db")), "{err}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_got_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let settings = Settings { pages_max: Some(200), ..Settings::default() };
    let store = SqliteStore::open_with(&path, settings).unwrap();
    let id = run(&store, 10).await;
    store.kv_set("n", "ballast", &[7; 200_000], None).await.unwrap();
    let mut seq = 0;
    let err = loop {
        match store.run_append(append(id, seq, notes(seq, 50))).await {
            Ok(()) => seq += 50,
            Err(err) => break err,
        }
        assert!(seq < 100_000, "800 KiB hold {seq} events");
    };
    assert!(matches!(&err, StoreError::Full { path: found } if *found == path.to_string_lossy()));
    // What was acknowledged stays, what was refused is not there, and reading goes on.
    assert_eq!(store.run_get(id).await.unwrap().unwrap().seq, seq);
    assert_eq!(store.run_history(id, 0, u32::MAX).await.unwrap(), notes(0, seq));
    store.kv_remove("n", "ballast").await.unwrap();
    store.run_append(append(id, seq, notes(seq, 50))).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.run_history(id, 0, u32::MAX).await.unwrap(), notes(0, seq + 50));
}
