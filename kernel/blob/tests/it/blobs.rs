//! Kept files.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use kernel_model::event::StepNo;
use kernel_model::time::Time;
use kernel_ports::artifact::{Artifact, Blobs};
use kernel_ports::store::StoreError;
use kernel_ports::volume::Volumes;
use wit_envelope::policy::ArtifactRule;

use super::{Place, RUN, said};

fn rule(pattern: &str) -> ArtifactRule {
    ArtifactRule { volume: "out".to_owned(), pattern: pattern.to_owned(), label: None }
}

async fn keep(place: &Place, pattern: &str) -> Result<Vec<Artifact>, StoreError> {
    place.storage.artifact_keep(RUN, StepNo(4), &[rule(pattern)], Time(5)).await
}

async fn content(place: &Place, sha256: &str) -> Result<Vec<u8>, StoreError> {
    let pieces: Vec<Bytes> = place.storage.blob_read(sha256).await?.try_collect().await?;
    Ok(pieces.concat())
}

fn blob_files(place: &Place) -> usize {
    let folders = fs::read_dir(place.path().join("blobs")).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.file_name() != ".new");
    folders.map(|folder| fs::read_dir(folder.path()).unwrap().count()).sum()
}

#[tokio::test]
async fn bytes_come_back_by_their_digest() {
    let place = Place::new();
    let sha256 = place.storage.blob_put("abc".into()).await.unwrap();
    assert_eq!(&*sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(content(&place, &sha256).await.unwrap(), b"abc");
    assert_eq!(place.storage.blob_put("abc".into()).await.unwrap(), sha256);
    assert_eq!(blob_files(&place), 1);
    let empty = place.storage.blob_put(Bytes::new()).await.unwrap();
    assert_eq!(content(&place, &empty).await.unwrap(), b"");
}

#[tokio::test]
async fn an_unknown_digest_or_a_path_is_not_found() {
    let place = Place::new();
    for name in ["", "../../etc/passwd", &"0".repeat(64), &"A".repeat(64)] {
        let err = place.storage.blob_read(name).await.err().unwrap();
        assert!(matches!(err, StoreError::NotFound { .. }), "{err}");
    }
}

#[tokio::test]
async fn a_damaged_blob_is_an_error() {
    let place = Place::new();
    let text: Bytes = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let sha256 = place.storage.blob_put(text).await.unwrap();
    let path = place.path().join("blobs").join(&sha256[..2]).join(&*sha256);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let text = said(&content(&place, &sha256).await.unwrap_err());
    assert!(text.contains("too early"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_kept_and_read_in_pieces() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "out").await.unwrap();
    // The half of it packs to next to nothing, the other half hardly at all.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    let mut bytes = vec![0; 8 << 20];
    bytes.extend((0..8 << 20).map(|_| noise()));
    fs::write(dir.join("large"), &bytes).unwrap();
    let kept = keep(&place, "large").await.unwrap();
    assert_eq!(kept[0].size, 16 << 20);
    let pieces: Vec<Bytes> =
        place.storage.blob_read(&kept[0].sha256).await.unwrap().try_collect().await.unwrap();
    assert!(pieces.iter().all(|piece| piece.len() <= 128 << 10));
    assert!(pieces.concat() == bytes);
    let path = place.path().join("blobs").join(&kept[0].sha256[..2]).join(&*kept[0].sha256);
    assert!(fs::metadata(path).unwrap().len() < 9 << 20);
}

#[tokio::test]
async fn artifacts_are_what_the_patterns_name() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "out").await.unwrap();
    fs::create_dir_all(dir.join("dist/deep")).unwrap();
    for (path, text) in [("dist/a.gz", "a"), ("dist/deep/b.gz", "bb"), ("log", "a")] {
        fs::write(dir.join(path), text).unwrap();
    }
    let names = async |pattern: &str| -> Vec<String> {
        keep(&place, pattern).await.unwrap().iter().map(|a| a.name.to_string()).collect()
    };
    assert_eq!(names("dist/*.gz").await, ["out/dist/a.gz"]);
    assert_eq!(names("**/*.gz").await, ["out/dist/a.gz", "out/dist/deep/b.gz"]);
    assert_eq!(names("dist").await, ["out/dist/a.gz", "out/dist/deep/b.gz"]);
    // Two contents in three files.
    let mut labelled = rule("**");
    labelled.label = Some("release".to_owned());
    let rules = [labelled, rule("l?g")];
    let kept = place.storage.artifact_keep(RUN, StepNo(4), &rules, Time(5)).await.unwrap();
    let names: Vec<&str> = kept.iter().map(|a| &*a.name).collect();
    assert_eq!(names, ["release/dist/a.gz", "release/dist/deep/b.gz", "release/log", "out/log"]);
    assert_eq!((kept[1].run, kept[1].step, kept[1].size, kept[1].at), (RUN, StepNo(4), 2, Time(5)));
    assert_eq!(blob_files(&place), 2);
    assert_eq!(content(&place, &kept[1].sha256).await.unwrap(), b"bb");
}

#[tokio::test]
async fn a_rule_without_a_file_is_an_error_that_names_it() {
    let place = Place::new();
    let none = said(&keep(&place, "dist/*.gz").await.unwrap_err());
    assert!(none.contains("dist/*.gz") && none.contains("\"out\""), "{none}");
    place.storage.volume_dir(RUN, "out").await.unwrap();
    let none = said(&keep(&place, "missing").await.unwrap_err());
    assert!(none.contains("\"missing\""), "{none}");
    assert!(said(&keep(&place, "../x").await.unwrap_err()).contains(".."));
}

#[tokio::test]
async fn links_lead_nowhere_outside() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "out").await.unwrap();
    fs::write(place.path().join("secret"), "secret").unwrap();
    fs::create_dir(dir.join("real")).unwrap();
    fs::write(dir.join("real/file"), "fine").unwrap();
    symlink(place.path().join("secret"), dir.join("stolen")).unwrap();
    symlink(place.path(), dir.join("outside")).unwrap();
    symlink("real/file", dir.join("inside")).unwrap();
    symlink(".", dir.join("loop")).unwrap();
    let names: Vec<Arc<str>> =
        keep(&place, "**").await.unwrap().into_iter().map(|a| a.name).collect();
    assert_eq!(names, ["out/inside".into(), "out/real/file".into()]);
    for pattern in ["stolen", "outside/secret", "outside/*"] {
        assert!(keep(&place, pattern).await.is_err(), "{pattern}");
    }
}
