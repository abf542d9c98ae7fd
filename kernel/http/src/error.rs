//! The one table from what went wrong to what a client is told.
//!
//! The message is chosen here: what the inner layers say of themselves is for the log.

use std::error::Error;
use std::fmt;
use std::io;

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel_ports::plugin::PluginError;
use kernel_ports::plugin_admin::PluginAdminError;
use kernel_ports::store::StoreError;
use kernel_scheduler::SchedulerError;
use kernel_wire::diagnostic::Diagnostic;
use kernel_wire::problem::Problem;

use crate::code::Code;
use crate::to_wire;

/// The media type of problems (RFC 9457).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal, as the client gets it.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) detail: String,
    pub(crate) hint: Option<String>,
    errors: Box<[Diagnostic]>,
    retry_after_ms: Option<u64>,
    allow: Option<Box<str>>,
    challenge: Option<Box<str>>,
}

impl ApiError {
    pub(crate) fn new(code: Code, detail: impl fmt::Display) -> Self {
        Self {
            code,
            detail: detail.to_string(),
            hint: None,
            errors: Box::default(),
            retry_after_ms: None,
            allow: None,
            challenge: None,
        }
    }

    pub(crate) fn hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// Adds "did you mean", if there is a near name.
    pub(crate) fn near(self, near: Option<impl fmt::Display>) -> Self {
        match near {
            Some(near) => self.hint(format_args!("did you mean {near}?")),
            None => self,
        }
    }

    pub(crate) fn retry_after(self, ms: u64) -> Self {
        Self { retry_after_ms: Some(ms), ..self }
    }

    pub(crate) fn retry_after_ms(&self) -> Option<u64> {
        self.retry_after_ms
    }

    pub(crate) fn allow(self, methods: String) -> Self {
        Self { allow: Some(methods.into()), ..self }
    }

    /// Adds how to say who one is.
    pub(crate) fn challenge(self, scheme: String) -> Self {
        Self { challenge: Some(scheme.into()), ..self }
    }

