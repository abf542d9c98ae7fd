//! Logs that are larger than they may be.

use std::fs;

use kernel_blob::Options;
use kernel_ports::log::{LogStream, Logs};

use super::logs::KEY;
use super::{Place, level};

const CAP: u64 = 1 << 20;

/// Reads all there is: the pieces with their offsets.
async fn pieces(place: &Place) -> Vec<(u64, Vec<u8>)> {
    let (mut pieces, mut offset): (Vec<(u64, Vec<u8>)>, u64) = (Vec::new(), 0);
    loop {
        let page = place.storage.log_read(KEY, offset, 10_000).await.unwrap();
        if page.chunks.is_empty() {
            return pieces;
        }
        for chunk in page.chunks {
            match pieces.last_mut() {
                Some((start, bytes)) if *start + bytes.len() as u64 == chunk.offset => {
                    bytes.extend_from_slice(&chunk.bytes);
                }
                _ => pieces.push((chunk.offset, chunk.bytes.to_vec())),
            }
        }
        offset = page.next;
    }
}

fn on_disk(place: &Place) -> u64 {
    place.log_files().iter().map(|n| fs::metadata(place.log_dir().join(n)).unwrap().len()).sum()
}

#[tokio::test]
async fn head_and_tail_stay_and_the_gap_shows() {
    let place = Place::with(Options { log_bytes_max: CAP });
    let sink = place.storage.log_open(KEY).await.unwrap();
    let mut all = Vec::new();
    for n in 0..50_000 {
        let line = format!("{n:060}\n");
        all.extend_from_slice(line.as_bytes());
        sink.append(LogStream::Stdout, line.into()).await.unwrap();
        if n % 1000 == 0 {
            assert!(on_disk(&place) <= CAP, "{} at {n}", on_disk(&place));
        }
    }
    sink.finish().await.unwrap();
    for sealed in [false, true] {
        if sealed {
            level(|| place.log_files() == ["log.zst"]).await;
        }
        let pieces = pieces(&place).await;
        let [(0, head), (start, tail)] = pieces.as_slice() else {
            panic!("{:?}", pieces.iter().map(|(at, p)| (at, p.len())).collect::<Vec<_>>())
        };
        // Frames take a part of the cap for themselves.
        assert!(head.len() as u64 > CAP / 4 && tail.len() as u64 > CAP / 4);
        assert!(all.starts_with(head) && all.ends_with(tail));
        assert_eq!(start + tail.len() as u64, all.len() as u64);
        // Who asks for what is dropped gets what comes next.
        let page = place.storage.log_read(KEY, start - 1, 1).await.unwrap();
        assert_eq!(page.chunks[0].offset, *start);
    }
}

#[tokio::test]
async fn a_log_below_the_cap_loses_nothing() {
    let place = Place::with(Options { log_bytes_max: CAP });
    let sink = place.storage.log_open(KEY).await.unwrap();
    let line = "y".repeat(999) + "\n";
    for _ in 0..1000 {
        sink.append(LogStream::Stdout, line.clone().into()).await.unwrap();
    }
    sink.finish().await.unwrap();
    let pieces = pieces(&place).await;
    assert_eq!(pieces.len(), 1);
    assert_eq!(pieces[0].1.len(), 1_000_000);
}
