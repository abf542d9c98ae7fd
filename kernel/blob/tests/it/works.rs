//! Working directories.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use kernel_model::event::StepNo;
use kernel_ports::volume::{MountPoint, VolumeError, Volumes};

use super::{Place, RUN, said};

const STEP: StepNo = StepNo(7);

async fn work(place: &Place, mounts: &[(&str, &str)]) -> Result<PathBuf, VolumeError> {
    let mounts: Vec<MountPoint> = mounts
        .iter()
        .map(|(volume, path)| MountPoint { volume: (*volume).into(), path: (*path).into() })
        .collect();
    place.storage.work_dir(RUN, STEP, 1, &mounts).await
}

#[tokio::test]
async fn volumes_are_shown_where_they_are_mounted() {
    let place = Place::new();
    let dir = work(&place, &[("src", "src"), ("out", "/deep/er/out/"), ("src", "./again")]).await;
    let dir = dir.unwrap();
    fs::write(dir.join("src/file"), "1").unwrap();
    fs::write(dir.join("deep/er/out/file"), "2").unwrap();
    assert_eq!(place.storage.read(RUN, "src", "file", 0, 9).await.unwrap(), b"1");
    assert_eq!(place.storage.read(RUN, "out", "file", 0, 9).await.unwrap(), b"2");
    assert_eq!(fs::read(dir.join("again/file")).unwrap(), b"1");
    // The next program of the attempt finds what was left; the volumes outlive the attempt.
    fs::write(dir.join("scratch"), "").unwrap();
    let dir = work(&place, &[("src", "src"), ("more", "more")]).await.unwrap();
    assert!(dir.join("scratch").exists() && dir.join("src/file").exists());
    assert!(dir.join("more").is_dir());
    assert!(work(&place, &[("out", "src")]).await.is_err(), "another volume is there");
    place.storage.work_dir_remove(RUN, STEP, 1).await;
    assert!(!dir.exists());
    assert_eq!(place.storage.read(RUN, "src", "file", 0, 9).await.unwrap(), b"1");
}

#[tokio::test]
async fn mounts_that_cannot_be_are_refused_with_the_reason() {
    let place = Place::new();
    for (mounts, reason) in [
        (&[("a", ".")][..], "working directory itself"),
        (&[("a", "/")], "working directory itself"),
        (&[("a", "../x")], "\"..\""),
        (&[("a", "x/../../y")], "\"..\""),
        (&[("a", "x"), ("b", "x")], "two volumes"),
        (&[("a", "x"), ("b", "x/y")], "in another"),
        (&[("a", "x/y"), ("b", "x")], "in another"),
        (&[("..", "x")], "name of a volume"),
    ] {
        let text = said(&work(&place, mounts).await.unwrap_err());
        assert!(text.contains(reason), "{mounts:?}: {text}");
    }
}

#[tokio::test]
async fn a_directory_below_may_lie_in_a_mount_and_nowhere_else() {
    let place = Place::new();
    let dir = work(&place, &[("src", "src")]).await.unwrap();
    let storage = &place.storage;
    let volume = storage.volume_dir(RUN, "src").await.unwrap();
    assert_eq!(storage.work_subdir(&dir, "src/app").await.unwrap(), volume.join("app"));
    assert!(volume.join("app").is_dir());
    assert_eq!(storage.work_subdir(&dir, "/own/deep").await.unwrap(), dir.join("own/deep"));
    assert_eq!(storage.work_subdir(&dir, "").await.unwrap(), dir);
    fs::write(volume.join("file"), "").unwrap();
    symlink("/tmp", volume.join("away")).unwrap();
    symlink("..", volume.join("up")).unwrap();
    symlink("/etc", dir.join("etc")).unwrap();
    for path in ["..", "src/../..", "src/away", "src/up", "etc", "src/file", "src/away/new"] {
        assert!(storage.work_subdir(&dir, path).await.is_err(), "{path}");
    }
    assert!(!std::path::Path::new("/tmp/new").exists());
    assert!(storage.work_subdir(&volume, "x").await.is_err());
}
