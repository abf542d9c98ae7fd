//! Measures what watching over a program costs: `cargo run --release -p kernel-process --example spawn`.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::process::{ProcessSpec, Processes};
use kernel_ports::store::StoreError;
use kernel_process::Supervisor;

const ROUNDS: usize = 500;

struct Nowhere;

#[async_trait]
impl LogSink for Nowhere {
    async fn append(&self, _: LogStream, _: Bytes) -> Result<(), StoreError> {
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut plain = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        Command::new("/bin/true").env_clear().status()?;
        plain.push(started.elapsed());
    }
    let processes = Supervisor::new(Vec::new());
    let spec = ProcessSpec {
        marker: "bench/spawn".to_owned(),
        program: "/bin/true".to_owned(),
        dir: std::env::temp_dir(),
        ..ProcessSpec::default()
    };
    let mut watched = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let log: Arc<dyn LogSink> = Arc::new(Nowhere);
        processes.start(spec.clone(), log).await?.wait().await;
        watched.push(started.elapsed());
    }
    print("fork, exec and wait", &mut plain)?;
    print("with a supervisor", &mut watched)
}

fn print(what: &str, times: &mut [Duration]) -> Result<(), Box<dyn std::error::Error>> {
    times.sort_unstable();
    let [median, late] = [times[ROUNDS / 2], times[ROUNDS * 99 / 100]];
    writeln!(std::io::stdout(), "{what:<22} p50 {median:>9.1?}  p99 {late:>9.1?}")?;
    Ok(())
}
