//! Programs that people let in by OAuth: a real server, a real client, and a browser.

mod client;
mod described;
mod flow;

use std::collections::BTreeMap;

use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::identity::browser::{Browser, Page};
use crate::identity::provider::free_port;
use crate::server_process::Server;
use crate::tenon::{Said, tenon};

const SUPER: &str = "the super token of a test";
const PASSWORD: &str = "correct horse battery";
const REDIRECT: &str = "http://127.0.0.1:4321/cb";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A server with an editor.
struct World {
    server: Server,
    data: tempfile::TempDir,
    port: String,
    flags: Vec<String>,
    client: reqwest::Client,
}

impl World {
    async fn start(flags: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = free_port().to_string();
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let server = serve(data.path(), &port, &flags).await;
        let client = reqwest::Client::new();
        let world = Self { server, data, port, flags, client };
        let ada = json!({ "name": "ada", "password": PASSWORD, "role": "editor" });
        let added = world.client.post(world.url("/api/v1/users")).bearer_auth(SUPER).json(&ada);
        assert_eq!(added.send().await.unwrap().status(), 201);
        world
    }

    /// Ends the server as a crash would, and starts it again at the same address.
    async fn crash(mut self) -> Self {
        let Self { server, data, port, flags, client } = self;
        server.kill();
        let server = serve(data.path(), &port, &flags).await;
        self = Self { server, data, port, flags, client };
        self
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    fn said(&self, args: &[&str]) -> Said {
        let args = [args, &["--token", SUPER, "--server", &self.server.url]].concat();
        tenon(&args).output().unwrap().into()
    }

    /// Opens the address that a program shows, and logs in on the way.
    async fn log_in(&self, authorize: &str) -> (Browser, Page) {
        let browser = Browser::new();
        let page = browser.get(authorize).await;
        assert!(page.url.contains("/auth/login?next="), "{page:#?}");
        let next = page.field("next");
        let fields = [("name", "ada"), ("password", PASSWORD), ("next", &next)];
        let page = browser.post(&self.url("/auth/login"), &fields).await;
        (browser, page)
    }

    /// Lets the program of the page in. Returns where the browser is sent then.
    async fn let_in(&self, browser: &Browser, page: &Page, level: &str) -> Url {
        let (action, fields) = page.form();
        let mut fields: BTreeMap<String, String> = fields.into_iter().collect();
        for (name, value) in
            [("level", level), ("projects", "*"), ("workspaces", "*"), ("answer", "allow")]
        {
            fields.insert(name.to_owned(), value.to_owned());
        }
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let origin = [("origin", self.server.url.as_str())];
        let page = browser.once(Method::POST, &action, Some(&fields), &origin).await;
        let to = page.location().unwrap_or_else(|| panic!("not let in: {page:#?}"));
        to.parse().unwrap()
    }

    /// Returns the address that a program shows, for the API.
    fn authorize(&self, client_id: &str) -> String {
        let resource = self.url("/api/v1");
        let fields = [
            ("client_id", client_id),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "view"),
            ("resource", &resource),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        Url::parse_with_params(&self.url("/oauth/authorize"), fields).unwrap().to_string()
    }

    async fn register(&self) -> String {
        let body = json!({ "client_name": "Probe", "redirect_uris": [REDIRECT] });
        let made = self.client.post(self.url("/oauth/register")).json(&body).send().await.unwrap();
        assert_eq!(made.status(), 201);
        made.json::<Value>().await.unwrap()["client_id"].as_str().unwrap().to_owned()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let form = Url::parse_with_params("http://x/", fields).unwrap();
        let request = self.client.post(self.url("/oauth/token"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.query().unwrap().to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn exchange(&self, client_id: &str, code: &str) -> (u16, Value) {
        let resource = self.url("/api/v1");
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ];
        self.token(&fields).await
    }

    async fn refresh(&self, client_id: &str, tokens: &Value) -> (u16, Value) {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields =
            [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh)];
        self.token(&fields).await
    }

    /// Returns the status of a call with a token.
    async fn call(&self, path: &str, tokens: &Value) -> u16 {
        let token = tokens["access_token"].as_str().unwrap();
        let call = self.client.get(self.url(path)).bearer_auth(token);
        call.send().await.unwrap().status().as_u16()
    }
}

async fn serve(data: &std::path::Path, port: &str, flags: &[String]) -> Server {
    let flags = flags.iter().map(String::as_str);
    let all: Vec<&str> =
        ["--port", port, "--super-token", SUPER].into_iter().chain(flags).collect();
    Server::start_closed(data, &all).await
}

/// Returns a part of the query of an address.
fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
