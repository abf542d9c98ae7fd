use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kernel_ports::keyring::{Keyring as _, KeyringError};
use zeroize::Zeroizing;

use super::{FILE, Ring, Rotated};
use crate::disk::{Disk, Machine};
use crate::error::{OpenError, RotateError};
use crate::server_key::{ServerKey, ServerKeyError};
use crate::source::{Source, generated};

const WORDS: &str = "correct horse battery staple";
const OTHER: &str = "another horse, another staple";

fn given(words: &str) -> Source {
    let key = Zeroizing::new(words.as_bytes().to_vec());
    Source::Given { key, salt: None, from: "TENON_KEY".to_owned() }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Fails from the write with this number on; a write may have happened before its failure is told.
struct Failing {
    left: Arc<AtomicUsize>,
    is_late: bool,
}

impl Disk for Failing {
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("pulled the plug"));
        }
        self.left.store(left - 1, Ordering::Relaxed);
        if left > 1 || self.is_late {
            Machine.replace(path, bytes)?;
        }
        if left == 1 {
            self.left.store(0, Ordering::Relaxed);
            return Err(io::Error::other("pulled the plug"));
        }
        Ok(())
    }
}

#[test]
fn what_is_sealed_opens_after_a_start_and_only_in_its_place() {
    let folder = folder();
    let ring = Ring::open(folder.path(), Source::Generated).unwrap();
    assert_eq!(ring.generated(), Some(generated(folder.path())));
    let sealed = ring.seal("project/a", b"TOKEN", b"hunter22").unwrap();
    assert!(!sealed.windows(8).any(|part| part == b"hunter22"));
    let ring = Ring::open(folder.path(), Source::Generated).unwrap();
    assert_eq!(ring.generated(), None);
    assert_eq!(ring.open("project/a", b"TOKEN", &sealed).unwrap(), b"hunter22");
    for (scope, name) in [("project/b", "TOKEN"), ("project/a", "OTHER"), ("project/aT", "OKEN")] {
        let err = ring.open(scope, name.as_bytes(), &sealed).unwrap_err();
        assert!(matches!(err, KeyringError::Refused { .. }), "{err}");
    }
    assert_ne!(ring.seal("project/a", b"TOKEN", b"hunter22").unwrap(), sealed);
}

