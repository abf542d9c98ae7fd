//! The one check before every handler: who is it, may they, and what did they do.
//!
//! Each route has a gate of its own, made from its row in the table of routes, so that no handler
//! can be reached past it. What changes something, and what was denied, is written down.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use kernel_auth::audit::Outcome;
use kernel_auth::{Caller, Denied, Entry, Reach, Unknown, Via};
use kernel_model::access::{Audience, Scope, Verb};
use kernel_model::name::{Name, ProjectName};
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::RunRow;
use serde::Serialize;

use crate::api::{App, Behalf};
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{Scoped, Site};
use crate::layer::client::Client;
use crate::layer::gate::denial::Denials;
use crate::layer::project::Wanted;
use crate::layer::request_id::REQUEST_ID;
use crate::permission::{self, Needs, Place};
use crate::projects::Project;
use crate::routes::{Noted, Route};

mod challenge;
mod credential;
pub(crate) mod denial;

pub(crate) use credential::{COOKIE, CSRF};

/// What a gate knows.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: App,
    pub(crate) route: &'static Route,
    pub(crate) denials: Arc<Denials>,
}

/// What was asked for, and where.
type What = (Verb, Scope, Reach);

/// Where a request came from.
#[derive(Debug, Clone)]
pub(crate) struct Address(pub(crate) String);

/// What a handler adds to what is written down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note(Arc<Mutex<Remarks>>);

#[derive(Debug, Default)]
struct Remarks {
    actor: Option<String>,
    target: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

/// Passes on what may be done.
pub(crate) async fn check(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let address = address(&parts);
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let target = gate.target(&parts, params.as_ref());
    let mut entry = Entry {
        address: address.clone(),
        action: gate.route.action(),
        target,
        request: text(&parts.headers, REQUEST_ID.as_str()).unwrap_or_default().to_owned(),
        ..Entry::default()
    };
    let admitted = gate.admit(&parts, params.as_ref(), &address).await;
    let Admitted { caller, what, project, scoped } = match admitted {
        Ok(admitted) => admitted,
        Err((actor, refusal)) => {
            // What is not there, or makes no sense, was not denied to anybody.
            if matches!(refusal.code.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                entry.actor = actor;
                entry.outcome = Outcome::Denied;
                gate.denied(entry, &refusal);
            }
            return refusal.into_response();
        }
    };
    entry.actor.clone_from(&caller.actor);
    let note = Note::default();
    parts.extensions.insert(caller.clone());
    parts.extensions.insert(Address(address.clone()));
    parts.extensions.insert(note.clone());
    if let Some(project) = project {
        parts.extensions.insert(project);
    }
    if let Some(scoped) = scoped {
        parts.extensions.insert(scoped);
    }
    let noted = gate.route.noted();
    let request = Request::from_parts(parts, body);
    if noted == Noted::Never || !gate.app.access.is_audited() {
        let response = next.run(request).await;
        let still = move || gate.may_still(&caller, what.as_ref());
        return if goes_on(&response) { until(response, still) } else { response };
    }
    let mut record = Record { gate: &gate, entry: Some(entry), note };
    let response = next.run(request).await;
    let is_done = response.status().as_u16() < 400;
    let is_left_out = match noted {
        Noted::Never | Noted::Always => false,
        Noted::Done => !is_done,
        Noted::Refused => is_done || gate.is_repeated(&record),
        Noted::Sparse => !is_done && gate.is_repeated(&record),
    };
    if is_left_out {
        record.entry = None;
    }
    if let Err(refusal) = record.end(response.status()).await {
        return refusal.into_response();
    }
    response
}

/// Who asks, and for what.
struct Admitted {
    caller: Caller,
    /// What must still be allowed while an answer goes on.
    what: Option<What>,
    /// The project that the route is about, if it is about one.
    project: Option<Project>,
    /// The secrets that it is about.
    scoped: Option<Scoped>,
}

impl Admitted {
    fn plain(caller: Caller) -> Self {
        Self { caller, what: None, project: None, scoped: None }
    }
}

impl Gate {
    /// Returns who asks and for what, if they may, else who was refused and why.
    async fn admit(
        &self,
        parts: &Parts,
        params: Option<&RawPathParams>,
        address: &str,
    ) -> Result<Admitted, (String, ApiError)> {
        let access = &self.app.access;
        // Only what runs in this process can add that to a request.
        let found = match parts.extensions.get::<Behalf>() {
            Some(behalf) => access.behalf(&behalf.words),
            None => credential::read(&parts.headers, access, address),
        };
        let caller = match (found, self.route.needs) {
            (Ok(caller), _) => caller,
            // Whoever logs in may come with what no longer works.
            (Err(_), Needs::Nothing) => return Ok(Admitted::plain(Caller::nobody())),
            (Err(unknown), Needs::Account | Needs::Own | Needs::Verb(..)) => {
                return Err(("nobody".to_owned(), self.unknown(parts, &unknown)));
            }
        };
        // Logging in asks for a password, which no other site knows either.
        if self.route.needs == Needs::Nothing {
            return Ok(Admitted::plain(caller));
        }
        // Plugins ask for whoever started their run, wherever that was.
        if parts.extensions.get::<Behalf>().is_none()
            && let Err(unknown) = caller.check_audience(Audience::of(self.route.path))
        {
            return Err((caller.actor, self.unknown(parts, &unknown)));
        }
        let actor = caller.actor.clone();
        let known = self.admit_known(caller, parts, params).await;
        known.map_err(|refusal| (actor, refusal))
    }

