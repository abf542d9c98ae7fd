//! What a server does as a whole, seen from outside.

mod flood;
mod put;
mod refusal;
mod retry;
mod stop;
mod stream;
mod trigger;

use std::path::Path;
use std::time::{Duration, Instant};

use kernel_wire::run::RunTree;
use kernel_wire::step::Step;
use serde_json::{Value, json};

use crate::server_process::PATIENCE;

/// Returns a task that is a shell script. YAML takes JSON too.
fn task(name: &str, script: &str) -> Value {
    let run = json!({ "path": "sh", "args": ["-euc", script] });
    json!({ "task": name, "config": { "platform": "linux", "run": run } })
}

/// Returns the source of a pipeline with one job.
fn pipeline(plan: &[Value]) -> String {
    json!({ "jobs": [{ "name": "job", "plan": plan }] }).to_string()
}

/// Waits until something is there.
async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look).await
}

async fn until_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(since.elapsed() < patience, "waited for too long for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until a file has a whole line, and returns it.
async fn line(file: &Path) -> String {
    until(&file.display().to_string(), async || {
        let text = std::fs::read_to_string(file).ok()?;
        text.strip_suffix('\n').map(str::to_owned)
    })
    .await
}

fn touch(file: &Path) {
    std::fs::write(file, "").unwrap();
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

#[track_caller]
fn step<'a>(tree: &'a RunTree, name: &str) -> &'a Step {
    let found = tree.steps.iter().find(|step| step.name == name && !step.is_group);
    found.unwrap_or_else(|| panic!("no step {name:?} in {tree:#?}"))
}
