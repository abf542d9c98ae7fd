//! Logs that are written, followed and read.

use std::sync::Arc;

use bytes::Bytes;
use kernel_model::event::StepNo;
use kernel_ports::log::{LogKey, LogStream, Logs};

use super::{OTHER, Place, RUN, level, said};

pub(crate) const KEY: LogKey = LogKey { run: RUN, step: StepNo(0), attempt: 1 };

/// Reads from `offset` to the end in small pages; checks that they continue each other.
pub(crate) async fn text(place: &Place, mut offset: u64) -> Vec<u8> {
    let mut text = Vec::new();
    loop {
        let page = place.storage.log_read(KEY, offset, 1000).await.unwrap();
        for chunk in &page.chunks {
            assert_eq!(chunk.offset, offset);
            offset += chunk.bytes.len() as u64;
            text.extend_from_slice(&chunk.bytes);
        }
        assert_eq!(page.next, offset);
        if page.chunks.is_empty() {
            return text;
        }
    }
}

/// Ten thousand lines of different lengths.
pub(crate) fn lines() -> Vec<Bytes> {
    (0..10_000).map(|n| format!("{n} {}\n", "x".repeat(n % 97)).into()).collect()
}

#[tokio::test]
async fn a_log_is_read_as_it_was_appended() {
    let place = Place::new();
    let sink = place.storage.log_open(KEY).await.unwrap();
    sink.append(LogStream::Stdout, "one\n".into()).await.unwrap();
    sink.append(LogStream::Note, Bytes::new()).await.unwrap();
    sink.append(LogStream::Stderr, "two\n".into()).await.unwrap();
    sink.finish().await.unwrap();
    let page = place.storage.log_read(KEY, 0, 1 << 20).await.unwrap();
    let seen: Vec<_> = page.chunks.iter().map(|c| (c.offset, c.stream, &c.bytes[..])).collect();
    assert_eq!(seen, [(0, LogStream::Stdout, &b"one\n"[..]), (4, LogStream::Stderr, b"two\n")]);
    assert!(page.ended && page.next == 8 && page.chunks[0].at.0 > 1_600_000_000_000);
    // From the middle of a chunk.
    let page = place.storage.log_read(KEY, 6, 1 << 20).await.unwrap();
    assert_eq!((page.chunks[0].offset, &page.chunks[0].bytes[..]), (6, &b"o\n"[..]));
    // A page holds a chunk at least.
    let page = place.storage.log_read(KEY, 0, 0).await.unwrap();
    assert_eq!((page.chunks.len(), page.next, page.ended), (1, 4, false));
}

