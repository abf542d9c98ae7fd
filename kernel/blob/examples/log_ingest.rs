//! Measures how fast one step can log: `cargo run --release -p kernel-blob --example log_ingest`.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use kernel_blob::{Options, Storage};
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_ports::clock::System;
use kernel_ports::log::{LogKey, LogStream, Logs};

const MEGABYTE: usize = 1_000_000;
/// What a pipe gives at once if a program writes much, what it gives if it writes little, and a line.
const CHUNKS: [usize; 3] = [64 << 10, 4 << 10, 100];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let mut run = 0;
    for (cap, what) in [(64 << 20, "64 MiB kept"), (u64::MAX, "all kept")] {
        let options = Options { log_bytes_max: cap };
        let storage = Storage::open(dir.path(), options, Arc::new(System::default()))?;
        for chunk in CHUNKS {
            for megabytes in [10, 1000] {
                run += 1;
                let run = RunId(run);
                let (ingest, finish) = measure(&storage, run, chunk, megabytes).await?;
                writeln!(
                    std::io::stdout(),
                    "{what:<12} chunks of {chunk:>5} bytes, {megabytes:>4} MB: {ingest:>6.0} MB/s, \
                     end after {finish:>6.1} ms"
                )?;
                storage.log_remove(run).await?;
            }
        }
    }
    Ok(())
}

/// Returns the speed in MB/s, and how long the end takes in ms.
#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
async fn measure(
    storage: &Storage,
    run: RunId,
    chunk: usize,
    megabytes: usize,
) -> Result<(f64, f64), Box<dyn Error>> {
    let line = b"a line of an ordinary log, as long as such lines are\n";
    let bytes: Bytes = line.iter().copied().cycle().take(chunk).collect();
    let sink = storage.log_open(LogKey { run, step: StepNo(0), attempt: 1 }).await?;
    let started = Instant::now();
    for _ in 0..megabytes * MEGABYTE / chunk {
        sink.append(LogStream::Stdout, bytes.clone()).await?;
    }
    let ingest = megabytes as f64 / started.elapsed().as_secs_f64();
    let ended = Instant::now();
    sink.finish().await?;
    Ok((ingest, ended.elapsed().as_secs_f64() * 1000.0))
}
