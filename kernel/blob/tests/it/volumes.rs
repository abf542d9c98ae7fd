//! Files in volumes, and whole volumes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use kernel_ports::volume::{EntryKind, VolumeError, Volumes};

use super::{OTHER, Place, RUN, said};

#[tokio::test]
async fn files_are_written_read_listed_and_removed() {
    let place = Place::new();
    let storage = &place.storage;
    storage.write(RUN, "v", "a/b/c.txt", b"hello", false).await.unwrap();
    storage.write(RUN, "v", "./a//d", b"1", true).await.unwrap();
    storage.write(RUN, "v", "a/d", b"2", true).await.unwrap();
    assert_eq!(storage.read(RUN, "v", "a/b/c.txt", 1, 3).await.unwrap(), b"ell");
    assert_eq!(storage.read(RUN, "v", "a/b/c.txt", 4, 1 << 30).await.unwrap(), b"o");
    assert_eq!(storage.read(RUN, "v", "a/b/c.txt", 99, 5).await.unwrap(), b"");
    let seen: Vec<_> = storage.list(RUN, "v", "a").await.unwrap();
    let seen: Vec<_> = seen.iter().map(|e| (e.name.as_str(), e.kind, e.size)).collect();
    assert_eq!((seen[0].0, seen[0].1), ("b", EntryKind::Directory));
    assert_eq!(seen[1..], [("d", EntryKind::File, 2)]);
    storage.remove(RUN, "v", "a/b").await.unwrap();
    storage.remove(RUN, "v", "a/d").await.unwrap();
    assert!(storage.list(RUN, "v", "a").await.unwrap().is_empty());
    assert_eq!(storage.list(RUN, "v", "").await.unwrap().len(), 1);
    let missing = storage.read(RUN, "v", "a/d", 0, 1).await.unwrap_err();
    assert!(matches!(missing, VolumeError::NotFound { .. }));
    assert!(matches!(
        storage.list(RUN, "none", "").await.unwrap_err(),
        VolumeError::NotFound { .. }
    ));
}

#[tokio::test]
async fn a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "v").await.unwrap();
    place.storage.write(RUN, "v", "run.sh", b"one", false).await.unwrap();
    place.storage.set_executable(RUN, "v", "run.sh").await.unwrap();
    place.storage.write(RUN, "v", "run.sh", b"two", false).await.unwrap();
    let mode = fs::metadata(dir.join("run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o700, 0o700);
    assert_eq!(fs::read(dir.join("run.sh")).unwrap(), b"two");
    assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
}

#[tokio::test]
async fn no_path_and_no_link_leads_out() {
    let place = Place::new();
    let storage = &place.storage;
    let dir = storage.volume_dir(RUN, "v").await.unwrap();
    let outside = place.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, dir.join("out")).unwrap();
    symlink("../../../../outside", dir.join("relative")).unwrap();
    symlink(outside.join("secret"), dir.join("file")).unwrap();
    symlink(outside.join("new"), dir.join("dangling")).unwrap();
    symlink("/proc/self/root", dir.join("magic")).unwrap();
    for path in ["out/secret", "relative/secret", "file", "magic/etc/passwd", "../v/x", "/etc"] {
        let refused = [
            storage.read(RUN, "v", path, 0, 10).await.err(),
            storage.write(RUN, "v", path, b"x", true).await.err(),
            storage.set_executable(RUN, "v", path).await.err(),
        ];
        for err in refused {
            let err = err.unwrap();
            assert!(matches!(err, VolumeError::Path { .. }), "{path}: {}", said(&err));
        }
    }
    for path in ["out", "relative", "magic"] {
        assert!(storage.list(RUN, "v", path).await.is_err(), "{path}");
        let inner = format!("{path}/secret");
        assert!(storage.remove(RUN, "v", &inner).await.is_err(), "{inner}");
        assert!(storage.write(RUN, "v", &inner, b"x", false).await.is_err(), "{inner}");
    }
    assert!(storage.write(RUN, "v", "dangling", b"x", true).await.is_err());
    assert!(!outside.join("new").exists());
    // A link as the last part is what is replaced or removed, not what it points to.
    storage.write(RUN, "v", "file", b"mine", false).await.unwrap();
    storage.remove(RUN, "v", "out").await.unwrap();
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(storage.read(RUN, "v", "file", 0, 9).await.unwrap(), b"mine");
}

