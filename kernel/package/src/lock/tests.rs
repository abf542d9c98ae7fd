use std::path::Path;

use expect_test::{Expect, expect};

use super::{Entry, Lock};
use crate::digest::Digest;

fn entry(name: &str, version: &str, bytes: &[u8], signer: Option<&str>) -> Entry {
    Entry {
        name: name.to_owned(),
        version: version.to_owned(),
        origin: format!("oci://r.example/{name}:{version}"),
        digest: Digest::of(bytes),
        signer: signer.map(ToOwned::to_owned),
    }
}

fn lock() -> Lock {
    let mut lock = Lock::default();
    lock.set(entry("nice", "1.0.0", b"nice", Some("acme")));
    lock.set(entry("plain", "2.0.0", b"plain", None));
    lock
}

/// Digests are shortened.
#[track_caller]
fn check(fetched: &Entry, locked: bool, want: Expect) {
    let found = match lock().check(fetched, locked) {
        Ok(()) => "fits".to_owned(),
        Err(err) => err.to_string(),
    };
    want.assert_eq(&short(&found));
}

fn short(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |text, part| text + "sha256:" + &part[..4] + &part[64..])
}

#[test]
fn a_lock_is_written_as_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(super::FILE);
    assert_eq!(Lock::read(&path).unwrap(), Lock::default());
    lock().write(&path).unwrap();
    assert_eq!(Lock::read(&path).unwrap(), lock());
    expect![[r##"
        # Written by `tenon plugin`; it pins what is installed. Commit it.

        version = 1

        [[plugin]]
        name = "nice"
        version = "1.0.0"
        origin = "oci://r.example/nice:1.0.0"
        digest = "sha256:e186"
        signer = "acme"

        [[plugin]]
        name = "plain"
        version = "2.0.0"
        origin = "oci://r.example/plain:2.0.0"
        digest = "sha256:a116"
    "##]]
    .assert_eq(&short(&std::fs::read_to_string(&path).unwrap()));
}

#[test]
fn what_is_pinned_fits() {
    check(&entry("nice", "1.0.0", b"nice", Some("acme")), true, expect!["fits"]);
    check(&entry("plain", "2.0.0", b"plain", None), true, expect!["fits"]);
    // A signature that has come since harms nobody.
    check(&entry("plain", "2.0.0", b"plain", Some("acme")), true, expect!["fits"]);
}

#[test]
fn other_bytes_under_a_known_version_never_fit() {
    check(
        &entry("nice", "1.0.0", b"evil", Some("acme")),
        false,
        expect![
            "nice 1.0.0 has the digest sha256:b5c1, but the lock file pins sha256:e186 for this version; whoever replaced it must publish a new version"
        ],
    );
}

#[test]
fn a_new_version_fits_unless_all_is_locked() {
    check(&entry("plain", "3.0.0", b"new", None), false, expect!["fits"]);
    check(
        &entry("plain", "3.0.0", b"new", None),
        true,
        expect![
            "plain has the digest sha256:1150, but the lock file pins sha256:a116 (version 2.0.0); pin the new one if that is meant"
        ],
    );
    check(&entry("other", "1.0.0", b"other", None), false, expect!["fits"]);
    check(
        &entry("other", "1.0.0", b"other", None),
        true,
        expect!["other is not in the lock file; pin it first"],
    );
}

#[test]
fn another_signer_or_none_never_fits() {
    check(
        &entry("nice", "1.1.0", b"new", Some("evil")),
        false,
        expect![[
            r#"nice was signed by "acme", but now by "evil"; if that is meant, remove it from the lock file and install it again"#
        ]],
    );
    check(
        &entry("nice", "1.1.0", b"new", None),
        false,
        expect![[
            r#"nice was signed by "acme", but now by nobody; if that is meant, remove it from the lock file and install it again"#
        ]],
    );
}

#[test]
fn a_damaged_lock_is_refused_whole() {
    let read =
        |text: &str| Lock::parse(Path::new("tenon-plugins.lock"), text).unwrap_err().to_string();
    assert!(read("plugins").contains("tenon-plugins.lock is no lock file"));
    assert!(read("").contains("names no `version`"));
    assert!(read("version = 2\nnew = 1").contains("newer than this program"));
    assert!(read("version = 1\nextra = 1").contains("extra"));
    let plugin = "[[plugin]]\nname = \"a\"\nversion = \"1\"\norigin = \"o\"\ndigest = \"sha256:1\"";
    assert!(read(&format!("version = 1\n{plugin}")).contains("a: \"sha256:1\" is no digest"));
    let good = plugin.replace("sha256:1", &Digest::of(b"").to_string());
    assert!(read(&format!("version = 1\n{good}\n{good}")).contains("pins a twice"));
}