    /// A failure whose cause is for the log only.
    pub(crate) fn internal(err: &(dyn Error + 'static)) -> Self {
        let mut causes = err.to_string();
        let mut source = err.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(causes, "request failed");
        Self::new(Code::Internal, "the server could not do this because something in it failed")
            .hint("the log of the server says what, under the request id of this answer")
    }

    pub(crate) fn problem(&self) -> Problem {
        Problem {
            kind: format!("urn:tenon:problem:{}", self.code.word()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.word().to_owned(),
            detail: self.detail.clone(),
            hint: self.hint.clone(),
            errors: self.errors.to_vec(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status: StatusCode = self.code.status();
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(ms) = self.retry_after_ms {
            // Whole seconds, at least one: an earlier try would meet the same answer.
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        if let Some(scheme) = self.challenge.and_then(|scheme| HeaderValue::from_str(&scheme).ok())
        {
            headers.insert(WWW_AUTHENTICATE, scheme);
        }
        if let Some(allow) = self.allow.and_then(|methods| HeaderValue::from_str(&methods).ok()) {
            headers.insert(ALLOW, allow);
        }
        response
    }
}

impl From<SchedulerError> for ApiError {
    fn from(err: SchedulerError) -> Self {
        use SchedulerError as E;
        match err {
            E::PipelineUnknown { name, near } => {
                let detail = format!("there is no pipeline {name:?}");
                Self::new(Code::PipelineUnknown, detail).near(near.map(|near| format!("{near:?}")))
            }
            E::VersionUnknown { name, version } => {
                let detail = format!("the pipeline {name:?} has no version {version}");
                Self::new(Code::VersionUnknown, detail)
                    .hint(format_args!("GET /api/v1/pipelines/{name}/versions lists them"))
            }
            E::PipelinePaused { name } => {
                Self::new(Code::PipelinePaused, format_args!("the pipeline {name:?} is paused"))
                    .hint(format_args!("POST /api/v1/pipelines/{name}/unpause lets it start runs"))
            }
            E::PipelineChanged { seen: 0, found } => Self::new(
                Code::PipelineChanged,
                format_args!("the name is taken: the pipeline is at version {found}"),
            )
            .hint("leave If-None-Match out to add a version to it"),
            E::PipelineChanged { seen, found: 0 } => Self::new(
                Code::PipelineChanged,
                format_args!("there is no pipeline of that name, and so no version {seen}"),
            )
            .hint("leave If-Match out to make it"),
            E::PipelineChanged { seen, found } => Self::new(
                Code::PipelineChanged,
                format_args!("the pipeline is at version {found}, not {seen}"),
            )
            .hint("get the newest version, make your change to it, and set it with its ETag"),
            E::SourceInvalid { diagnostics } => {
                let errors = diagnostics.iter().filter(|remark| remark.is_error).count();
                let s = if errors == 1 { "" } else { "s" };
                let detail = format!("the source has {errors} mistake{s}; nothing was changed");
                let errors = diagnostics.into_iter().map(to_wire::diagnostic).collect();
                Self { errors, ..Self::new(Code::SourceInvalid, detail) }
            }
            E::ArgumentSecret { argument, name } => Self::new(
                Code::ArgumentSecret,
                format_args!(
                    "the argument {argument:?} refers to the secret {name:?}, which the pipeline \
                     does not mention"
                ),
            )
            .hint("mention it in the pipeline, or give it to this run only, in `secrets`"),
            E::Secret(err) => Self::internal(&err),
            E::Workspace { refusal, near } => Self::refused(&refusal, near),
            E::WorkspaceAside { run, of, wanted } => Self::new(
                Code::WorkspaceConflict,
                format_args!("{run} is of the workspace \"{of}\", not inherited by \"{wanted}\""),
            )
            .hint("a run is run again where it was, or in what inherits from there"),
            E::WorkspaceGone { run, of } => Self::new(
                Code::WorkspaceConflict,
                format_args!("the workspace \"{of}\" of {run} is archived"),
            )
            .hint("start a new run elsewhere"),
            E::RunUnknown { run } => {
                Self::new(Code::RunUnknown, format_args!("{run} does not exist"))
                    .hint("GET /api/v1/runs lists runs")
            }
            E::RunEnded { run } => Self::new(Code::RunEnded, format_args!("{run} has ended"))
                .hint("it can be retried or rerun, but not changed"),
            E::RunOpen { run } => Self::new(Code::RunOpen, format_args!("{run} has not ended"))
                .hint("wait for its end, or cancel it first"),
            E::StepUnknown { run, step } => {
                Self::new(Code::StepUnknown, format_args!("{run} has no step {step}"))
                    .hint(format_args!("GET /api/v1/runs/{run}/tree lists its steps"))
            }
            E::StepEnded { run, step } => {
                Self::new(Code::StepEnded, format_args!("the step {step} of {run} has ended"))
            }
            E::JobUnknown { pipeline, job, known, near } => {
                let detail = format!("the pipeline {pipeline:?} has no job {job:?}");
                let hint = match (near, known.as_str()) {
                    (Some(near), _) => format!("did you mean {near:?}? It has: {known}"),
                    (None, "") => "it has none to choose from; leave `jobs` out".to_owned(),
                    (None, known) => format!("it has: {known}"),
                };
                Self::new(Code::JobUnknown, detail).hint(hint)
            }
            E::LauncherDenied { launcher } => Self::new(
                Code::LauncherDenied,
                format_args!("the launcher {launcher:?} is not allowed on this server"),
            )
            .hint("choose another, or ask the operator: runs.launchers_allowed says which are"),
            E::FeatureOff { feature } => Self::new(
                Code::FeatureOff,
                format_args!("the feature {feature:?} is switched off on this server"),
            )
            .hint("ask the operator: server.features says what is on"),
            E::QueueFull { limit, retry_after_ms } => {
                Self::new(Code::QueueFull, format_args!("{limit} runs are waiting already"))
                    .hint("try again later; Retry-After says when")
                    .retry_after(retry_after_ms)
            }
            E::Draining => {
                Self::new(Code::Draining, "the server is stopping and takes no new work")
                    .hint("try again in a moment")
                    .retry_after(5_000)
            }
            E::Plugin(err) => err.into(),
            E::VolumesGone { run } => {
                let detail =
                    format!("the files of {run} are gone, so its results cannot be reused");
                Self::new(Code::VolumesGone, detail).hint("rerun it as a whole")
            }
            E::Volumes { .. } => Self::internal(&err),
            E::Store(err) => err.into(),
        }
    }
}

impl From<PluginError> for ApiError {
    fn from(err: PluginError) -> Self {
        use PluginError as E;
        let code = match &err {
            E::Unknown { .. } => Code::PluginMissing,
            E::Said { .. } if err.is_retryable() => Code::PluginUnavailable,
            E::Said { .. } => Code::PluginRefused,
            E::Deadline { .. } => Code::PluginTimeout,
            E::Limit { .. } => Code::PluginLimit,
            E::Denied { .. } => Code::PluginDenied,
            E::Stopped { .. } => Code::PluginStopped,
            E::Trap { .. } | E::Answer { .. } | E::Link { .. } | E::Host { .. } => {
                tracing::error!(%err, "plugin broke");
                Code::PluginBroken
            }
        };
        let retry_after = match &err {
            E::Said { retry_after_ms, .. } => *retry_after_ms,
            E::Unknown { .. }
            | E::Trap { .. }
            | E::Deadline { .. }
            | E::Limit { .. }
            | E::Denied { .. }
            | E::Answer { .. }
            | E::Link { .. }
            | E::Stopped { .. }
            | E::Host { .. } => None,
        };
        Self { retry_after_ms: retry_after, ..Self::new(code, err) }
    }
}

impl From<PluginAdminError> for ApiError {
    fn from(err: PluginAdminError) -> Self {
        use PluginAdminError as E;
        let near_of = |near: &Option<String>| near.as_ref().map(|near| format!("{near:?}"));
        match &err {
            E::Unknown { near, .. } => Self::new(Code::PluginUnknown, &err)
                .hint("GET /api/v1/plugins lists them")
                .near(near_of(near)),
            E::BindingUnknown { near, .. } => Self::new(Code::BindingUnknown, &err)
                .hint("GET /api/v1/bindings lists them")
                .near(near_of(near)),
            E::Exists { plugin, .. } => Self::new(Code::PluginExists, &err)
                .hint(format_args!("`tenon plugin upgrade {plugin} FILE` adds a version")),
            E::Stage { .. } => Self::new(Code::PluginRejected, &err),
            E::Rule { .. } => Self::new(Code::RuleInvalid, &err).hint(
                "a rule is a capability, or a capability and a parameter: `kv`, `process:git`, \
                 `http:GET *.example.com`",
            ),
            E::Config { .. } | E::Name { .. } => Self::new(Code::BindingInvalid, &err),
            E::Refused { .. } => Self::new(Code::PluginConflict, &err),
            E::Io { action, err: cause } if is_full(cause) => {
                tracing::error!(%err, %cause, "request failed");
                Self::new(
                    Code::StoreFull,
                    format_args!(
                        "the server failed to {action}: its disk is full; what served serves on"
                    ),
                )
                .hint("free some space there, and repeat the request")
                .retry_after(30_000)
            }
            E::Io { action, .. } => {
                let detail = format!("the server failed to {action}; what served serves on");
                Self { detail, ..Self::internal(&err) }
            }
            E::Store(_) => match err {
                E::Store(err) => err.into(),
                err => Self::internal(&err),
            },
        }
    }
}

/// Returns whether there was no room for a file.
fn is_full(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl From<StoreError> for ApiError {
    fn from(err: StoreError) -> Self {
        match &err {
            StoreError::Conflict { what, .. } => Self::new(
                Code::StoreConflict,
                format_args!("{what} was changed by someone else in the meantime"),
            )
            .hint("look at it again, and repeat the request"),
            StoreError::NotFound { what } => {
                Self::new(Code::StoreMissing, format_args!("{what} does not exist"))
            }
            StoreError::Fenced { .. } => {
                Self::new(Code::StoreTaken, "another server has taken over the store of this one")
                    .hint("ask that server")
            }
            StoreError::Full { .. } => {
                tracing::error!(%err, "request failed");
                Self::new(Code::StoreFull, "the disk of the server is full; nothing was changed")
                    .hint("free some space there, and repeat the request")
                    .retry_after(30_000)
            }
            StoreError::Newer { .. } | StoreError::Corrupt { .. } | StoreError::Io { .. } => {
                Self::internal(&err)
            }
        }
    }
}

mod access;
mod workspace;

pub(crate) use workspace::workspace_name;

#[cfg(test)]
mod tests;
