//! Things to put into a store.

use std::sync::Arc;

use kernel_model::event::{Event, Recorded, StepNo};
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::pipeline::{Pipeline, PipelineDraft};
use kernel_ports::run::{NewRun, RunAppend, RunStatus};
use kernel_ports::store::Store;

pub(super) const BOOT: BootId = BootId(1);
/// Where drafts are.
pub(super) const OWN: &[WorkspaceId] = &[WorkspaceId::DEFAULT];

pub(super) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) fn pipeline_draft(called: &str, id: u128, source: &str) -> PipelineDraft {
    PipelineDraft {
        id: PipelineId(id),
        name: name(called),
        language: "yaml".into(),
        file_name: "pipeline.yml".into(),
        source: source.into(),
        vars: "{}".into(),
        compiled: "{\"program\":\"p\"}".into(),
        compiled_by: "sha256:1".into(),
        at: Time(1000),
        seen: None,
    }
}

pub(super) async fn pipeline(store: &dyn Store, called: &str, id: u128) -> Pipeline {
    store.pipeline_put(pipeline_draft(called, id, "jobs: []")).await.unwrap()
}

/// An id as a port makes them: the time first.
pub(super) fn run_id(ms: u64, rest: u128) -> RunId {
    RunId(u128::from(ms) << 80 | rest)
}

pub(super) fn new_run(pipeline: &Pipeline, id: RunId, at: u64) -> NewRun {
    NewRun {
        id,
        pipeline: pipeline.id,
        pipeline_name: pipeline.name.clone(),
        version: pipeline.version,
        workspace: WorkspaceId::DEFAULT,
        workspace_name: WorkspaceName::default(),
        trigger: "{\"kind\":\"manual\",\"by\":\"ann\"}".into(),
        trigger_kind: "manual".into(),
        input: "{}".into(),
        origin: None,
        at: Time(at),
        idempotency_key: None,
        facts: vec![],
    }
}

/// Makes a pipeline and a queued run of it.
pub(super) async fn run(store: &dyn Store, ms: u64) -> RunId {
    let pipeline = pipeline(store, "main", 1).await;
    let (row, is_new) = store.run_create(new_run(&pipeline, run_id(ms, 7), ms)).await.unwrap();
    assert!(is_new);
    row.id
}

/// Notes that tell each event from each other one.
pub(super) fn notes(from: u64, n: u64) -> Vec<Recorded> {
    let note = |i: u64| Event::Noted { step: StepNo(1), text: Arc::from(format!("note {i}")) };
    (from..from + n).map(|i| Recorded { at: Time(i), event: note(i) }).collect()
}

pub(super) fn append(run: RunId, seen: u64, events: Vec<Recorded>) -> RunAppend {
    RunAppend {
        run,
        boot: BOOT,
        seen,
        events,
        language_state: None,
        status: RunStatus::Running,
        message: None,
        started_at: None,
        ended_at: None,
        wake_at: None,
        facts: vec![],
        results: vec![],
        artifacts: vec![],
    }
}
