use std::io::Write as _;

use super::{Bundled, ImportError, export, import};
use crate::artifact::{Artifact, Facts};
use crate::digest::Digest;
use crate::package::Package;
use crate::signature::Signature;

fn bundled() -> Vec<Bundled> {
    let made = Artifact::make(b"nice", &Facts::default());
    let signatures = vec![
        Signature::Simple { payload: b"payload".to_vec(), signature: b"one".to_vec() },
        Signature::Minisign("two".to_owned()),
        Signature::Detached(b"three".to_vec()),
    ];
    let nice = Package::new(b"nice".to_vec(), "oci://r.example/nice:1".to_owned(), signatures);
    let nice = nice.with_artifact(made.manifest).unwrap();
    let plain = Package::new(b"plain".to_vec(), "file:///plain.wasm".to_owned(), Vec::new());
    let name = |name: &str, package| Bundled {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        package,
    };
    vec![name("nice", nice), name("plain", plain)]
}

fn bytes(bundled: &[Bundled]) -> Vec<u8> {
    let mut bytes = Vec::new();
    export(bundled, &mut bytes).unwrap();
    bytes
}

/// An archive of our own making: path, bytes, kind.
fn archive(entries: &[(&str, &[u8], tar::EntryType)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
    for (path, bytes, kind) in entries {
        let mut header = tar::Header::new_gnu();
        // Put in raw, as the crate refuses to write some of these.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

const FILE: tar::EntryType = tar::EntryType::Regular;
const EMPTY: &[u8] = br#"{"version": 1, "plugins": []}"#;

#[track_caller]
fn refused(bytes: &[u8], because: &str) {
    let err = import(bytes).unwrap_err();
    let source = std::error::Error::source(&err).map(ToString::to_string).unwrap_or_default();
    let text = format!("{err}: {source}");
    assert!(text.contains(because), "{text}");
}

#[test]
fn a_bundle_gives_back_what_was_put_in() {
    let bytes = bytes(&bundled());
    assert_eq!(import(bytes.as_slice()).unwrap(), bundled());
}

#[test]
fn the_same_packages_give_the_same_bytes() {
    assert_eq!(bytes(&bundled()), bytes(&bundled()));
}

#[test]
fn an_empty_bundle_is_not_made() {
    let err = export(&[], Vec::new()).unwrap_err().to_string();
    assert!(err.contains("nothing to put"), "{err}");
}

#[test]
fn a_cut_bundle_is_refused_at_every_length() {
    let whole = bytes(&bundled());
    for length in 0..whole.len() {
        assert!(import(&whole[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_changed_byte_never_gives_other_packages() {
    let whole = bytes(&bundled());
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        if let Ok(read) = import(changed.as_slice()) {
            assert_eq!(read, bundled(), "changed at {at}");
        }
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    refused(b"", "no bundle");
    refused(b"hello", "no bundle");
    refused(&archive(&[]), "begins with \"\"");
    refused(&archive(&[("blobs/x", b"", FILE)]), "begins with \"blobs/x\"");
    refused(&archive(&[("index.json", b"no", FILE)]), "index cannot be read");
    refused(&archive(&[("index.json", b"{}", FILE)]), "names no version");
    refused(&archive(&[("index.json", br#"{"version": 2}"#, FILE)]), "newer than this program");
    refused(&archive(&[("index.json", br#"{"version": 1, "x": 1}"#, FILE)]), "unknown field");
}

#[test]
fn no_path_leaves_a_bundle() {
    for path in ["../evil", "/etc/passwd", "blobs/../../evil", "blobs/evil", "index.json", "x"] {
        refused(&archive(&[("index.json", EMPTY, FILE), (path, b"evil", FILE)]), "does not belong");
    }
    let hex = Digest::of(b"").hex();
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Directory] {
        let path = format!("blobs/{hex}");
        refused(&archive(&[("index.json", EMPTY, FILE), (&path, b"", kind)]), "does not belong");
        refused(&archive(&[("index.json", EMPTY, kind)]), "does not belong");
    }
}

#[test]
fn a_blob_is_what_its_name_says() {
    let path = format!("blobs/{}", Digest::of(b"good").hex());
    refused(&archive(&[("index.json", EMPTY, FILE), (&path, b"evil", FILE)]), "was changed");
}

#[test]
fn what_the_index_names_must_be_there() {
    let digest = Digest::of(b"gone");
    let index = format!(
        r#"{{"version": 1, "plugins": [
            {{"name": "n", "version": "1", "origin": "o", "component": "{digest}"}}]}}"#
    );
    let text = format!("lacks {digest}, which n needs");
    refused(&archive(&[("index.json", index.as_bytes(), FILE)]), &text);
}

#[test]
fn a_manifest_of_other_bytes_is_refused() {
    let made = Artifact::make(b"good", &Facts::default());
    let (evil, manifest) = (Digest::of(b"evil"), Digest::of(&made.manifest));
    let index = format!(
        r#"{{"version": 1, "plugins": [{{"name": "n", "version": "1", "origin": "o",
            "component": "{evil}", "artifact": "{manifest}"}}]}}"#
    );
    let (one, two) = (format!("blobs/{}", evil.hex()), format!("blobs/{}", manifest.hex()));
    let entries = [
        ("index.json", index.as_bytes(), FILE),
        (&one, b"evil", FILE),
        (&two, &made.manifest, FILE),
    ];
    refused(&archive(&entries), "names other bytes");
}

#[test]
fn a_bomb_is_not_unpacked() {
    // 2 GiB of zeros, a few kilobytes packed; said truly, and hidden behind a small size.
    for said in [2 * 1024 * 1024 * 1024_u64, 16] {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("index.json").unwrap();
        header.set_size(said);
        header.set_mode(0o644);
        header.set_cksum();
        encoder.write_all(header.as_bytes()).unwrap();
        let zeros = vec![0_u8; 1024 * 1024];
        for _ in 0..2048 {
            encoder.write_all(&zeros).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
        let err = import(bomb.as_slice()).unwrap_err();
        let bounded = matches!(err, ImportError::TooLarge { .. } | ImportError::Index { .. });
        assert!(bounded, "{err}");
    }
}
