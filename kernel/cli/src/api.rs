//! The server's API, as the commands use it.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use kernel_wire::artifact::Artifact;
use kernel_wire::page::Page;
use kernel_wire::pipeline::{Pipeline, PipelineAccepted, PipelineSet, PipelineVersion};
use kernel_wire::problem::Problem;
use kernel_wire::run::{Asked, Run, RunRerun, RunRetry, RunStart, RunTree};
use kernel_wire::secret::{
    KeyRotate, KeyRotated, SecretAccepted, SecretList, SecretMigrate, SecretMigrated, SecretSet,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::error::{ApiError, Refused};
use crate::api::sse::Event;
use crate::api::transport::{Request, Response, Transport, TransportError};

mod access;
pub mod error;
mod form;
pub mod plugin;
mod project;
pub mod sse;
mod stream;
pub mod transport;
mod workspace;

/// A cheap handle on a server, wherever it is.
#[derive(Clone)]
pub struct Api {
    transport: Arc<dyn Transport>,
    /// Says who asks.
    token: Option<Arc<str>>,
    /// What it is about.
    project: Option<Arc<str>>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// What every method here fails with.
pub type Answer<T> = Result<T, ApiError>;

impl Api {
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, token: None, project: None }
    }

    /// Sends this token from now on.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token: token.map(Into::into), ..self }
    }

    /// Asks about this project from now on; none leaves it to the server.
    #[must_use]
    pub fn with_project(self, project: Option<String>) -> Self {
        Self { project: project.map(Into::into), ..self }
    }

    pub async fn pipeline_set(&self, name: &str, set: &PipelineSet) -> Answer<PipelineAccepted> {
        self.write("PUT", &format!("/pipelines/{}", part(name)), Some(set)).await
    }

    pub async fn pipeline_validate(
        &self,
        set: &PipelineSet,
    ) -> Answer<kernel_wire::diagnostic::Validation> {
        self.write("POST", "/pipelines/validate", Some(set)).await
    }

    pub async fn pipeline(&self, name: &str) -> Answer<Pipeline> {
        self.read(&format!("/pipelines/{}", part(name))).await
    }

    pub async fn pipelines(&self) -> Answer<Vec<Pipeline>> {
        self.all("/pipelines?limit=100", usize::MAX).await
    }

    /// Returns the versions without their sources, the newest first.
    pub async fn pipeline_versions(&self, name: &str) -> Answer<Vec<PipelineVersion>> {
        self.all(&format!("/pipelines/{}/versions?limit=100", part(name)), usize::MAX).await
    }

    pub async fn pipeline_version(&self, name: &str, version: u32) -> Answer<PipelineVersion> {
        self.read(&format!("/pipelines/{}/versions/{version}", part(name))).await
    }

    pub async fn pipeline_remove(&self, name: &str) -> Answer<()> {
        self.send("DELETE", &format!("/pipelines/{}", part(name)), None).await.map(drop)
    }

    pub async fn pipeline_pause(&self, name: &str, paused: bool) -> Answer<Pipeline> {
        let verb = if paused { "pause" } else { "unpause" };
        self.write("POST", &format!("/pipelines/{}/{verb}", part(name)), None::<&()>).await
    }

    pub async fn run_start(&self, pipeline: &str, start: &RunStart) -> Answer<Run> {
        self.write("POST", &format!("/pipelines/{}/runs", part(pipeline)), Some(start)).await
    }

    /// Lists the newest runs, `limit` at the most. `query` is `key=value` pairs, encoded.
    pub async fn runs(&self, query: &[(&str, &str)], limit: usize) -> Answer<Vec<Run>> {
        let mut path = format!("/runs?limit={}", limit.clamp(1, 100));
        for (key, value) in query {
            path.push_str(&format!("&{key}={}", part(value)));
        }
        self.all(&path, limit).await
    }

    pub async fn run(&self, run: &str) -> Answer<Run> {
        self.read(&format!("/runs/{}", part(run))).await
    }

    pub async fn run_tree(&self, run: &str) -> Answer<RunTree> {
        self.read(&format!("/runs/{}/tree", part(run))).await
    }

    pub async fn run_cancel(&self, run: &str, by: &str) -> Answer<Run> {
        let asked = Asked { by: Some(by.to_owned()) };
        self.write("POST", &format!("/runs/{}/cancel", part(run)), Some(&asked)).await
    }

    pub async fn run_retry(&self, run: &str, retry: &RunRetry) -> Answer<Run> {
        self.write("POST", &format!("/runs/{}/retry", part(run)), Some(retry)).await
    }

    pub async fn run_rerun(&self, run: &str, rerun: &RunRerun) -> Answer<Run> {
        self.write("POST", &format!("/runs/{}/rerun", part(run)), Some(rerun)).await
    }

    /// Asks one step to stop, by its path or number.
    pub async fn step_cancel(&self, run: &str, step: &str, by: &str) -> Answer<()> {
        let body = json(&Asked { by: Some(by.to_owned()) })?;
        let path = format!("/runs/{}/steps/{}/cancel", part(run), part(step));
        self.send("POST", &path, Some(body)).await.map(drop)
    }

    /// Follows the history of a run until its end.
    #[must_use]
    pub fn run_events(&self, run: &str) -> BoxStream<'static, Answer<Event>> {
        stream::events(self, format!("/runs/{}/events", part(run)))
    }

    /// Reads what the steps of a run print; with `follow`, until the run has ended.
    #[must_use]
    pub fn run_logs(
        &self,
        run: &str,
        step: Option<&str>,
        follow: bool,
    ) -> BoxStream<'static, Answer<Event>> {
        let step = step.map(|step| format!("&step={}", part(step))).unwrap_or_default();
        stream::events(self, format!("/runs/{}/logs?follow={follow}{step}", part(run)))
    }

    pub async fn artifacts(&self, run: &str) -> Answer<Vec<Artifact>> {
        self.read(&format!("/runs/{}/artifacts", part(run))).await
    }

    /// Returns the content of a kept file, to be read piece by piece.
    pub async fn artifact(&self, run: &str, name: &str) -> Answer<Response> {
        let name = name.split('/').map(part).collect::<Vec<_>>().join("/");
        self.send("GET", &format!("/runs/{}/artifacts/{name}", part(run)), None).await
    }

    /// Lists the secrets of a scope, never their values.
    pub async fn secrets(&self, scope: &str) -> Answer<SecretList> {
        self.read(&format!("/secrets?scope={}", part(scope))).await
    }

    pub async fn secret_set(
        &self,
        name: &str,
        scope: &str,
        set: &SecretSet,
    ) -> Answer<SecretAccepted> {
        self.write("PUT", &secret_path(name, scope), Some(set)).await
    }

    pub async fn secret_remove(&self, name: &str, scope: &str) -> Answer<()> {
        self.send("DELETE", &secret_path(name, scope), None).await.map(drop)
    }

    pub async fn secret_migrate(&self, migrate: &SecretMigrate) -> Answer<SecretMigrated> {
        self.write("POST", "/secret-backend", Some(migrate)).await
    }

    pub async fn key_rotate(&self, rotate: &KeyRotate) -> Answer<KeyRotated> {
        self.write("POST", "/keyring/rotate", Some(rotate)).await
    }

    async fn stream_open(
        &self,
        path: &str,
        last_id: Option<&str>,
    ) -> Answer<BoxStream<'static, Result<Bytes, TransportError>>> {
        let mut request = self.request("GET", path, None);
        request.headers.push(("accept", "text/event-stream".to_owned()));
        request.headers.extend(last_id.map(|id| ("last-event-id", id.to_owned())));
        Ok(checked(self.transport.send(request).await?).await?.body)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        decode(path, self.send("GET", path, None).await?).await
    }

    async fn write<B: Serialize, T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&B>,
    ) -> Answer<T> {
        let body = body.map(json).transpose()?;
        decode(path, self.send(method, path, body).await?).await
    }

    /// Reads page after page, `limit` items at the most.
    async fn all<T: DeserializeOwned>(&self, path: &str, limit: usize) -> Answer<Vec<T>> {
        let mut page: Page<T> = self.read(path).await?;
        let mut items = page.items;
        while let Some(next) = page.next.filter(|_| items.len() < limit) {
            let sign = if path.contains('?') { '&' } else { '?' };
            page = self.read(&format!("{path}{sign}cursor={}", part(&next))).await?;
            items.append(&mut page.items);
        }
        items.truncate(limit);
        Ok(items)
    }

    fn request(&self, method: &'static str, path: &str, body: Option<Bytes>) -> Request {
        let mut headers = vec![("user-agent", format!("tenon/{}", env!("CARGO_PKG_VERSION")))];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        headers.extend(self.project.as_ref().map(|name| ("x-tenon-project", name.to_string())));
        headers.extend(self.token.as_ref().map(|t| ("authorization", format!("Bearer {t}"))));
        Request { method, path: format!("/api/v1{path}"), headers, body }
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Bytes>,
    ) -> Answer<Response> {
        checked(self.transport.send(self.request(method, path, body)).await?).await
    }
}