#[test]
fn no_byte_can_be_changed() {
    let folder = folder();
    let ring = Ring::open(folder.path(), Source::Generated).unwrap();
    let sealed = ring.seal("s", b"n", b"v").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(ring.open("s", b"n", &changed).is_err(), "byte {at}");
        assert!(ring.open("s", b"n", &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_wrong_key_is_noticed_at_the_start() {
    let folder = folder();
    Ring::open(folder.path(), given(WORDS)).unwrap();
    let err = Ring::open(folder.path(), given(OTHER)).unwrap_err();
    let path = folder.path().join(FILE);
    assert_eq!(
        err.to_string(),
        format!(
            "the server key of TENON_KEY is not the one that sealed {}; give that key, or \
             restore the backup that belongs to this one",
            path.display()
        )
    );
    Ring::open(folder.path(), given(WORDS)).unwrap();
}

#[test]
fn a_lost_key_file_is_not_replaced_by_another() {
    let folder = folder();
    Ring::open(folder.path(), Source::Generated).unwrap();
    std::fs::remove_file(generated(folder.path())).unwrap();
    let err = Ring::open(folder.path(), Source::Generated).unwrap_err();
    assert!(matches!(err, OpenError::KeyGone { .. }), "{err}");
    assert!(!generated(folder.path()).exists());
}

#[test]
fn a_short_key_and_one_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let err = Ring::open(folder.path(), given("short")).unwrap_err();
    assert!(matches!(err, OpenError::KeyShort { found: 5, .. }), "{err}");
    Ring::open(folder.path(), Source::Generated).unwrap();
    let path = generated(folder.path());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let err = Ring::open(folder.path(), Source::Generated).unwrap_err();
    assert!(matches!(err, OpenError::KeyOpen { .. }), "{err}");
}

#[test]
fn a_salt_of_the_operator_is_asked_for_again() {
    let folder = folder();
    let source = |salt: Option<&str>| Source::Given {
        key: Zeroizing::new(WORDS.as_bytes().to_vec()),
        salt: salt.map(|salt| Zeroizing::new(salt.as_bytes().to_vec())),
        from: "a test".to_owned(),
    };
    let ring = Ring::open(folder.path(), source(Some("a salt of 16 byt"))).unwrap();
    let sealed = ring.seal("s", b"n", b"v").unwrap();
    let err = Ring::open(folder.path(), source(None)).unwrap_err();
    assert!(matches!(err, OpenError::SaltMissing { .. }), "{err}");
    let err = Ring::open(folder.path(), source(Some("another salt, 16"))).unwrap_err();
    assert!(matches!(err, OpenError::WrongKey { .. }), "{err}");
    let ring = Ring::open(folder.path(), source(Some("a salt of 16 byt"))).unwrap();
    assert_eq!(ring.open("s", b"n", &sealed).unwrap(), b"v");
}

#[test]
fn a_damaged_file_and_one_of_a_newer_version_are_told_apart() {
    let folder = folder();
    Ring::open(folder.path(), Source::Generated).unwrap();
    let path = folder.path().join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let err = Ring::open(folder.path(), Source::Generated).unwrap_err();
    assert!(matches!(err, OpenError::Newer { found: 2, known: 1, .. }), "{err}");
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    let err = Ring::open(folder.path(), Source::Generated).unwrap_err();
    assert!(matches!(err, OpenError::Damaged { .. }), "{err}");
}

#[test]
fn a_rotation_keeps_what_was_sealed_and_derived_and_changes_the_key() {
    let folder = folder();
    let ring = Ring::open(folder.path(), Source::Generated).unwrap();
    let before = std::fs::read(generated(folder.path())).unwrap();
    let sealed = ring.seal("s", b"n", b"v").unwrap();
    let derived = ring.derive("audit");
    assert_eq!(ring.rotate(None).unwrap(), Rotated::Done);
    assert_ne!(std::fs::read(generated(folder.path())).unwrap(), before);
    let after = ring.seal("s", b"n", b"v").unwrap();
    assert_ne!(after[4..12], sealed[4..12], "a new data key seals");
    for ring in [ring, Ring::open(folder.path(), Source::Generated).unwrap()] {
        assert_eq!(ring.open("s", b"n", &sealed).unwrap(), b"v");
        assert_eq!(ring.open("s", b"n", &after).unwrap(), b"v");
        assert_eq!(ring.derive("audit").bytes(), derived.bytes());
        assert_ne!(ring.derive("token-mac").bytes(), derived.bytes());
    }
    std::fs::write(generated(folder.path()), before).unwrap();
    let err = Ring::open(folder.path(), Source::Generated).unwrap_err();
    assert!(matches!(err, OpenError::WrongKey { .. }), "{err}");
}

#[test]
fn a_rotation_of_the_operators_key_ends_with_the_first_start_with_the_new_one() {
    let folder = folder();
    let ring = Ring::open(folder.path(), given(WORDS)).unwrap();
    let sealed = ring.seal("s", b"n", b"v").unwrap();
    assert!(matches!(ring.rotate(None), Err(RotateError::KeyNeeded { .. })));
    assert!(matches!(ring.rotate(Some(b"short")), Err(RotateError::KeyShort { found: 5 })));
    assert_eq!(ring.rotate(Some(OTHER.as_bytes())).unwrap(), Rotated::Pending);
    let after = ring.seal("s", b"n", b"after").unwrap();
    let ring = Ring::open(folder.path(), given(WORDS)).unwrap();
    assert!(ring.is_pending());
    assert_eq!(ring.open("s", b"n", &after).unwrap(), b"after");
    let ring = Ring::open(folder.path(), given(OTHER)).unwrap();
    assert!(!ring.is_pending());
    assert_eq!(ring.open("s", b"n", &sealed).unwrap(), b"v");
    assert_eq!(ring.open("s", b"n", &after).unwrap(), b"after");
    let err = Ring::open(folder.path(), given(WORDS)).unwrap_err();
    assert!(matches!(err, OpenError::WrongKey { .. }), "{err}");
}

#[test]
fn the_plug_can_be_pulled_at_any_moment_of_a_rotation() {
    for is_late in [false, true] {
        for writes in 0..=3 {
            let folder = folder();
            let left = Arc::new(AtomicUsize::new(usize::MAX));
            let disk = Failing { left: Arc::clone(&left), is_late };
            let ring = Ring::open_on(folder.path(), Source::Generated, Box::new(disk)).unwrap();
            let sealed = ring.seal("s", b"n", b"before").unwrap();
            left.store(writes, Ordering::Relaxed);
            let err = ring.rotate(None).unwrap_err();
            assert!(matches!(err, RotateError::Write { .. }), "{err}");
            // A second try that dies early must not make it worse.
            left.store(1, Ordering::Relaxed);
            ring.rotate(None).unwrap_err();
            // The server that saw the failure goes on with what it has.
            let meanwhile = ring.seal("s", b"n", b"meanwhile").unwrap();
            drop(ring);
            let ring = Ring::open(folder.path(), Source::Generated).unwrap();
            assert_eq!(ring.open("s", b"n", &sealed).unwrap(), b"before");
            assert_eq!(ring.open("s", b"n", &meanwhile).unwrap(), b"meanwhile");
            assert_eq!(ring.rotate(None).unwrap(), Rotated::Done);
            let ring = Ring::open(folder.path(), Source::Generated).unwrap();
            assert_eq!(ring.open("s", b"n", &meanwhile).unwrap(), b"meanwhile");
        }
    }
}

#[test]
fn nothing_shows_a_key() {
    let folder = folder();
    let ring = Ring::open(folder.path(), given(WORDS)).unwrap();
    let shown = format!("{ring:?} {:?} {:?}", given(WORDS), ring.derive("audit"));
    assert!(!shown.contains(WORDS), "{shown}");
    assert!(shown.contains("SubKey(…)"), "{shown}");
}

/// A device whose key is a single byte.
struct Toy(u8);

impl ServerKey for Toy {
    fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        let mut wrapped = vec![self.0, u8::try_from(name.len()).unwrap()];
        wrapped.extend(key.iter().map(|byte| byte ^ self.0));
        Ok(wrapped)
    }

    fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        match wrapped {
            [key, len, rest @ ..] if *key == self.0 && usize::from(*len) == name.len() => {
                Ok(Zeroizing::new(rest.iter().map(|byte| byte ^ self.0).collect()))
            }
            _ => Err(ServerKeyError::Refused),
        }
    }
}

