//! The compiled plugins that the tests use.

use std::path::{Path, PathBuf};

use tenon_test::{Stage, StageBuilder};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap()
}

/// Returns the plugin of contract 1.0.0 of that kind.
pub(crate) fn wasm(kind: &str) -> Vec<u8> {
    let file = format!("tests/fixtures/contract-1.0.0/wasm/{kind}-fixture.wasm");
    std::fs::read(root().join(file)).unwrap()
}

/// Returns it, to be put on a stage. What is compiled is kept from run to run.
pub(crate) fn builder(kind: &str) -> StageBuilder {
    Stage::builder(wasm(kind)).cache(root().join("target/fixtures/compiled"))
}

/// Returns the plugin that does everything wrong.
pub(crate) fn broken() -> Vec<u8> {
    std::fs::read(root().join("tests/fixtures/broken/broken-fixture.wasm")).unwrap()
}

/// Returns the standard plugins, as `cargo xtask plugins` has built them.
pub(crate) fn standard() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("target/plugins")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    assert!(files.len() >= 5, "build the standard plugins with `cargo xtask plugins`");
    files
}