#[tokio::test]
async fn a_log_that_was_never_opened_is_empty_and_ended() {
    let place = Place::new();
    let page = place.storage.log_read(KEY, 0, 100).await.unwrap();
    assert!(page.chunks.is_empty() && page.ended && page.next == 0);
    assert!(place.storage.log_watch(KEY).borrow().ended);
    let sink = place.storage.log_open(KEY).await.unwrap();
    sink.finish().await.unwrap();
    assert!(place.storage.log_read(KEY, 0, 100).await.unwrap().ended);
    // An empty log costs no file.
    assert!(!place.log_dir().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_see_all_that_the_watch_announces() {
    let place = Place::new();
    // Before the log is opened: what is followed may begin later.
    let mut watch = place.storage.log_watch(KEY);
    let sink = place.storage.log_open(KEY).await.unwrap();
    let want: Vec<u8> = lines().concat();
    let writer = tokio::spawn(async move {
        for line in lines() {
            sink.append(LogStream::Stdout, line).await.unwrap();
        }
        sink.finish().await.unwrap();
    });
    let mut seen = Vec::new();
    loop {
        let progress = *watch.borrow_and_update();
        while (seen.len() as u64) < progress.end {
            let page = place.storage.log_read(KEY, seen.len() as u64, 5000).await.unwrap();
            assert!(!page.chunks.is_empty(), "{} of {progress:?} cannot be read", seen.len());
            page.chunks.iter().for_each(|chunk| seen.extend_from_slice(&chunk.bytes));
        }
        if progress.ended {
            break;
        }
        watch.changed().await.unwrap();
    }
    writer.await.unwrap();
    assert!(seen == want);
}

#[tokio::test]
async fn a_little_is_seen_without_more_to_come() {
    let place = Place::new();
    let sink = place.storage.log_open(KEY).await.unwrap();
    let mut watch = place.storage.log_watch(KEY);
    sink.append(LogStream::Stdout, "?".into()).await.unwrap();
    let seen = watch.wait_for(|progress| progress.end == 1);
    let seen = tokio::time::timeout(super::BOUND, seen).await.unwrap();
    assert!(!seen.unwrap().ended);
    let page = place.storage.log_read(KEY, 0, 10).await.unwrap();
    assert_eq!((&page.chunks[0].bytes[..], page.ended), (&b"?"[..], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_not_disturbed_when_a_log_is_compressed() {
    let place = Arc::new(Place::new());
    let sink = place.storage.log_open(KEY).await.unwrap();
    let want: Vec<u8> = lines().concat();
    for line in lines() {
        sink.append(LogStream::Stdout, line).await.unwrap();
    }
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let place = Arc::clone(&place);
            tokio::spawn(async move {
                while place.log_files() != ["log.zst"] {
                    let page = place.storage.log_read(KEY, 100, 100).await.unwrap();
                    assert_eq!(page.chunks[0].offset, 100);
                }
            })
        })
        .collect();
    sink.finish().await.unwrap();
    for reader in readers {
        tokio::time::timeout(super::BOUND, reader).await.unwrap().unwrap();
    }
    let packed = std::fs::metadata(place.log_dir().join("log.zst")).unwrap().len();
    assert!(packed < want.len() as u64 / 4, "{packed} of {}", want.len());
    assert!(text(&place, 0).await == want);
    let at = want.len() as u64 * 3 / 4;
    assert!(text(&place, at).await == want[at.try_into().unwrap()..]);
}

#[tokio::test]
async fn large_pieces_are_taken_whole() {
    let place = Place::new();
    let sink = place.storage.log_open(KEY).await.unwrap();
    let large: Bytes = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    sink.append(LogStream::Stdout, large.clone()).await.unwrap();
    sink.finish().await.unwrap();
    assert!(text(&place, 0).await == large);
}

#[tokio::test]
async fn two_who_open_a_log_write_the_same_one_and_not_after_its_end() {
    let place = Place::new();
    let one = place.storage.log_open(KEY).await.unwrap();
    let two = place.storage.log_open(KEY).await.unwrap();
    one.append(LogStream::Stdout, "1".into()).await.unwrap();
    two.append(LogStream::Stdout, "2".into()).await.unwrap();
    one.finish().await.unwrap();
    two.finish().await.unwrap();
    let text = said(&two.append(LogStream::Stdout, "3".into()).await.unwrap_err());
    assert!(text.contains("finished"), "{text}");
    assert_eq!(super::logs::text(&place, 0).await, b"12");
}

#[tokio::test]
async fn a_writer_that_is_dropped_ends_the_log_for_followers() {
    let place = Place::new();
    let sink = place.storage.log_open(KEY).await.unwrap();
    let mut watch = place.storage.log_watch(KEY);
    sink.append(LogStream::Stdout, "left".into()).await.unwrap();
    drop(sink);
    let ended = watch.wait_for(|progress| progress.ended && progress.end == 4);
    tokio::time::timeout(super::BOUND, ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_logs_of_a_run_go_together() {
    let place = Place::new();
    for run in [RUN, OTHER] {
        let sink = place.storage.log_open(LogKey { run, ..KEY }).await.unwrap();
        sink.append(LogStream::Stdout, "here".into()).await.unwrap();
        sink.finish().await.unwrap();
    }
    place.storage.log_remove(RUN).await.unwrap();
    place.storage.log_remove(RUN).await.unwrap();
    assert!(place.storage.log_read(KEY, 0, 100).await.unwrap().chunks.is_empty());
    let other = LogKey { run: OTHER, ..KEY };
    assert_eq!(place.storage.log_read(other, 0, 100).await.unwrap().chunks.len(), 1);
    level(|| !place.path().join(format!("runs/{RUN}")).exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_that_are_being_compressed_can_be_removed() {
    let place = Place::new();
    let many: Bytes = "0123456789".repeat(200_000).into();
    for _ in 0..20 {
        let sink = place.storage.log_open(KEY).await.unwrap();
        sink.append(LogStream::Stdout, many.clone()).await.unwrap();
        sink.finish().await.unwrap();
        place.storage.log_remove(RUN).await.unwrap();
        assert!(!place.log_dir().exists());
    }
}