    async fn admit_known(
        &self,
        caller: Caller,
        parts: &Parts,
        params: Option<&RawPathParams>,
    ) -> Result<Admitted, ApiError> {
        self.csrf(parts, &caller)?;
        let wanted = wanted(parts);
        wanted.check()?;
        let (verb, place) = match self.route.needs {
            Needs::Own if caller.is_app() => {
                let detail = format!("{} must do this without an app in between", caller.actor);
                return Err(ApiError::new(Code::Forbidden, detail));
            }
            Needs::Nothing | Needs::Account | Needs::Own => return Ok(Admitted::plain(caller)),
            Needs::Verb(verb, place) => (verb, place),
        };
        if place == Place::Anywhere {
            let checked = caller.check_anywhere(verb);
            checked.map_err(|err| self.lacking(parts, &caller, err))?;
            return Ok(Admitted::plain(caller));
        }
        let scoped = match place {
            Place::Secret => Some(Scoped(crate::secret::scope_of(&parts.uri, &wanted)?)),
            _ => None,
        };
        let name = match (&scoped, place) {
            (Some(Scoped(scope)), _) => {
                scope.project().and_then(|n| ProjectName::new(n.as_str()).ok())
            }
            (None, Place::Server) => None,
            (None, Place::Named) => {
                let named = params.and_then(|params| param(params, "project"));
                let named = ProjectName::new(named.unwrap_or_default());
                Some(named.map_err(|err| ApiError::new(Code::ProjectInvalid, err))?)
            }
            (None, _) => Some(wanted.name()?),
        };
        let project = name.as_ref().and_then(|name| self.app.projects.project_get(name));
        let (scope, reach) = match (&name, &scoped) {
            (None, _) => (Scope::Server, Reach::Shared),
            (Some(_), Some(Scoped(scope))) => (permission::secrets(scope), Reach::Shared),
            (Some(name), None) => self.scope(place, name, project.as_ref(), params).await?,
        };
        let is_within = matches!(place, Place::Within | Place::Named);
        let checked = match is_within {
            true => caller.check_within(verb, &scope),
            false => caller.check_at(verb, &scope, &reach),
        };
        checked.map_err(|err| self.lacking(parts, &caller, err))?;
        // Only who may look there learns that there is no such project.
        if let Some(name) = name.filter(|_| project.is_none()) {
            return Err(crate::project::unknown(&name));
        }
        let what = (!is_within).then_some((verb, scope, reach));
        Ok(Admitted { caller, what, project, scoped })
    }

    /// Returns whether what was admitted would be admitted now: a token may have been revoked since.
    fn may_still(&self, caller: &Caller, what: Option<&What>) -> bool {
        let Ok(caller) = self.app.access.still(caller) else { return false };
        what.is_none_or(|(verb, scope, reach)| caller.may_at(*verb, scope, reach))
    }

