//! From the shapes of the API to what the terminal shows.

use kernel_wire::diagnostic::{Diagnostic, Severity};
use kernel_wire::run::RunTree;
use kernel_wire::status::{RunStatus, StepStatus};
use kernel_wire::step::Step;

use crate::show::diagnostic::Remark;
use crate::show::view::{Mark, Node, View};

/// Returns a run as it is drawn.
pub(crate) fn view(tree: &RunTree) -> View {
    let run = &tree.run;
    View {
        id: run.id.clone(),
        pipeline: run.pipeline.clone(),
        number: run.number,
        workspace: Some(run.workspace.clone()).filter(|name| name != "default"),
        mark: run_mark(run.status),
        message: run.message.clone(),
        waiting: tree.waiting.as_ref().map(|waiting| waiting.text.clone()),
        started_ms: run.started_at.map(|at| at.ms),
        ended_ms: run.ended_at.map(|at| at.ms),
        nodes: tree.steps.iter().map(node).collect(),
    }
}

fn node(step: &Step) -> Node {
    Node {
        no: step.number,
        parent: step.parent,
        path: step.path.clone(),
        name: step.name.clone(),
        kind: step.kind.clone(),
        is_group: step.is_group,
        mark: step_mark(step.status),
        message: step.message.clone(),
        waiting: step.waiting.as_ref().map(|waiting| waiting.text.clone()),
        started_ms: step.started_at.map(|at| at.ms),
        ended_ms: step.ended_at.map(|at| at.ms),
        attempts: u32::try_from(step.attempts.len()).unwrap_or(u32::MAX),
        reused: step.reused_from.is_some(),
    }
}

/// Returns the mark of a run's status.
pub(crate) fn run_mark(status: RunStatus) -> Mark {
    match status {
        RunStatus::Queued => Mark::Pending,
        RunStatus::Running | RunStatus::Waiting => Mark::Running,
        RunStatus::Succeeded => Mark::Succeeded,
        RunStatus::Failed => Mark::Failed,
        RunStatus::Errored => Mark::Errored,
        RunStatus::TimedOut => Mark::TimedOut,
        RunStatus::Cancelled => Mark::Cancelled,
        RunStatus::Skipped => Mark::Skipped,
    }
}

fn step_mark(status: StepStatus) -> Mark {
    match status {
        StepStatus::Pending => Mark::Pending,
        StepStatus::Running => Mark::Running,
        StepStatus::Succeeded => Mark::Succeeded,
        StepStatus::Failed => Mark::Failed,
        StepStatus::Errored => Mark::Errored,
        StepStatus::TimedOut => Mark::TimedOut,
        StepStatus::Cancelled => Mark::Cancelled,
        StepStatus::Skipped => Mark::Skipped,
    }
}

/// Returns remarks as they are printed.
pub(crate) fn remarks(diagnostics: &[Diagnostic]) -> Vec<Remark> {
    diagnostics
        .iter()
        .map(|diagnostic| Remark {
            is_error: diagnostic.severity == Severity::Error,
            code: diagnostic.code.clone(),
            message: diagnostic.message.clone(),
            line: diagnostic.line,
            column: diagnostic.column,
            hint: diagnostic.hint.clone(),
        })
        .collect()
}
