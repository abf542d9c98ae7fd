//! A cache that is damaged, foreign or gone costs time, never trust.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::Cache;
use crate::engine::{Engines, Tier};
use crate::limits::CallLimits;

fn files(dir: &std::path::Path, extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

fn engines() -> Engines {
    Engines::start(&CallLimits { calls_at_once: 4, ..CallLimits::default() }).unwrap()
}

fn compile(cache: &Cache, engines: &Engines, digest: &str, tier: Tier) {
    let wasm = wat::parse_str("(component)").unwrap();
    cache.compile(engines, digest, &wasm, tier).unwrap();
}

/// Returns which code is kept.
fn kept(cache: &Cache, engines: &Engines, digest: &str) -> Option<Tier> {
    cache.find(&engines.serving, digest).map(|(_, tier)| tier)
}

#[test]
fn what_was_compiled_is_found_by_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let engines = engines();
    let cache = Cache::open(dir.path()).unwrap();
    assert_eq!(kept(&cache, &engines, "a"), None);
    compile(&cache, &engines, "a", Tier::Optimized);
    let again = Cache::open(dir.path()).unwrap();
    assert_eq!(kept(&again, &engines, "a"), Some(Tier::Optimized));
    let file = &files(&dir.path().join("a"), "cwasm")[0];
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn better_code_takes_the_place_of_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let engines = engines();
    let cache = Cache::open(dir.path()).unwrap();
    compile(&cache, &engines, "a", Tier::Baseline);
    assert_eq!(kept(&cache, &engines, "a"), Some(Tier::Baseline));
    compile(&cache, &engines, "a", Tier::Optimized);
    assert_eq!(kept(&cache, &engines, "a"), Some(Tier::Optimized));
    assert_eq!(files(&dir.path().join("a"), "cwasm").len(), 1);
}

#[test]
fn a_damaged_or_foreign_file_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let engines = engines();
    let cache = Cache::open(dir.path()).unwrap();
    compile(&cache, &engines, "a", Tier::Optimized);
    let file = files(&dir.path().join("a"), "cwasm")[0].clone();
    let proof = files(&dir.path().join("a"), "mac")[0].clone();

    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert_eq!(kept(&cache, &engines, "a"), None, "damaged");
    compile(&cache, &engines, "a", Tier::Optimized);
    assert_eq!(kept(&cache, &engines, "a"), Some(Tier::Optimized), "replaced");

    // A file of another plugin, with its proof.
    fs::create_dir(dir.path().join("b")).unwrap();
    for path in [&file, &proof] {
        fs::copy(path, dir.path().join("b").join(path.file_name().unwrap())).unwrap();
    }
    assert_eq!(kept(&cache, &engines, "b"), None, "moved");

    fs::remove_file(dir.path().join("machine.key")).unwrap();
    let again = Cache::open(dir.path()).unwrap();
    assert_eq!(kept(&again, &engines, "a"), None, "another key");
}

#[test]
fn what_is_gone_is_forgotten_and_may_be_forgotten_again() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, engines) = (Cache::open(dir.path()).unwrap(), engines());
    for digest in ["gone", "stays"] {
        compile(&cache, &engines, digest, Tier::Optimized);
    }
    cache.forget("gone");
    cache.forget("gone");
    assert_eq!(kept(&cache, &engines, "gone"), None);
    assert_eq!(kept(&cache, &engines, "stays"), Some(Tier::Optimized));
}