fn held(name: &str, key: u8) -> Source {
    Source::Held { name: name.to_owned(), key: Arc::new(Toy(key)) }
}

#[test]
fn a_key_in_a_device_opens_what_it_sealed_and_leaves_no_file() {
    let folder = folder();
    let ring = Ring::open(folder.path(), held("toy", 7)).unwrap();
    assert_eq!(ring.generated(), None);
    let sealed = ring.seal("s", b"n", b"v").unwrap();
    assert!(matches!(ring.rotate(None), Err(RotateError::Held)));
    drop(ring);
    assert!(!generated(folder.path()).exists());
    let ring = Ring::open(folder.path(), held("toy", 7)).unwrap();
    assert_eq!(ring.open("s", b"n", &sealed).unwrap(), b"v");
    let err = Ring::open(folder.path(), held("toy", 8)).unwrap_err();
    assert!(matches!(err, OpenError::WrongKey { .. }), "{err}");
}

#[test]
fn a_key_is_asked_for_where_it_is() {
    let in_device = folder();
    Ring::open(in_device.path(), held("toy", 7)).unwrap();
    for source in [Source::Generated, given(WORDS), held("other", 7)] {
        let err = Ring::open(in_device.path(), source).unwrap_err();
        assert!(matches!(&err, OpenError::DeviceNeeded { device, .. } if device == "toy"), "{err}");
    }
    let here = folder();
    Ring::open(here.path(), Source::Generated).unwrap();
    let err = Ring::open(here.path(), held("toy", 7)).unwrap_err();
    assert!(matches!(err, OpenError::DeviceUnknown { .. }), "{err}");
}