/// Returns the response if it is a good one, else what the server says about it.
async fn checked(response: Response) -> Answer<Response> {
    let status = response.status;
    if (200..300).contains(&status) {
        return Ok(response);
    }
    let request = response.header("x-request-id").map(str::to_owned);
    let bytes = response.bytes().await?;
    let problem = serde_json::from_slice(&bytes).unwrap_or_else(|_| Problem {
        status,
        detail: unsaid(status),
        ..Problem::default()
    });
    Err(ApiError::Refused(Refused { problem: Box::new(problem), request }))
}

/// Says what an answer without a problem means: what stands before our server has none, nor does
/// what reads the heads of requests.
fn unsaid(status: u16) -> String {
    match status {
        413 => "the server answered 413: what was sent is too large for it, or for what stands \
                before it"
            .to_owned(),
        414 | 431 => format!(
            "the server answered {status}: the head of the request is too large for it; say less \
             in the address, or have the operator raise limits.headers_max"
        ),
        status => format!("the server answered {status} without saying why; is it a tenon server?"),
    }
}

async fn decode<T: DeserializeOwned>(path: &str, response: Response) -> Answer<T> {
    let bytes = response.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|err| ApiError::Answer { what: path.to_owned(), err })
}

fn json<B: Serialize>(body: &B) -> Answer<Bytes> {
    let bytes = serde_json::to_vec(body);
    bytes.map(Bytes::from).map_err(|err| ApiError::Answer { what: "a request".to_owned(), err })
}

fn secret_path(name: &str, scope: &str) -> String {
    let name = name.split('/').map(part).collect::<Vec<_>>().join("/");
    format!("/secrets/{name}?scope={}", part(scope))
}

/// Returns a text as part of a path or query.
fn part(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
