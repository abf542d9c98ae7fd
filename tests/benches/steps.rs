//! Durable steps through scheduler and SQLite, with fsync on.
//!
//! The language and the actions are in process and cost next to nothing, so the figures are those
//! of the kernel. Run with `cargo bench -p tests --bench steps`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints figures or panics"
)]

#[path = "../it/scheduler/script.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod script;
#[path = "../it/scheduler/world.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_model::id::RunId;
use kernel_scheduler::Settings;
use kernel_store_sqlite::SqliteStore;
use serde_json::json;

use script::{Script, Step};
use world::World;

/// Runs at a time in the test of throughput.
const RUNS: usize = 200;
const STEPS: usize = 50;
/// The length of the chain in the test of latency, and how often it runs.
const CHAIN: usize = 40;
const CHAINS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        throughput().await;
        latency().await;
        idle().await;
    });
}

fn chain(n: usize) -> Script {
    Script::sequence((0..n).map(|i| Step::echo(&format!("s{i}"), json!(i))))
}

async fn world(settings: Settings) -> World {
    // Beside the build, as temporary folders are often in memory.
    let files = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = SqliteStore::open(&files.path().join("bench.db")).unwrap();
    World::on(Arc::new(store), settings, files).await
}

async fn start(world: &World) -> RunId {
    world.start_again(None).await.unwrap().0.id
}

/// Waits for a notice, not by looking again and again.
async fn end(world: &World, run: RunId) {
    let mut progress = world.scheduler.run_watch(run);
    while progress.changed().await.is_ok() {}
    assert!(world.tree(run).await.row.ended_at.is_some());
}

async fn throughput() {
    let world = world(Settings { runs_max: 64, ..Settings::default() }).await;
    let script = chain(STEPS);
    world.set(&script).await;
    let since = Instant::now();
    let mut runs = vec![];
    for _ in 0..RUNS {
        runs.push(start(&world).await);
    }
    for run in runs {
        end(&world, run).await;
    }
    let seconds = since.elapsed().as_secs_f64();
    let steps = RUNS * STEPS;
    println!(
        "throughput: {steps} durable steps in {seconds:.2} s: {:.0} steps/s ({RUNS} runs of {STEPS}, 64 at a time)",
        f64::from(u32::try_from(steps).unwrap()) / seconds
    );
}

async fn latency() {
    let world = world(Settings::default()).await;
    world.set(&chain(CHAIN)).await;
    let mut times: Vec<Duration> = vec![];
    for _ in 0..CHAINS {
        let since = Instant::now();
        let run = start(&world).await;
        end(&world, run).await;
        times.push(since.elapsed());
    }
    times.sort();
    println!(
        "latency: {CHAIN} sequential durable steps in one run: median {:.1} ms, worst {:.1} ms",
        times[CHAINS / 2].as_secs_f64() * 1e3,
        times[CHAINS - 1].as_secs_f64() * 1e3
    );
}

async fn idle() {
    let world = world(Settings::default()).await;
    let before = world.scheduler.parts().store.statements();
    let span = Duration::from_secs(5);
    tokio::time::sleep(span).await;
    let n = world.scheduler.parts().store.statements() - before;
    println!("idle: {n} store queries in {} s", span.as_secs());
}