#[tokio::test]
async fn links_that_stay_inside_are_followed() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "v").await.unwrap();
    place.storage.write(RUN, "v", "releases/1/app", b"app", false).await.unwrap();
    symlink("releases/1", dir.join("current")).unwrap();
    assert_eq!(place.storage.read(RUN, "v", "current/app", 0, 9).await.unwrap(), b"app");
    let seen = place.storage.list(RUN, "v", "").await.unwrap();
    assert_eq!(seen[0].kind, EntryKind::Link);
}

#[tokio::test]
async fn what_is_not_a_file_is_not_read() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "v").await.unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap();
    assert!(made.success());
    assert!(place.storage.read(RUN, "v", "pipe", 0, 10).await.is_err());
    assert!(place.storage.read(RUN, "v", ".", 0, 10).await.is_err());
    for path in ["", ".", "./"] {
        assert!(place.storage.remove(RUN, "v", path).await.is_err());
        assert!(place.storage.write(RUN, "v", path, b"", false).await.is_err());
    }
    assert!(dir.is_dir());
}

#[tokio::test]
async fn names_of_volumes_are_checked_and_do_not_nest() {
    let place = Place::new();
    let long = "x".repeat(201);
    for name in ["", "..", "a/../b", "a//b", "/a", "a b", "a+b", "é", long.as_str()] {
        let err = place.storage.volume_dir(RUN, name).await.unwrap_err();
        assert!(matches!(err, VolumeError::Name { .. }), "{name}");
    }
    let inner = place.storage.volume_dir(RUN, "a/b").await.unwrap();
    let outer = place.storage.volume_dir(RUN, "a").await.unwrap();
    assert!(!inner.starts_with(&outer));
}

#[tokio::test]
async fn a_copy_has_everything_and_shares_nothing() {
    let place = Place::new();
    let dir = place.storage.volume_dir(RUN, "v").await.unwrap();
    fs::create_dir_all(dir.join("locked/deep")).unwrap();
    fs::write(dir.join("locked/deep/tool"), "#!").unwrap();
    fs::set_permissions(dir.join("locked/deep/tool"), PermissionsExt::from_mode(0o555)).unwrap();
    symlink("locked/deep/tool", dir.join("link")).unwrap();
    fs::set_permissions(dir.join("locked"), PermissionsExt::from_mode(0o555)).unwrap();
    let time = fs::metadata(dir.join("locked/deep/tool")).unwrap().modified().unwrap();
    assert!(place.storage.run_copy(RUN, OTHER).await.unwrap());
    let copy = place.storage.volume_dir(OTHER, "v").await.unwrap();
    let found = fs::metadata(copy.join("locked/deep/tool")).unwrap();
    assert_eq!((found.permissions().mode() & 0o777, found.modified().unwrap()), (0o555, time));
    assert_eq!(fs::metadata(copy.join("locked")).unwrap().permissions().mode() & 0o777, 0o555);
    assert_eq!(fs::read_link(copy.join("link")).unwrap().to_str(), Some("locked/deep/tool"));
    fs::write(copy.join("new"), "").unwrap();
    assert!(!dir.join("new").exists());
    // Read-only directories do not keep a run from going.
    place.storage.run_remove(RUN).await;
    assert!(!dir.exists() && copy.exists());
    assert!(!place.storage.run_copy(RUN, OTHER).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_file_or_the_new_one() {
    let place = Place::new();
    let contents = [vec![b'a'; 100_000], vec![b'b'; 200_000]];
    place.storage.write(RUN, "v", "file", &contents[0], false).await.unwrap();
    let storage = std::sync::Arc::clone(&place.storage);
    let known = contents.clone();
    let reader = tokio::spawn(async move {
        for _ in 0..200 {
            let seen = storage.read(RUN, "v", "file", 0, 1 << 20).await.unwrap();
            assert!(known.contains(&seen), "{} bytes", seen.len());
        }
    });
    while !reader.is_finished() {
        for content in &contents {
            place.storage.write(RUN, "v", "file", content, false).await.unwrap();
        }
    }
    reader.await.unwrap();
}
