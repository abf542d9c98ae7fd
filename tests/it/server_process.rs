//! A real server in a process of its own, and a client for it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kernel_wire::run::{Run, RunTree};
use serde_json::{Value, json};

use crate::tenon::tenon;

/// Long enough for a slow machine, short enough to end a broken test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running `tenon server`. Ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    client: reqwest::Client,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server on a free port and waits until it is ready.
    pub(crate) async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    /// Starts a server with further flags.
    pub(crate) async fn start_with(data: &Path, flags: &[&str]) -> Self {
        Self::start_in(data, flags, &[]).await
    }

    /// Starts a server with further flags, in an environment.
    pub(crate) async fn start_in(
        data: &Path,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let data = data.display().to_string();
        let flags = [&["--no-auth", "--data", &data], flags].concat();
        Self::launch(&flags, environment, "http://127.0.0.1", None).await
    }

    /// Starts a server that asks everybody who they are.
    pub(crate) async fn start_closed(data: &Path, flags: &[&str]) -> Self {
        let data = data.display().to_string();
        let flags = [&["--data", &data], flags].concat();
        Self::start_flags(&flags).await
    }

    /// Starts a server with these flags alone.
    pub(crate) async fn start_flags(flags: &[&str]) -> Self {
        Self::launch(flags, &[], "http://127.0.0.1", None).await
    }

    /// Starts a server that serves HTTPS with this certificate, which is for `localhost`.
    pub(crate) async fn start_tls(
        data: &Path,
        flags: &[&str],
        certificate: &reqwest::Certificate,
    ) -> Self {
        let data = data.display().to_string();
        let flags = [&["--no-auth", "--data", &data], flags].concat();
        Self::launch(&flags, &[], "https://localhost", Some(certificate.clone())).await
    }

    async fn launch(
        flags: &[&str],
        environment: &[(&str, &str)],
        base: &str,
        certificate: Option<reqwest::Certificate>,
    ) -> Self {
        kernel_host::tls_install();
        // The server closes what is idle, and a test that waits for something else does not see it.
        let mut client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(10));
        if let Some(certificate) = certificate {
            client = client.tls_certs_only([certificate]);
        }
        let client = client.build().unwrap();
        let mut child = tenon(&["server", "--listen", "127.0.0.1:0"])
            .args(flags)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let hears = Arc::clone(&said);
        let hear = move |line: &str| {
            eprintln!("{line}");
            let mut said = hears.lock().unwrap();
            said.push_str(line);
            said.push('\n');
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            hear(&line);
            let (_, after) = line.split_once("address=")?;
            let (_, port) = after.split_whitespace().next()?.rsplit_once(':')?;
            Some(format!("{base}:{port}"))
        });
        // Somebody must read on, or the server blocks when the pipe is full.
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| hear(&line));
        });
        let url = url.expect("the server says where it listens");
        let server = Self { child, url, client, said };
        let ready = format!("{}/readyz", server.url);
        let since = Instant::now();
        while !server.client.get(&ready).send().await.is_ok_and(|r| r.status().is_success()) {
            assert!(since.elapsed() < PATIENCE, "the server does not get ready");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server
    }

    /// Returns what the server has logged so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Returns the status of `/readyz`. None if the server does not answer.
    pub(crate) async fn readiness(&self) -> Option<u16> {
        let answer = self.client.get(format!("{}/readyz", self.url)).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to stop, and returns its exit code.
    pub(crate) fn terminate(self) -> Option<i32> {
        self.stop_begin();
        self.stopped()
    }

    /// Asks the server to stop, and does not wait for it.
    pub(crate) fn stop_begin(&self) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    }

    /// Waits for the end of the server, and returns its exit code.
    pub(crate) fn stopped(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sets a pipeline in the standard language.
    pub(crate) async fn pipeline_set(&self, name: &str, source: &str) {
        let (status, answer) = self.pipeline_try(name, source).await;
        assert!(matches!(status, 200 | 201), "{status}: {answer}");
    }

    /// Sets a pipeline, which may be refused.
    pub(crate) async fn pipeline_try(&self, name: &str, source: &str) -> (u16, Value) {
        let body = json!({ "source": source, "fileName": format!("{name}.yml") });
        let url = format!("{}/api/v1/pipelines/{name}", self.url);
        let answer = self.client.put(url).json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// Starts a run. None if the server is gone before it answers.
    pub(crate) async fn run_start(&self, pipeline: &str, body: Value) -> Option<Run> {
        let url = format!("{}/api/v1/pipelines/{pipeline}/runs", self.url);
        let answer = self.client.post(url).json(&body).send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).ok()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/v1{path}", self.url);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Reads something. None if the server is gone.
    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("{}/api/v1{path}", self.url);
        self.client.get(url).send().await.ok()?.json().await.ok()
    }

    /// Begins to read something that may go on for long.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let url = format!("{}/api/v1{path}", self.url);
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn tree(&self, run: &str) -> Option<RunTree> {
        serde_json::from_value(self.get(&format!("/runs/{run}/tree")).await?).ok()
    }

    /// Waits for the end of a run.
    pub(crate) async fn ended(&self, run: &str) -> RunTree {
        let since = Instant::now();
        loop {
            let tree = self.tree(run).await.unwrap();
            if tree.run.ended_at.is_some() {
                return tree;
            }
            assert!(since.elapsed() < PATIENCE, "the run does not end: {tree:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
