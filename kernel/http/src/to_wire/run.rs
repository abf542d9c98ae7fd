//! Runs.

use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_ports::artifact::Artifact;
use kernel_ports::run::{RunRow, RunStatus};
use kernel_scheduler::RunTree;
use kernel_wire::run as wire;
use kernel_wire::status::RunStatus as Status;

use super::step::step;
use super::waiting::waiting;
use super::{json, time};

/// Converts a run; `now` ends the durations of what has not ended.
pub(crate) fn run(row: &RunRow, now: Time) -> wire::Run {
    wire::Run {
        id: row.id.to_string(),
        pipeline: row.pipeline_name.to_string(),
        pipeline_id: row.pipeline.to_string(),
        version: row.version,
        workspace: row.workspace_name.to_string(),
        number: row.number,
        status: run_status(row.status),
        message: row.message.as_deref().map(str::to_owned),
        trigger: trigger(row),
        input: serde_json::from_value(json(&row.input)).unwrap_or_default(),
        origin: row.origin.map(|origin| origin.to_string()),
        created_at: time(row.created_at),
        started_at: row.started_at.map(time),
        ended_at: row.ended_at.map(time),
        wake_at: row.wake_at.map(time),
        duration_ms: row.started_at.map(|start| row.ended_at.unwrap_or(now).since_ms(start)),
        events: row.seq,
    }
}

fn trigger(row: &RunRow) -> wire::Trigger {
    let trigger: wire::Trigger = serde_json::from_value(json(&row.trigger)).unwrap_or_default();
    wire::Trigger { kind: row.trigger_kind.to_string(), ..trigger }
}

fn run_status(status: RunStatus) -> Status {
    match status {
        RunStatus::Queued => Status::Queued,
        RunStatus::Running => Status::Running,
        RunStatus::Waiting => Status::Waiting,
        RunStatus::Ended(outcome) => ended(outcome),
    }
}

pub(super) fn ended(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Succeeded => Status::Succeeded,
        Outcome::Failed => Status::Failed,
        Outcome::Errored => Status::Errored,
        Outcome::TimedOut => Status::TimedOut,
        Outcome::Cancelled => Status::Cancelled,
        Outcome::Skipped => Status::Skipped,
    }
}

pub(crate) fn run_tree(tree: &RunTree, now: Time) -> wire::RunTree {
    let why = |no| tree.steps_waiting.iter().find(|(step, _)| *step == no).map(|(_, why)| why);
    wire::RunTree {
        run: run(&tree.row, now),
        waiting: tree.waiting.as_ref().map(waiting),
        cancel_by: tree.run.cancel_by.as_deref().map(str::to_owned),
        steps: tree.run.steps.iter().map(|s| step(s, why(s.no), now)).collect(),
        timers: tree
            .run
            .timers
            .iter()
            .map(|(name, due)| wire::Timer { name: name.to_string(), due: time(*due) })
            .collect(),
    }
}

pub(crate) fn artifact(artifact: &Artifact) -> kernel_wire::artifact::Artifact {
    let (run, name) = (artifact.run.to_string(), artifact.name.to_string());
    kernel_wire::artifact::Artifact {
        href: format!("/api/v1/runs/{run}/artifacts/{}", encoded(&name)),
        name,
        run,
        step: artifact.step.0,
        size: artifact.size,
        sha256: artifact.sha256.to_string(),
        at: time(artifact.at),
    }
}

/// Percent-encodes a path, but for its slashes.
fn encoded(path: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}
