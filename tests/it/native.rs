//! Native plugins: what is loaded, and what is not, with libraries in C by the published header.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kernel_host::{NativeFault, Natives};
use tempfile::TempDir;

/// Builds the library of `tests/fixtures/native` with flags of the compiler.
fn library(dir: &TempDir, flags: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = root.into_iter().find(|dir| dir.join("sdk/native/tenon_native.h").exists());
    let root = root.unwrap();
    let place = dir.path().join("plugin.so");
    let built = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&place)
        .arg("-I")
        .arg(root.join("sdk/native"))
        .args(flags.iter().map(|flag| format!("-D{flag}")))
        .arg(root.join("tests/fixtures/native/plugin.c"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    place
}

/// Returns the digest that a refusal names.
fn digest(path: &Path) -> String {
    let said = Natives::default().load(path).unwrap_err().to_string();
    said.rsplit("--native-allowed ").next().unwrap().trim_end_matches(')').to_owned()
}

fn allowed(path: &Path) -> Natives {
    Natives::allow([digest(path)]).unwrap()
}

#[test]
fn a_library_in_c_is_a_keyring() {
    let dir = tempfile::tempdir().unwrap();
    let path = library(&dir, &[]);
    let plugin = allowed(&path).load(&path).unwrap();
    assert_eq!((plugin.name(), plugin.version()), ("in-c", "1.0"));
    let err = plugin.keyring("{}").unwrap_err();
    assert!(matches!(err, NativeFault::Invalid { .. }), "{err}");
    assert!(err.to_string().contains("it needs a `shift`"), "{err}");
    let keyring = plugin.keyring(r#"{"shift":1}"#).unwrap();
    assert_eq!(keyring.wrap("n", b"abcd").unwrap(), b"bcde");
    assert_eq!(&**keyring.unwrap("n", b"bcde").unwrap(), b"abcd");
    let err = keyring.wrap("n", b"abc").unwrap_err();
    assert!(matches!(err, NativeFault::Unavailable { .. }), "{err}");
    let err = keyring.wrap("n", b"").unwrap_err().to_string();
    assert!(err.contains("it gave the status 77 and no reason"), "{err}");
}

#[test]
fn a_bad_library_is_refused_with_its_reason() {
    for (flag, part) in [
        ("NO_ENTRY", "is a library, but no plugin of Tenon"),
        ("VERSION=2", "speaks version 2 of the native interface, this server version 1"),
        ("REFUSE", "does not work with this server"),
        ("SHORT", "shorter than its version says"),
        ("NO_FREE", "it has no buffer_free"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = library(&dir, &[flag]);
        let err = allowed(&path).load(&path).unwrap_err().to_string();
        assert!(err.contains(part), "{flag}: {err}");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = library(&dir, &["NO_KEYRING"]);
    let err = allowed(&path).load(&path).unwrap().keyring(r#"{"shift":1}"#).unwrap_err();
    assert!(matches!(err, NativeFault::NoKeyring { .. }), "{err}");
}

#[test]
fn what_is_not_allowed_runs_not_one_instruction() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    let path = library(&dir, &[&format!("MARK=\"{}\"", mark.display())]);
    assert!(Natives::default().load(&path).is_err());
    assert!(Natives::allow(["ab".repeat(32)]).unwrap().load(&path).is_err());
    assert!(!mark.exists(), "a library ran that nobody allowed");
    allowed(&path).load(&path).unwrap();
    assert!(mark.exists(), "the mark would show it");
}

#[test]
fn a_library_is_loaded_once_from_the_bytes_that_were_judged() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    let path = library(&dir, &[&format!("MARK=\"{}\"", mark.display())]);
    let natives = allowed(&path);
    natives.load(&path).unwrap();
    fs::remove_file(&mark).unwrap();
    let copy = dir.path().join("copy.so");
    fs::copy(&path, &copy).unwrap();
    natives.load(&copy).unwrap();
    assert!(!mark.exists(), "it was loaded a second time");
    // Loading goes by the bytes, never by the path again.
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.contains("/memfd:tenon-native"), "{maps}");
    assert!(!maps.contains(&path.display().to_string()), "{maps}");
}

#[test]
fn files_that_others_could_exchange_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = library(&dir, &[]);
    let natives = allowed(&path);
    let refused = |path: &Path| natives.load(path).unwrap_err().to_string();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o775)).unwrap();
    assert!(refused(&path).contains("run `chmod go-w"), "{}", refused(&path));
    assert!(refused(dir.path()).contains("is a directory"), "{}", refused(dir.path()));
    assert!(refused(Path::new("/nowhere.so")).contains("failed to read"));
    let text = dir.path().join("text.so");
    fs::write(&text, "not a library").unwrap();
    let err = allowed(&text).load(&text).unwrap_err().to_string();
    assert!(err.contains("cannot be loaded as a library"), "{err}");
    let err = Natives::allow(["sha256:12"]).unwrap_err().to_string();
    assert!(err.contains("is no SHA-256"), "{err}");
}
