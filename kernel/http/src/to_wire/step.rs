//! Groups, steps and attempts.

use kernel_model::attempt::{AttemptEnd, AttemptState, Why};
use kernel_model::outcome::Outcome;
use kernel_model::step::{Attempt, Step, StepState};
use kernel_model::time::Time;
use kernel_scheduler::waiting::Waiting;
use kernel_wire::status::{AttemptReason, AttemptStatus, StepStatus};
use kernel_wire::step as wire;
use serde_json::Value;

use super::waiting::waiting;
use super::{json, time};

/// Converts a group or step; `now` ends the durations of what has not ended.
pub(crate) fn step(step: &Step, why: Option<&Waiting>, now: Time) -> wire::Step {
    let attempts = step.work.as_ref().map(|work| work.attempts.as_slice()).unwrap_or_default();
    let started_at = match step.work {
        None => Some(step.opened_at),
        Some(_) => attempts.iter().find_map(|attempt| attempt.started_at),
    };
    let (message, ended_at, output) = match &step.state {
        StepState::Open => (None, None, Value::Null),
        StepState::Ended { at, message, value, .. } => {
            (message.as_deref().map(str::to_owned), Some(*at), json(value))
        }
    };
    wire::Step {
        number: step.no.0,
        parent: step.node.parent.map(|parent| parent.0),
        path: step.node.path.to_string(),
        name: step.node.name.to_string(),
        kind: step.node.kind.to_string(),
        is_group: step.work.is_none(),
        status: step_status(step),
        message,
        opened_at: time(step.opened_at),
        started_at: started_at.map(time),
        ended_at: ended_at.map(time),
        duration_ms: started_at.map(|start| ended_at.unwrap_or(now).since_ms(start)),
        output,
        reused_from: attempts.last().and_then(|attempt| match attempt.state.end()? {
            AttemptEnd::Cached { from, .. } => Some(from.to_string()),
            _ => None,
        }),
        attempts: attempts.iter().map(|a| attempt(a, now)).collect(),
        waiting: why.map(waiting),
        notes: step.notes.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn step_detail(found: &Step, why: Option<&Waiting>, now: Time) -> wire::StepDetail {
    let text = |pick: fn(&kernel_model::step::StepWork) -> &str| {
        found.work.as_ref().map(|work| json(pick(work))).unwrap_or_default()
    };
    wire::StepDetail {
        step: step(found, why, now),
        work: text(|work| &work.work),
        options: text(|work| &work.options),
    }
}

fn step_status(step: &Step) -> StepStatus {
    match (&step.state, step.attempt().map(|attempt| &attempt.state)) {
        (StepState::Ended { outcome, .. }, _) => ended(*outcome),
        (StepState::Open, Some(AttemptState::Pending { .. } | AttemptState::Assigned { .. })) => {
            StepStatus::Pending
        }
        // A step whose attempt has ended is about to end or to be tried again.
        (
            StepState::Open,
            None | Some(AttemptState::Running { .. } | AttemptState::Ended { .. }),
        ) => StepStatus::Running,
    }
}

pub(super) fn ended(outcome: Outcome) -> StepStatus {
    match outcome {
        Outcome::Succeeded => StepStatus::Succeeded,
        Outcome::Failed => StepStatus::Failed,
        Outcome::Errored => StepStatus::Errored,
        Outcome::TimedOut => StepStatus::TimedOut,
        Outcome::Cancelled => StepStatus::Cancelled,
        Outcome::Skipped => StepStatus::Skipped,
    }
}

fn attempt(attempt: &Attempt, now: Time) -> wire::Attempt {
    let (status, not_before, cancel_by) = match &attempt.state {
        AttemptState::Pending { not_before } => (AttemptStatus::Pending, Some(*not_before), None),
        AttemptState::Assigned { .. } => (AttemptStatus::Assigned, None, None),
        AttemptState::Running { cancel_by, .. } => {
            (AttemptStatus::Running, None, cancel_by.as_deref().map(str::to_owned))
        }
        AttemptState::Ended { end } => (end_status(end), None, None),
    };
    wire::Attempt {
        number: attempt.number,
        why: reason(attempt.why),
        status,
        created_at: time(attempt.created_at),
        not_before: not_before.map(time),
        started_at: attempt.started_at.map(time),
        ended_at: attempt.ended_at.map(time),
        duration_ms: attempt
            .started_at
            .map(|start| attempt.ended_at.unwrap_or(now).since_ms(start)),
        cancel_by,
        end: attempt.state.end().map(attempt_end),
    }
}

pub(super) fn reason(why: Why) -> AttemptReason {
    match why {
        Why::First => AttemptReason::First,
        Why::Retried => AttemptReason::Retried,
        Why::Suspended => AttemptReason::Suspended,
        Why::Recurred => AttemptReason::Recurred,
    }
}

fn end_status(end: &AttemptEnd) -> AttemptStatus {
    match end {
        AttemptEnd::Succeeded { .. } => AttemptStatus::Succeeded,
        AttemptEnd::Failed { .. } => AttemptStatus::Failed,
        AttemptEnd::Errored { .. } => AttemptStatus::Errored,
        AttemptEnd::TimedOut => AttemptStatus::TimedOut,
        AttemptEnd::Cancelled { .. } => AttemptStatus::Cancelled,
        AttemptEnd::Abandoned { .. } => AttemptStatus::Abandoned,
        AttemptEnd::Skipped => AttemptStatus::Skipped,
        AttemptEnd::Cached { .. } => AttemptStatus::Cached,
        AttemptEnd::Deferred { .. } => AttemptStatus::Deferred,
        AttemptEnd::Suspended { .. } => AttemptStatus::Suspended,
        AttemptEnd::Recurred { .. } => AttemptStatus::Recurred,
        AttemptEnd::Spawned { .. } => AttemptStatus::Spawned,
    }
}

pub(super) fn attempt_end(end: &AttemptEnd) -> wire::AttemptEnd {
    let plain = wire::AttemptEnd {
        status: end_status(end),
        message: None,
        retryable: None,
        output: Value::Null,
        by: None,
        run: None,
        until: None,
    };
    match end {
        AttemptEnd::Succeeded { value } => wire::AttemptEnd { output: json(value), ..plain },
        AttemptEnd::Failed { message, retryable, value } => wire::AttemptEnd {
            message: Some(message.to_string()),
            retryable: Some(*retryable),
            output: json(value),
            ..plain
        },
        AttemptEnd::Errored { message, retryable } => wire::AttemptEnd {
            message: Some(message.to_string()),
            retryable: Some(*retryable),
            ..plain
        },
        AttemptEnd::Cancelled { by } => wire::AttemptEnd { by: Some(by.to_string()), ..plain },
        AttemptEnd::Abandoned { message } => {
            wire::AttemptEnd { message: Some(message.to_string()), ..plain }
        }
        AttemptEnd::Cached { from, value } => {
            wire::AttemptEnd { run: Some(from.to_string()), output: json(value), ..plain }
        }
        AttemptEnd::Deferred { to: run } | AttemptEnd::Spawned { run } => {
            wire::AttemptEnd { run: Some(run.to_string()), ..plain }
        }
        AttemptEnd::Suspended { until: at } | AttemptEnd::Recurred { at } => {
            wire::AttemptEnd { until: Some(time(*at)), ..plain }
        }
        AttemptEnd::TimedOut | AttemptEnd::Skipped => plain,
    }
}