    /// Returns where the path leads to. What does not exist lies in the project as a whole, so that
    /// only who may look there learns that it does not exist.
    async fn scope(
        &self,
        place: Place,
        name: &ProjectName,
        project: Option<&Project>,
        params: Option<&RawPathParams>,
    ) -> Result<(Scope, Reach), ApiError> {
        let param = |name| params.and_then(|params| param(params, name));
        let pipeline = || match param("name").map(Name::new) {
            Some(Ok(pipeline)) => permission::pipeline(name, &pipeline),
            Some(Err(_)) | None => permission::project(name),
        };
        let whole = (permission::project(name), Reach::Shared);
        Ok(match place {
            Place::Server | Place::Anywhere | Place::Within | Place::Named | Place::Secret => whole,
            Place::Pipeline => (pipeline(), Reach::Shared),
            Place::PipelineRun => (pipeline(), Reach::Some),
            Place::Workspace => match param("workspace").map(WorkspaceName::new) {
                Some(Ok(workspace)) => (permission::project(name), Reach::In(workspace)),
                Some(Err(_)) | None => whole,
            },
            Place::Run => match project.zip(param("run").and_then(|run| run.parse().ok())) {
                Some((project, run)) => {
                    let row = project.scheduler.parts().store.run_get(run).await?;
                    row.map_or(whole, |row| place_of(name, &row))
                }
                None => whole,
            },
        })
    }

    /// A browser sends a session's cookie whatever page makes it; no other page knows the code.
    fn csrf(&self, parts: &Parts, caller: &Caller) -> Result<(), ApiError> {
        let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if is_safe || !matches!(caller.via, Via::Session(_)) {
            return Ok(());
        }
        let given = text(&parts.headers, CSRF).unwrap_or_default();
        if self.app.access.csrf_is_right(caller, given) {
            return Ok(());
        }
        let detail = format!("a change by a browser session needs the header {CSRF}");
        Err(ApiError::new(Code::Csrf, detail).hint("GET /api/v1/whoami says what to send"))
    }

    fn unknown(&self, parts: &Parts, unknown: &Unknown) -> ApiError {
        let verb = match self.route.needs {
            Needs::Verb(verb, _) => verb,
            Needs::Nothing | Needs::Account | Needs::Own => Verb::View,
        };
        let site = Site::of(parts, &self.app);
        let challenge = challenge::unknown(&self.app, &site, parts, self.route.path, verb, unknown);
        ApiError::from(unknown.clone()).challenge(challenge)
    }

    /// Refuses, and tells an app what it has to ask for if that would help.
    fn lacking(&self, parts: &Parts, caller: &Caller, denied: Denied) -> ApiError {
        let wanted = caller.step_up(denied.verb);
        let err = ApiError::from(denied);
        let Some(wanted) = wanted else { return err };
        let site = Site::of(parts, &self.app);
        let challenge = challenge::lacking(&self.app, &site, self.route.path, wanted);
        err.hint("let the app ask you for more, if you want that").challenge(challenge)
    }

    fn target(&self, parts: &Parts, params: Option<&RawPathParams>) -> String {
        let name = params.and_then(|params| param(params, "name"));
        let name = name.and_then(|name| Name::new(name).ok());
        match (self.route.needs, name, wanted(parts).name()) {
            (Needs::Verb(_, Place::Pipeline | Place::PipelineRun), Some(name), Ok(project)) => {
                permission::pipeline(&project, &name).to_string()
            }
            _ => parts.uri.path().trim_start_matches("/api/v1").trim_matches('/').to_owned(),
        }
    }

    /// Returns whether the same somebody was refused a moment ago, and that was written down.
    fn is_repeated(&self, record: &Record<'_>) -> bool {
        let Some(entry) = &record.entry else { return true };
        let now = self.app.clock.now();
        self.denials.note(&entry.actor, &entry.address, now).is_none()
    }

