//! The table from what went wrong to what a client is told.

use std::fmt::Write;
use std::io;

use axum::http::HeaderMap;
use axum::response::IntoResponse;
use expect_test::expect;
use kernel_model::id::RunId;
use kernel_ports::plugin::{Diagnostic, PluginError};
use kernel_ports::plugin_admin::PluginAdminError;
use kernel_ports::store::StoreError;
use kernel_ports::volume::VolumeError;
use kernel_scheduler::SchedulerError as E;

use super::{ApiError, Code};

fn name() -> String {
    "ci".to_owned()
}

/// One error of each kind.
fn all() -> Vec<E> {
    let run = RunId(1);
    let remark = |is_error| Diagnostic {
        is_error,
        code: name(),
        message: name(),
        line: 1,
        column: 1,
        hint: None,
    };
    let said = |code: &str, retry_after_ms| PluginError::Said {
        plugin: "language-x".to_owned(),
        code: code.to_owned(),
        message: "later".to_owned(),
        retry_after_ms,
    };
    let broken = || Box::new(io::Error::other("secret cause"));
    vec![
        E::PipelineUnknown { name: name(), near: Some("cd".to_owned()) },
        E::PipelineUnknown { name: name(), near: None },
        E::VersionUnknown { name: name(), version: 3 },
        E::PipelinePaused { name: name() },
        E::PipelineChanged { seen: 0, found: 2 },
        E::PipelineChanged { seen: 2, found: 0 },
        E::PipelineChanged { seen: 1, found: 2 },
        E::SourceInvalid { diagnostics: vec![remark(true), remark(false), remark(true)] },
        E::RunUnknown { run },
        E::RunEnded { run },
        E::RunOpen { run },
        E::StepUnknown { run, step: name() },
        E::StepEnded { run, step: name() },
        E::JobUnknown {
            pipeline: name(),
            job: "x".to_owned(),
            known: "a, b".to_owned(),
            near: None,
        },
        E::JobUnknown { pipeline: name(), job: "x".to_owned(), known: String::new(), near: None },
        E::LauncherDenied { launcher: "x".to_owned() },
        E::FeatureOff { feature: "fetch" },
        E::QueueFull { limit: 5, retry_after_ms: 1_001 },
        E::Draining,
        E::Plugin(said("unavailable", Some(10))),
        E::Plugin(said("invalid", None)),
        E::Plugin(PluginError::Trap { plugin: name(), message: name() }),
        E::Plugin(PluginError::Deadline { plugin: name(), function: name(), limit_ms: 5 }),
        E::VolumesGone { run },
        E::Volumes { run, err: VolumeError::Name { found: name(), reason: "secret cause" } },
        E::Store(StoreError::Conflict { what: name(), seen: 1, found: 2 }),
        E::Store(StoreError::NotFound { what: name() }),
        E::Store(StoreError::Fenced { holder: name() }),
        E::Store(StoreError::Full { path: "/secret/path".to_owned() }),
        E::Store(StoreError::Newer { path: "/secret/path".to_owned(), found: 2, known: 1 }),
        E::Store(StoreError::Corrupt { what: name(), reason: "secret cause".to_owned() }),
        E::Store(StoreError::Io { action: name(), err: broken() }),
    ]
}

