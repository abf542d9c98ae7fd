//! A cache that is damaged, foreign or gone costs time, never trust.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use wasmtime::Engine;

use super::Cache;

fn files(dir: &std::path::Path, extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

/// Loads a component, and says whether it had to be compiled.
fn compiles(cache: &Cache, engine: &Engine, digest: &str) -> bool {
    let mut compiled = false;
    let bytes = || {
        compiled = true;
        Ok(wat::parse_str("(component)").unwrap())
    };
    cache.component(engine, digest, bytes).unwrap();
    compiled
}

#[test]
fn a_second_start_compiles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::default();
    assert!(compiles(&Cache::open(dir.path()).unwrap(), &engine, "a"));
    assert!(!compiles(&Cache::open(dir.path()).unwrap(), &engine, "a"));
    let file = &files(&dir.path().join("a"), "cwasm")[0];
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_damaged_or_foreign_file_is_compiled_anew() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::default();
    let cache = Cache::open(dir.path()).unwrap();
    assert!(compiles(&cache, &engine, "a"));
    let file = files(&dir.path().join("a"), "cwasm")[0].clone();
    let proof = files(&dir.path().join("a"), "mac")[0].clone();

    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(compiles(&cache, &engine, "a"), "damaged");
    assert!(!compiles(&cache, &engine, "a"), "replaced");

    // A file of another plugin, with its proof.
    fs::create_dir(dir.path().join("b")).unwrap();
    for path in [&file, &proof] {
        fs::copy(path, dir.path().join("b").join(path.file_name().unwrap())).unwrap();
    }
    assert!(compiles(&cache, &engine, "b"), "moved");

    fs::remove_file(dir.path().join("machine.key")).unwrap();
    assert!(compiles(&Cache::open(dir.path()).unwrap(), &engine, "a"), "another key");
}
