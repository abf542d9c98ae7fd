//! The provider: the package `oidc-provider` of npm, in a process of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::browser::{Browser, Page};
use crate::server_process::PATIENCE;
use crate::tenon::root;

/// Names the folder whose `node_modules` has the package.
const FOLDER: &str = "TENON_TEST_OIDC";

/// Ends with the test.
pub(super) struct Provider {
    child: Child,
    url: String,
}

/// Returns where the package is.
pub(super) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os(FOLDER).map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join("target/tools/oidc"));
    if folder.join("node_modules/oidc-provider").is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: {FOLDER} names no folder with oidc-provider; `cargo xtask test` installs it"
    );
    None
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Provider {
    pub(super) async fn start(folder: &Path, port: u16, redirect: &str, alg: &str) -> Self {
        let child = Command::new("node")
            .arg(root().join("tests/it/identity/provider.mjs"))
            .arg(folder)
            .args([&port.to_string(), redirect, alg])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let provider = Self { child, url };
        let client = reqwest::Client::new();
        let ready = format!("{}/.well-known/openid-configuration", provider.url);
        let since = Instant::now();
        while !client.get(&ready).send().await.is_ok_and(|it| it.status().is_success()) {
            assert!(since.elapsed() < PATIENCE, "the provider does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        provider
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn kill(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Goes through the provider's own pages: who it is, and that they agree.
pub(super) async fn log_in(browser: &Browser, page: Page, name: &str) -> Page {
    assert!(page.text.contains("Enter any login"), "{page:#?}");
    let (action, _) = page.form();
    let fields = [("prompt", "login"), ("login", name), ("password", "any")];
    let page = browser.post(&action, &fields).await;
    if !page.text.contains("value=\"consent\"") {
        return page;
    }
    let (action, _) = page.form();
    browser.post(&action, &[("prompt", "consent")]).await
}