#[test]
fn each_error_has_its_status_code_and_words() {
    let mut text = String::new();
    for err in all() {
        let err = ApiError::from(err);
        let problem = err.problem();
        let headers: HeaderMap = err.into_response().headers().clone();
        let retry = headers.get("retry-after").map(|value| value.to_str().unwrap());
        let retry = retry.map(|s| format!(" [again in {s} s]")).unwrap_or_default();
        let hint = problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        let (status, code, detail) = (problem.status, problem.code, problem.detail);
        writeln!(text, "{status} {code}{retry}: {detail}{hint}").unwrap();
    }
    // What is inside of the server stays there.
    assert!(!text.contains("secret"), "{text}");
    expect![[r#"
        404 pipeline-unknown: there is no pipeline "ci"; did you mean "cd"?
        404 pipeline-unknown: there is no pipeline "ci"
        404 version-unknown: the pipeline "ci" has no version 3; GET /api/v1/pipelines/ci/versions lists them
        409 pipeline-paused: the pipeline "ci" is paused; POST /api/v1/pipelines/ci/unpause lets it start runs
        412 pipeline-changed: the name is taken: the pipeline is at version 2; leave If-None-Match out to add a version to it
        412 pipeline-changed: there is no pipeline of that name, and so no version 2; leave If-Match out to make it
        412 pipeline-changed: the pipeline is at version 2, not 1; get the newest version, make your change to it, and set it with its ETag
        422 source-invalid: the source has 2 mistakes; nothing was changed
        404 run-unknown: run_00000000000000000000000001 does not exist; GET /api/v1/runs lists runs
        409 run-ended: run_00000000000000000000000001 has ended; it can be retried or rerun, but not changed
        409 run-open: run_00000000000000000000000001 has not ended; wait for its end, or cancel it first
        404 step-unknown: run_00000000000000000000000001 has no step ci; GET /api/v1/runs/run_00000000000000000000000001/tree lists its steps
        409 step-ended: the step ci of run_00000000000000000000000001 has ended
        422 job-unknown: the pipeline "ci" has no job "x"; it has: a, b
        422 job-unknown: the pipeline "ci" has no job "x"; it has none to choose from; leave `jobs` out
        403 launcher-denied: the launcher "x" is not allowed on this server; choose another, or ask the operator: runs.launchers_allowed says which are
        403 feature-off: the feature "fetch" is switched off on this server; ask the operator: server.features says what is on
        429 queue-full [again in 2 s]: 5 runs are waiting already; try again later; Retry-After says when
        503 draining [again in 5 s]: the server is stopping and takes no new work; try again in a moment
        503 plugin-unavailable [again in 1 s]: language-x: later
        422 plugin-refused: language-x: later
        502 plugin-broken: ci crashed: ci
        504 plugin-timeout: ci took longer than 5 ms in `ci` and was stopped
        410 volumes-gone: the files of run_00000000000000000000000001 are gone, so its results cannot be reused; rerun it as a whole
        500 internal: the server could not do this because something in it failed; the log of the server says what, under the request id of this answer
        409 store-conflict: ci was changed by someone else in the meantime; look at it again, and repeat the request
        404 not-found: ci does not exist
        503 store-taken: another server has taken over the store of this one; ask that server
        507 disk-full [again in 30 s]: the disk of the server is full; nothing was changed; free some space there, and repeat the request
        500 internal: the server could not do this because something in it failed; the log of the server says what, under the request id of this answer
        500 internal: the server could not do this because something in it failed; the log of the server says what, under the request id of this answer
        500 internal: the server could not do this because something in it failed; the log of the server says what, under the request id of this answer
    "#]].assert_eq(&text);
}

#[test]
fn a_file_that_could_not_be_written_names_the_action() {
    let told = |kind: io::ErrorKind| {
        let err = io::Error::new(kind, "/secret/path");
        let err = PluginAdminError::Io { action: "keep the binary".to_owned(), err };
        let problem = ApiError::from(err).problem();
        assert!(!format!("{problem:?}").contains("secret"), "{problem:?}");
        (problem.status, problem.code, problem.detail)
    };
    let said = "the server failed to keep the binary";
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        let detail = format!("{said}: its disk is full; what served serves on");
        assert_eq!(told(kind), (507, "disk-full".to_owned(), detail));
    }
    let detail = format!("{said}; what served serves on");
    assert_eq!(told(io::ErrorKind::PermissionDenied), (500, "internal".to_owned(), detail));
}

#[test]
fn no_two_codes_are_the_same_and_all_are_refusals() {
    let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.status().as_u16() >= 400, "{code:?}");
        let word_ok = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(code.word().chars().all(word_ok), "{code:?}");
    }
}
