use std::os::unix::fs::symlink;

use super::*;

const RUN: RunId = RunId(1);
const PIPELINE: PipelineId = PipelineId(7);

fn volumes() -> (tempfile::TempDir, LocalVolumes) {
    let dir = tempfile::tempdir().unwrap();
    let volumes = LocalVolumes::new(dir.path());
    (dir, volumes)
}

fn mount(volume: &str, path: &str) -> MountPoint {
    MountPoint { volume: volume.to_owned(), path: path.to_owned() }
}

#[tokio::test]
async fn files_are_written_read_listed_and_removed() {
    let (_dir, v) = volumes();
    v.write(RUN, "job/src", "a/b.txt", b"hello", false).await.unwrap();
    v.write(RUN, "job/src", "a/b.txt", b" world", true).await.unwrap();
    assert_eq!(v.read(RUN, "job/src", "a/b.txt", 6, 100).await.unwrap(), b"world");
    v.set_executable(RUN, "job/src", "a/b.txt").await.unwrap();
    let entries = v.list(RUN, "job/src", "a").await.unwrap();
    let want = Entry { name: "b.txt".to_owned(), kind: EntryKind::File, size: 11 };
    assert_eq!(entries, vec![want]);
    v.remove(RUN, "job/src", "a").await.unwrap();
    v.remove(RUN, "job/src", "a").await.unwrap();
    assert_eq!(v.list(RUN, "job/src", "").await.unwrap(), vec![]);
    let gone = v.read(RUN, "job/src", "a/b.txt", 0, 1).await;
    assert!(matches!(gone, Err(VolumeError::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn no_link_leads_out_of_a_volume() {
    let (dir, v) = volumes();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s").unwrap();
    let volume = v.volume_dir(RUN, "src").await.unwrap();
    symlink(&secret, volume.join("absolute")).unwrap();
    symlink("../../../../secret", volume.join("relative")).unwrap();
    symlink(dir.path(), volume.join("folder")).unwrap();
    symlink("inside.txt", volume.join("fine")).unwrap();
    v.write(RUN, "src", "inside.txt", b"i", false).await.unwrap();
    assert_eq!(v.read(RUN, "src", "fine", 0, 9).await.unwrap(), b"i");
    for path in ["absolute", "relative", "folder/secret"] {
        let read = v.read(RUN, "src", path, 0, 9).await;
        assert!(matches!(read, Err(VolumeError::Path { .. })), "{path}: {read:?}");
    }
    v.write(RUN, "src", "folder/x", b"x", false).await.unwrap_err();
    v.write(RUN, "src", "absolute", b"x", true).await.unwrap_err();
    v.set_executable(RUN, "src", "absolute").await.unwrap_err();
    // Replacing a link replaces the link, not what it points to.
    v.write(RUN, "src", "relative", b"mine", false).await.unwrap();
    assert_eq!(std::fs::read(&secret).unwrap(), b"s");
    v.remove(RUN, "src", "folder").await.unwrap();
    assert!(secret.exists());
}

#[tokio::test]
async fn bad_names_and_paths_are_refused_by_name() {
    let (_dir, v) = volumes();
    for name in ["", "..", "a/../b", "/a", "a b", "a\0"] {
        let opened = v.volume_dir(RUN, name).await;
        assert!(matches!(opened, Err(VolumeError::Name { .. })), "{name:?}: {opened:?}");
    }
    for path in ["../x", "a/../../x", "", "/"] {
        let written = v.write(RUN, "src", path, b"x", false).await;
        assert!(matches!(written, Err(VolumeError::Path { .. })), "{path:?}: {written:?}");
    }
}

#[tokio::test]
async fn a_working_directory_shows_its_volumes() {
    let (_dir, v) = volumes();
    v.write(RUN, "job/src", "main.c", b"int", false).await.unwrap();
    let mounts =
        [mount("job/src", "./src"), mount("job/out", "deep/out"), mount("job/dep", "src/dep")];
    let work = v.work_dir(RUN, StepNo(3), 1, &mounts).await.unwrap();
    assert_eq!(std::fs::read(work.join("src/main.c")).unwrap(), b"int");
    std::fs::write(work.join("deep/out/app"), "bin").unwrap();
    std::fs::write(work.join("src/dep/lib"), "lib").unwrap();
    assert_eq!(v.read(RUN, "job/out", "app", 0, 9).await.unwrap(), b"bin");
    assert_eq!(v.read(RUN, "job/dep", "lib", 0, 9).await.unwrap(), b"lib");
    // The sibling of a volume is found from inside of it.
    assert!(work.join("src/../dep/lib").exists());
    // A second call changes nothing.
    v.work_dir(RUN, StepNo(3), 1, &mounts).await.unwrap();
    let sub = v.work_subdir(&work, "src/new/place").await.unwrap();
    assert!(sub.is_dir());
    v.work_dir_remove(RUN, StepNo(3), 1).await;
    assert!(!work.exists());
    assert_eq!(v.read(RUN, "job/src", "main.c", 0, 9).await.unwrap(), b"int");
}

#[tokio::test]
async fn a_working_directory_is_not_tricked_out_of_its_run() {
    let (dir, v) = volumes();
    let volume = v.volume_dir(RUN, "evil").await.unwrap();
    symlink(dir.path(), volume.join("out")).unwrap();
    let mounts = [mount("evil", "evil"), mount("evil2", "evil/out/x")];
    v.work_dir(RUN, StepNo(1), 1, &mounts).await.unwrap_err();
    let work = v.work_dir(RUN, StepNo(1), 2, &mounts[..1]).await.unwrap();
    v.work_subdir(&work, "evil/out/there").await.unwrap_err();
    v.work_subdir(&work, "../..").await.unwrap_err();
    assert!(!dir.path().join("there").exists());
    let itself = v.work_dir(RUN, StepNo(1), 3, &[mount("evil", ".")]).await.unwrap_err();
    assert!(itself.to_string().contains("working directory itself"), "{itself}");
}

#[tokio::test]
async fn a_cache_moves_from_run_to_run() {
    let (_dir, v) = volumes();
    let (first, second, third) = (RunId(1), RunId(2), RunId(3));
    assert!(!v.cache_restore(PIPELINE, "k", first, "cache").await.unwrap());
    v.write(first, "cache", "x", b"1", false).await.unwrap();
    v.cache_keep(PIPELINE, "k", first, "cache").await.unwrap();
    assert!(v.cache_restore(PIPELINE, "k", second, "cache").await.unwrap());
    assert_eq!(v.read(second, "cache", "x", 0, 9).await.unwrap(), b"1");
    // While one run has it, another misses.
    assert!(!v.cache_restore(PIPELINE, "k", third, "cache").await.unwrap());
    // Asked again within its run, it is left as it is.
    assert!(!v.cache_restore(PIPELINE, "k", second, "cache").await.unwrap());
    v.cache_keep(PIPELINE, "k", third, "cache").await.unwrap();
    v.cache_keep(PIPELINE, "k", second, "cache").await.unwrap();
    assert!(v.cache_restore(PIPELINE, "k", RunId(4), "cache").await.unwrap());
    assert_eq!(v.read(RunId(4), "cache", "x", 0, 9).await.unwrap(), b"1");
}

#[tokio::test]
async fn volumes_are_copied_and_removed_as_a_whole() {
    let (_dir, v) = volumes();
    let (from, to) = (RunId(1), RunId(2));
    assert!(!v.run_copy(from, to).await.unwrap());
    v.write(from, "src", "bin/run", b"#!", false).await.unwrap();
    v.set_executable(from, "src", "bin/run").await.unwrap();
    let dir = v.volume_dir(from, "src").await.unwrap();
    symlink("bin/run", dir.join("link")).unwrap();
    std::fs::set_permissions(dir.join("bin"), std::fs::Permissions::from_mode(0o555)).unwrap();
    assert!(v.run_copy(from, to).await.unwrap());
    let copy = v.volume_dir(to, "src").await.unwrap();
    assert_eq!(std::fs::read_link(copy.join("link")).unwrap(), Path::new("bin/run"));
    let mode = std::fs::metadata(copy.join("bin/run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    v.run_remove(from).await;
    assert!(!dir.exists());
    assert_eq!(v.read(to, "src", "link", 0, 9).await.unwrap(), b"#!");
}
