//! Logging in by another system: a real provider of OpenID Connect, a real server, and a browser.

mod app;
pub(crate) mod browser;
mod device;
mod login;
pub(crate) mod provider;

use std::path::Path;
use std::process::Stdio;

use crate::server_process::Server;
use crate::tenon::{Said, tenon};
use browser::Browser;
use provider::Provider;

/// Who is in the group `platform` at the provider maintains the server.
const RULE: &str = "\"platform\" in Groups && Provider == \"oidc\"";
const PASSWORD: &str = "correct horse battery";

/// A server that people of the provider can log in to.
struct World {
    provider: Provider,
    server: Server,
    data: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl World {
    /// None, with a word why, where there is no provider to run.
    async fn start(alg: &str, flags: &[&str]) -> Option<Self> {
        let folder = provider::folder()?;
        let (data, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let port = provider::free_port();
        let server = serve(data.path(), port, flags).await;
        let redirect = format!("{}/auth/oidc/callback", server.url);
        let provider = Provider::start(&folder, port, &redirect, alg).await;
        Some(Self { provider, server, data, home })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    /// Logs in a browser as somebody whom the provider knows.
    async fn login(&self, name: &str) -> (Browser, browser::Page) {
        let browser = Browser::new();
        let page = browser.get(&self.url("/auth/oidc")).await;
        let page = provider::log_in(&browser, page, name).await;
        (browser, page)
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = tenon(args);
        command.env("HOME", self.home.path()).env("TENON_SERVER", &self.server.url);
        command.stdin(Stdio::null());
        command
    }

    /// What the command line of an administrator says.
    fn root(&self, args: &[&str]) -> Said {
        let args = [args, &["--token", SUPER]].concat();
        self.command(&args).output().unwrap().into()
    }
}

/// A token that may do everything.
const SUPER: &str = "the super token of a test";

async fn serve(data: &Path, port: u16, flags: &[&str]) -> Server {
    let issuer = format!("oidc.issuer=http://127.0.0.1:{port}");
    let grant = format!("identity-oidc=http:* 127.0.0.1:{port}");
    let all = [
        &["--identity", issuer.as_str(), "--identity", "oidc.client_id=tenon"][..],
        &["--identity", "oidc.client_secret=not a secret: it guards a test"],
        &["--grant", &grant, "--access-rule", RULE, "--super-token", SUPER],
        flags,
    ];
    Server::start_closed(data, &all.concat()).await
}
