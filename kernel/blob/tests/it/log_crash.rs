//! Logs whose server has died, and disks that are full.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kernel_ports::log::{LogStream, Logs};
use kernel_ports::store::StoreError;

use super::logs::{KEY, text};
use super::{Place, level};

/// Writes a log and leaves it as a server does that is killed.
async fn left(place: &Place, bytes: &str) {
    let sink = place.storage.log_open(KEY).await.unwrap();
    sink.append(LogStream::Stdout, bytes.to_owned().into()).await.unwrap();
    let mut watch = place.storage.log_watch(KEY);
    watch.wait_for(|progress| progress.end == bytes.len() as u64).await.unwrap();
}

#[tokio::test]
async fn a_new_server_goes_on_behind_the_last_whole_frame() {
    for torn in [&b""[..], b"TNL1", b"TNL1\x10\0\0\0\x05\0\0\0\0\0\0\0", &[0; 100], b"noise"] {
        let mut place = Place::new();
        left(&place, "first").await;
        let segment = place.log_dir().join(&place.log_files()[0]);
        OpenOptions::new().append(true).open(&segment).unwrap().write_all(torn).unwrap();
        place.reopen();
        assert_eq!(text(&place, 0).await, b"first");
        let sink = place.storage.log_open(KEY).await.unwrap();
        assert_eq!(place.storage.log_watch(KEY).borrow().end, 5);
        assert!(!place.storage.log_watch(KEY).borrow().ended);
        sink.append(LogStream::Stderr, " second".into()).await.unwrap();
        sink.finish().await.unwrap();
        assert_eq!(text(&place, 0).await, b"first second");
    }
}

#[tokio::test]
async fn a_segment_without_a_whole_frame_is_begun_anew() {
    let mut place = Place::new();
    left(&place, "first").await;
    let segment = place.log_dir().join(&place.log_files()[0]);
    OpenOptions::new().write(true).open(&segment).unwrap().set_len(7).unwrap();
    place.reopen();
    let sink = place.storage.log_open(KEY).await.unwrap();
    sink.append(LogStream::Stdout, "again".into()).await.unwrap();
    sink.finish().await.unwrap();
    assert_eq!(text(&place, 0).await, b"again");
}

#[tokio::test]
async fn a_finished_log_can_be_continued() {
    let mut place = Place::new();
    let many = "0123456789".repeat(20_000);
    for round in 1..=3 {
        let sink = place.storage.log_open(KEY).await.unwrap();
        sink.append(LogStream::Stdout, many.clone().into()).await.unwrap();
        sink.finish().await.unwrap();
        if round > 1 {
            level(|| place.log_files() == ["log.zst"]).await;
        }
        place.reopen();
        assert!(text(&place, 0).await == many.repeat(round).as_bytes());
        assert_eq!(place.storage.log_watch(KEY).borrow().end, (many.len() * round) as u64);
    }
}

#[tokio::test]
async fn what_an_interrupted_compression_left_does_no_harm() {
    let mut place = Place::new();
    let many = "0123456789".repeat(20_000);
    left(&place, &many).await;
    let (dir, segment) = (place.log_dir(), place.log_files().remove(0));
    let kept = fs::read(dir.join(&segment)).unwrap();
    place.reopen();
    let sink = place.storage.log_open(KEY).await.unwrap();
    sink.finish().await.unwrap();
    level(|| place.log_files() == ["log.zst"]).await;
    // As if the crash had come before the segment was removed, and another in the next try.
    fs::write(dir.join(&segment), kept).unwrap();
    fs::write(dir.join("log.zst.new"), "half").unwrap();
    assert!(text(&place, 0).await == many.as_bytes());
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_not_a_short_log() {
    let place = Place::new();
    fs::create_dir_all(place.log_dir()).unwrap();
    fs::write(place.log_dir().join("log.zst"), [7; 100]).unwrap();
    let text = super::said(&place.storage.log_read(KEY, 0, 10).await.unwrap_err());
    assert!(text.contains("damaged"), "{text}");
}

#[tokio::test]
async fn a_full_disk_is_named_and_what_was_refused_is_not_in_the_log() {
    let place = Place::new();
    let sink = place.storage.log_open(KEY).await.unwrap();
    fs::create_dir_all(place.log_dir()).unwrap();
    let segment = place.log_dir().join("00000000000000000000.seg");
    std::os::unix::fs::symlink("/dev/full", segment).unwrap();
    let many = "x".repeat(100_000);
    for _ in 0..2 {
        let err = sink.append(LogStream::Stdout, many.clone().into()).await.unwrap_err();
        let StoreError::Full { path } = &err else { panic!("{err}") };
        assert_eq!(path, &place.log_dir().canonicalize().unwrap().display().to_string());
    }
    assert_eq!(place.storage.log_watch(KEY).borrow().end, 0);
}

/// A mount that goes with the test.
struct SmallDisk(PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Fails where it could not be mounted in the first place.
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

#[tokio::test]
async fn a_log_goes_on_when_the_disk_has_room_again() {
    let place = Place::new();
    let dir = place.path().join("runs");
    fs::create_dir_all(&dir).unwrap();
    let small = SmallDisk(dir.clone());
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=400k", "none"])
        .arg(&dir)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        // Only root may make a small disk.
        return;
    }
    let filler = dir.join("filler");
    fs::write(&filler, [0; 150_000]).unwrap();
    let sink = place.storage.log_open(KEY).await.unwrap();
    let mut want = Vec::new();
    let mut refused = 0;
    for n in 0..60 {
        let line = format!("{n:05}").repeat(1000);
        while let Err(err) = sink.append(LogStream::Stdout, line.clone().into()).await {
            assert!(matches!(err, StoreError::Full { .. }), "{err}");
            refused += 1;
            assert!(refused < 10, "full without the filler after {} bytes", want.len());
            let _ = fs::remove_file(&filler);
        }
        want.extend_from_slice(line.as_bytes());
    }
    sink.finish().await.unwrap();
    let seen = text(&place, 0).await;
    drop(small);
    assert!(refused > 0 && seen == want, "{refused} refused, {} bytes seen", seen.len());
}