    /// Writes down a refusal, without making whoever is refused wait, or the audit grow with them.
    fn denied(&self, mut entry: Entry, refusal: &ApiError) {
        if !self.app.access.is_audited() {
            return;
        }
        let now = self.app.clock.now();
        let Some(before) = self.denials.note(&entry.actor, &entry.address, now) else { return };
        let mut after = serde_json::json!({ "why": refusal.detail });
        if before > 0 {
            after["alsoDenied"] = before.into();
        }
        entry.after = Some(after.to_string());
        drop(self.app.access.audit().submit(entry));
    }
}

/// Returns whether an answer goes on for as long as something happens.
fn goes_on(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// Ends an answer before the first piece that `still` does not let through. Nothing comes without a
/// piece, if only a sign of life, so that it ends soon.
fn until(response: Response, still: impl Fn() -> bool + Send + 'static) -> Response {
    let (parts, body) = response.into_parts();
    let pieces = body.into_data_stream().take_while(move |_| std::future::ready(still()));
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Writes down a change, also if nobody waits for its end any more.
struct Record<'a> {
    gate: &'a Gate,
    entry: Option<Entry>,
    note: Note,
}

impl Record<'_> {
    /// Returns when it is on the disk.
    async fn end(&mut self, status: StatusCode) -> Result<(), ApiError> {
        let outcome = match status.as_u16() {
            ..=399 => Outcome::Done,
            401 | 403 | 429 => Outcome::Denied,
            _ => Outcome::Failed,
        };
        let Some(entry) = self.take(outcome) else { return Ok(()) };
        match self.gate.app.access.audit().record(entry).await {
            Ok(_) => Ok(()),
            // It is done, but the answer must not say that all is well.
            Err(err) => Err(ApiError::from(err)),
        }
    }

    fn take(&mut self, outcome: Outcome) -> Option<Entry> {
        let entry = self.entry.take()?;
        let mut noted = self.note.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Entry {
            outcome,
            actor: noted.actor.take().unwrap_or(entry.actor),
            target: noted.target.take().unwrap_or(entry.target),
            before: noted.before.take(),
            after: noted.after.take(),
            ..entry
        })
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.take(Outcome::Failed) {
            drop(self.gate.app.access.audit().submit(entry));
        }
    }
}

impl Note {
    /// Says who it was, where that is known only now.
    pub(crate) fn actor(&self, actor: &str) {
        self.noted(|noted| noted.actor = Some(actor.to_owned()));
    }

    pub(crate) fn target(&self, target: &str) {
        self.noted(|noted| noted.target = Some(target.to_owned()));
    }

    /// Says how it was. Nothing secret belongs here.
    pub(crate) fn before<T: Serialize>(&self, state: &T) {
        self.noted(|noted| noted.before = serde_json::to_string(state).ok());
    }

    /// Says how it is now. Nothing secret belongs here.
    pub(crate) fn after<T: Serialize>(&self, state: &T) {
        self.noted(|noted| noted.after = serde_json::to_string(state).ok());
    }

    fn noted(&self, change: impl FnOnce(&mut Remarks)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn address(parts: &Parts) -> String {
    if let Some(behalf) = parts.extensions.get::<Behalf>() {
        return format!("plugin/{}", behalf.plugin);
    }
    let client = parts.extensions.get::<Client>().and_then(|client| client.address);
    client.map_or_else(|| "local".to_owned(), |address| address.to_string())
}

fn param<'a>(params: &'a RawPathParams, name: &str) -> Option<&'a str> {
    params.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Returns which project the request is about. Without the layer that finds it out, none is named.
fn wanted(parts: &Parts) -> Wanted {
    parts.extensions.get::<Wanted>().cloned().unwrap_or(Wanted::Unsaid)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns whether somebody may look at a pipeline: what lists leave out.
pub(crate) fn may_view(caller: &Caller, project: &ProjectName, pipeline: &Name) -> bool {
    caller.may(Verb::View, &permission::pipeline(project, pipeline))
}

/// The same for a run.
pub(crate) fn may_view_run(caller: &Caller, project: &ProjectName, row: &RunRow) -> bool {
    let (scope, reach) = place_of(project, row);
    caller.may_at(Verb::View, &scope, &reach)
}

/// Refuses who may not start a run of a pipeline in a workspace.
pub(crate) fn check_run(
    caller: &Caller,
    (project, pipeline): (&ProjectName, &Name),
    workspace: &WorkspaceName,
) -> Result<(), ApiError> {
    let reach = Reach::In(workspace.clone());
    Ok(caller.check_at(Verb::Run, &permission::pipeline(project, pipeline), &reach)?)
}

fn place_of(project: &ProjectName, row: &RunRow) -> (Scope, Reach) {
    (permission::pipeline(project, &row.pipeline_name), Reach::In(row.workspace_name.clone()))
}
