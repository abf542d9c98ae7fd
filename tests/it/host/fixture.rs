//! Builds the guests of `tests/fixtures`, once per run of the tests; cargo skips what is up to date.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the action plugin that misbehaves on request.
pub(crate) fn hostile() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| build("hostile", "hostile.wasm"))
}

/// Returns the action plugin that looks at itself, as its configuration says.
pub(crate) fn careful() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| build("careful", "careful.wasm"))
}

/// Returns the smallest language plugin.
pub(crate) fn language() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| build("language", "language_lines.wasm"))
}

/// Returns the action plugin whose instances take a while to start.
pub(crate) fn slow() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| build("slow", "slow.wasm"))
}

/// Returns the action plugin that reaches out of its sandbox.
pub(crate) fn outward() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| build("outward", "outward.wasm"))
}

/// Returns the hostile plugin with parts of its manifest replaced by others of the same length, so
/// that it is another version.
pub(crate) fn hostile_with(parts: &[(&str, &str)]) -> Vec<u8> {
    other(hostile(), parts)
}

/// Returns a plugin with parts of its manifest replaced by others of the same length.
pub(crate) fn other(plugin: &[u8], parts: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = plugin.to_vec();
    // The plugin has the same text among its data too.
    let section = find(&bytes, "tenon:manifest");
    for (from, to) in parts {
        assert_eq!(from.len(), to.len(), "{from} {to}");
        let at = section + find(&bytes[section..], from);
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

fn find(bytes: &[u8], text: &str) -> usize {
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes());
    at.unwrap_or_else(|| panic!("there is no {text} in the fixture"))
}

/// Returns a directory that stays from run to run, for compiled guests.
pub(crate) fn compiled() -> PathBuf {
    root().join("target/fixtures/compiled")
}

fn build(folder: &str, file: &str) -> Vec<u8> {
    let target = root().join("target/fixtures");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--target-dir"])
        .arg(&target)
        .current_dir(root().join("tests/fixtures").join(folder))
        // Settings for the machine that runs the tests are wrong for guests.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "building the fixture {folder} failed:\n{stderr}");
    std::fs::read(target.join("wasm32-wasip2/release").join(file)).unwrap()
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|dir| dir.join("tests/fixtures").is_dir()).unwrap()
}
