//! Measures how fast text is masked, in time of the processor: other work does not count.
//!
//! `cargo run --release -p kernel-redact --example throughput`
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::hint::black_box;

use bytes::Bytes;
use kernel_redact::{MaskStream, Masker};

const SECRETS: u64 = 100;
const TOTAL: usize = 1 << 30;

fn main() {
    let values: Vec<String> = (0..SECRETS).map(value).collect();
    let begun = seconds();
    for _ in 0..100 {
        black_box(Masker::new(values.iter().map(String::as_str)));
    }
    println!("masker of {SECRETS} secrets: {:.1} ms", (seconds() - begun) * 10.0);
    let masker = Masker::new(values.iter().map(String::as_str));
    let log = log(1 << 20);
    for (name, piece) in [("64 KiB", 64 << 10), ("4 KiB", 4 << 10), ("100 B", 100)] {
        measure(&format!("log in pieces of {name}"), &masker, &log, piece);
    }
    let mut found = log;
    for (no, at) in (0..found.len() - 64).step_by(4096).enumerate() {
        let value = values[no % values.len()].as_bytes();
        found[at..at + value.len()].copy_from_slice(value);
    }
    measure("log with a secret every 4 KiB, 64 KiB", &masker, &found, 64 << 10);
    let random: Vec<u8> = numbers(7).take(1 << 20).map(|n| (n >> 56) as u8).collect();
    measure("random bytes, 64 KiB", &masker, &random, 64 << 10);
}

fn measure(what: &str, masker: &Masker, text: &[u8], piece: usize) {
    let pieces: Vec<Bytes> = text.chunks(piece).map(Bytes::copy_from_slice).collect();
    let mut stream = MaskStream::default();
    let begun = seconds();
    let mut done = 0;
    while done < TOTAL {
        for piece in &pieces {
            done += piece.len();
            black_box(stream.push(masker, piece.clone()));
        }
    }
    let rate = done as f64 / (seconds() - begun) / 1e9;
    println!("{what}: {rate:.2} GB/s");
}

/// Returns how long this thread has had a processor.
fn seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.unwrap_or(f64::NAN) / 1e9
}

/// Lines as a build prints them.
fn log(len: usize) -> Vec<u8> {
    let mut text = String::with_capacity(len + 200);
    let words = [
        "Compiling",
        "Downloaded",
        "GET",
        "https://example.com/api/v1/items?page=",
        "ok",
        "src/main.rs:",
        "warning:",
        "unused",
        "variable",
        "{\"level\":\"info\",\"msg\":",
        "done",
    ];
    for n in numbers(1) {
        let pick = usize::try_from(n >> 40).unwrap_or(0) % words.len();
        text.push_str(words[pick]);
        text.push(if n % 7 == 0 { '\n' } else { ' ' });
        if n % 3 == 0 {
            text.push_str(&(n % 100_000).to_string());
        }
        if text.len() >= len {
            break;
        }
    }
    text.truncate(len);
    text.into_bytes()
}

/// A token of 24 to 55 characters.
fn value(no: u64) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/+.";
    let len = 24 + usize::try_from(no % 32).unwrap_or(0);
    let pick = |n: u64| char::from(LETTERS[usize::try_from(n >> 40).unwrap_or(0) % LETTERS.len()]);
    numbers(no + 100).take(len).map(pick).collect()
}

/// Numbers that look random and are always the same.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1), |n| {
        let n = n ^ (n << 13);
        let n = n ^ (n >> 7);
        Some(n ^ (n << 17))
    })
}
