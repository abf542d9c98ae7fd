//! A router to send requests to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use kernel_auth::Access;
use kernel_http::{Addressing, Api, Config, Cookies, router};
use kernel_ports::clock::System;
use kernel_ports::keyring::{Keyring, KeyringError, SubKey};
use kernel_scheduler::{Parts, Scheduler};
use kernel_store_memory::{MemoryControl, MemoryStore};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::memory_bytes::OneBlob;
use crate::memory_logs::{MemoryLogs, Shared};
use crate::nothing::Nothing;
use crate::scripted::Scripted;
use crate::shelf::Shelf;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) scheduler: Scheduler,
    pub(crate) logs: Arc<MemoryLogs>,
    pub(crate) access: Access,
    /// True lets waiting steps go on.
    pub(crate) gate: watch::Sender<bool>,
}

/// An answer as a whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// Checks that it is a problem of that code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:tenon:problem:{code}"));
        problem
    }

    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

impl World {
    /// A server that asks nobody who they are.
    pub(crate) async fn new() -> Self {
        Self::with(kernel_auth::Settings { is_open: true, ..Default::default() }).await
    }

    pub(crate) async fn with(settings: kernel_auth::Settings) -> Self {
        Self::addressed(settings, Addressing::default()).await
    }

    /// A server that finds out in this way which project is meant.
    pub(crate) async fn addressed(settings: kernel_auth::Settings, addressing: Addressing) -> Self {
        let (gate, opened) = watch::channel(false);
        let logs = Arc::new(MemoryLogs::default());
        let system = Arc::new(System::default());
        let nothing = Arc::new(Nothing);
        let scripted = Arc::new(Scripted { gate: opened });
        let parts = Parts {
            store: Arc::new(MemoryStore::default()),
            plugins: Arc::clone(&scripted) as _,
            logs: Arc::new(Shared(logs.clone())),
            blobs: Arc::new(OneBlob),
            volumes: nothing.clone(),
            processes: nothing.clone(),
            secrets: nothing.clone(),
            fetch: nothing.clone(),
            clock: system.clone(),
            entropy: system.clone(),
        };
        let projects = Shelf::new(parts);
        let scheduler = projects.put("default").await.unwrap().scheduler;
        projects.put("web").await.unwrap();
        let access = access(settings).await;
        let api = Api {
            projects: Arc::new(projects),
            plugins: scripted.clone(),
            calls: scripted,
            secrets: None,
            fetch: nothing,
            clock: system.clone(),
            entropy: system,
            version: "1.2.3".to_owned(),
            config: Config { addressing, ..Config::default() },
            access: access.clone(),
            cookies: Cookies::default(),
        };
        Self { router: router(api), scheduler, logs, gate, access }
    }

    /// Sends a request and returns the answer as it begins.
    pub(crate) async fn begin(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.begin(request).await;
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(PATIENCE, to_bytes(body, usize::MAX)).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: body.unwrap().to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, &[], None)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(request("POST", path, &[], Some(body))).await
    }

    pub(crate) async fn put(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.send(request("PUT", path, headers, Some(body))).await
    }

    /// Sets the pipeline `ci`.
    pub(crate) async fn set(&self, steps: Value) -> Answer {
        self.put("/api/v1/pipelines/ci", &[], set(&steps)).await
    }

    /// Sets the pipeline `ci`, starts it, and returns the run's id.
    pub(crate) async fn start(&self, steps: Value) -> String {
        self.set(steps).await;
        let run = self.post("/api/v1/pipelines/ci/runs", json!({})).await.ok(201);
        run["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a run stands so.
    pub(crate) async fn until(&self, run: &str, status: &str) -> Value {
        let since = Instant::now();
        loop {
            let found = self.get(&format!("/api/v1/runs/{run}")).await.ok(200);
            if found["status"] == status {
                return found;
            }
            assert!(since.elapsed() < PATIENCE, "it never is {status}: {found}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Starts a run and waits for its good end.
    pub(crate) async fn run(&self, steps: Value) -> String {
        let run = self.start(steps).await;
        self.until(&run, "succeeded").await;
        run
    }
}

/// Returns who may do what, kept in memory.
async fn access(settings: kernel_auth::Settings) -> Access {
    let system = Arc::new(System::default());
    let parts = kernel_auth::Parts {
        store: Arc::new(MemoryControl::new()),
        clock: system.clone(),
        entropy: system,
        keyring: Arc::new(OneKey),
        folder: None,
    };
    Access::open(parts, settings).await.unwrap()
}

/// A keyring for tests.
struct OneKey;

impl Keyring for OneKey {
    fn seal(&self, _: &str, _: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Ok(plain.to_vec())
    }

    fn open(&self, _: &str, _: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Ok(sealed.to_vec())
    }

    fn derive(&self, purpose: &str) -> SubKey {
        let mut bytes = [7; 32];
        bytes.iter_mut().zip(purpose.bytes()).for_each(|(byte, of)| *byte ^= of);
        SubKey::new(bytes)
    }
}

/// Returns the body that sets a pipeline of these steps.
pub(crate) fn set(steps: &Value) -> Value {
    json!({ "source": json!({ "steps": steps }).to_string(), "fileName": "ci.script" })
}

pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost:7070");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match body {
        None => request.body(Body::empty()).unwrap(),
        Some(body) => {
            let request = request.header("content-type", "application/json");
            request.body(Body::from(body.to_string())).unwrap()
        }
    }
}
