//! Logs as text.

use kernel_model::time::Time;
use kernel_ports::log::{LogChunk, LogPage, LogStream};

use super::text;

fn chunk(offset: u64, bytes: &'static [u8]) -> LogChunk {
    LogChunk { offset, at: Time(0), stream: LogStream::Stdout, bytes: bytes.into() }
}

#[test]
fn a_gap_is_a_line_that_counts_what_was_dropped() {
    let page = LogPage {
        chunks: vec![chunk(0, b"ab"), chunk(2, b"c"), chunk(10, b"z\n")],
        next: 12,
        ended: true,
    };
    let want = "abc\n[7 bytes were dropped here, as the log is too large]\nz\n";
    assert_eq!(String::from_utf8(text(0, &page)).unwrap(), want);
}

#[test]
fn reading_from_the_middle_is_no_gap() {
    let page = LogPage { chunks: vec![chunk(5, b"ab\n"), chunk(9, b"c")], next: 10, ended: false };
    let want = "ab\n[1 bytes were dropped here, as the log is too large]\nc";
    assert_eq!(String::from_utf8(text(5, &page)).unwrap(), want);
}
