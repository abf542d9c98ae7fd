//! `tenon login` without a name: a code, and a browser that need not be logged in yet.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use super::browser::Browser;
use super::{World, provider};
use crate::tenon::Said;

/// A `tenon login` that waits.
struct Waiting {
    child: Child,
    code: String,
    /// The address that has the code in it.
    url: String,
}

impl Waiting {
    fn start(world: &World) -> Self {
        let mut command = world.command(&["login"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
        let (mut code, mut url) = (String::new(), String::new());
        while url.is_empty() {
            let line = lines.next().unwrap().unwrap();
            match line.trim().strip_prefix("or open ") {
                Some(found) => url = found.to_owned(),
                None if line.starts_with("    ") => code = line.trim().to_owned(),
                None => {}
            }
        }
        Self { child, code, url }
    }

    fn ended(self) -> Said {
        self.child.wait_with_output().unwrap().into()
    }
}

#[tokio::test]
async fn a_program_is_logged_in_by_somebody_who_was_not_logged_in_yet() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let waiting = Waiting::start(&world);
    let browser = Browser::new();
    // The page leads through the login, and back to itself.
    let page = browser.get(&waiting.url).await;
    assert!(page.url.contains("/auth/login?next=%2Fauth%2Fdevice%3Fcode%3D"), "{}", page.url);
    let next = page.field("next");
    let start =
        reqwest::Url::parse_with_params(&world.url("/auth/oidc"), [("next", next)]).unwrap();
    assert!(page.text.contains(start.query().unwrap().split('=').nth(1).unwrap()), "{}", page.text);
    let page = browser.get(start.as_str()).await;
    let page = provider::log_in(&browser, page, "ada").await;
    assert_eq!(page.url, waiting.url, "{}", page.text);
    for part in [&waiting.code, "oidc/ada", "127.0.0.1"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let (csrf, code) = (page.field("csrf"), page.field("code"));
    let answer = world.url("/auth/device");
    // A page of another site cannot say yes.
    let foreign = browser.post(&answer, &[("code", &code), ("answer", "approve")]).await;
    assert_eq!(foreign.status, 403);
    let fields = [("csrf", csrf.as_str()), ("code", &code), ("answer", "approve")];
    let page = browser.post(&answer, &fields).await;
    assert!(page.text.contains("The program is logged in"), "{}", page.text);
    let said = waiting.ended().ends(0);
    assert!(said.stdout.contains("as oidc/ada"), "{said:#?}");
    let again = browser.post(&answer, &fields).await;
    assert_eq!(again.status, 404, "a code works once");

    let file = world.home.path().join(".config/tenon/logins.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let said = |args: &[&str]| -> Said { world.command(args).output().unwrap().into() };
    let who = said(&["whoami", "--output", "json"]).ends(0).json().remove(0);
    assert_eq!((who["actor"].as_str(), who["via"].as_str()), (Some("oidc/ada"), Some("token")));
    // What rules ask for is known of the token as well.
    said(&["pipeline", "list"]).ends(0);
    let args = ["audit", "list", "--action", "device.", "--output", "json"];
    let audit = world.root(&args).ends(0).json().remove(0);
    let actions: Vec<&str> =
        audit.as_array().unwrap().iter().map(|link| link["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["device.answer", "device.token", "device.answer", "device.answer"]);
    // Logging out everywhere in the browser ends the program's login too.
    let account = browser.get(&world.url("/auth/account")).await;
    let csrf = account.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("everywhere", "true")];
    browser.post(&world.url("/auth/logout"), &fields).await;
    let refused = said(&["whoami"]).ends(11);
    assert!(refused.stderr.contains("revoked"), "{refused:#?}");
}

#[tokio::test]
async fn a_program_that_is_denied_says_so() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let (browser, _) = world.login("ada").await;
    let waiting = Waiting::start(&world);
    let wrong = browser.get(&world.url("/auth/device?code=BBBB-BBBB")).await;
    assert_eq!(wrong.status, 404);
    assert!(wrong.text.contains("There is no login with this code"), "{}", wrong.text);
    // As a person types it.
    let typed = waiting.code.to_lowercase().replace('-', "");
    let page = browser.get(&world.url(&format!("/auth/device?code={typed}"))).await;
    let (csrf, code) = (page.field("csrf"), page.field("code"));
    let fields = [("csrf", csrf.as_str()), ("code", &code), ("answer", "deny")];
    let page = browser.post(&world.url("/auth/device"), &fields).await;
    assert!(page.text.contains("was not logged in"), "{}", page.text);
    let said = waiting.ended().ends(11);
    assert!(said.stderr.contains("the login was denied"), "{said:#?}");
    assert!(!world.home.path().join(".config/tenon/logins.json").exists());
}

#[tokio::test]
async fn the_requests_of_programs_are_those_of_the_standard() {
    let Some(world) = World::start("RS256", &["--callback-url", "https://ci.example.com"]).await
    else {
        return;
    };
    let client = reqwest::Client::new();
    let post = async |path: &str, form: &str| {
        let request = client.post(world.url(path)).body(form.to_owned());
        let kind = "application/x-www-form-urlencoded";
        let answer = request.header("content-type", kind).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<serde_json::Value>().await.unwrap())
    };
    let (status, codes) = post("/api/v1/device", "client_id=other").await;
    assert_eq!(status, 200, "{codes}");
    assert_eq!(codes["verification_uri"], "https://ci.example.com/auth/device");
    assert_eq!((codes["expires_in"].as_u64(), codes["interval"].as_u64()), (Some(600), Some(5)));
    let code = codes["device_code"].as_str().unwrap();
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    let ask = |code: &str| format!("{grant}&device_code={code}&client_id=other");
    for (form, error) in [
        (ask(code), "authorization_pending"),
        (ask(code), "slow_down"),
        (ask("forged"), "invalid_grant"),
        (ask(&"0".repeat(64)), "invalid_grant"),
        (format!("grant_type=password&device_code={code}"), "unsupported_grant_type"),
    ] {
        let (status, answer) = post("/api/v1/device/token", &form).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some(error)), "{answer}");
        assert!(answer["error_description"].is_string(), "{answer}");
    }
    // The data folder belongs to the server for as long as it runs.
    assert!(world.data.path().join("control.db").exists());
}
