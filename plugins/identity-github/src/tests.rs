use serde_json::{Value, json};
use tenon_sdk::testing::http::{Canned, Sent};
use tenon_sdk::{Identity as _, testing};
use wit_envelope::identity::{Authorize, Exchange};

use super::GitHub;

/// As https://docs.github.com/en/rest shows them, cut to what matters.
const USER: &str = include_str!("tests/user.json");
const EMAILS: &str = include_str!("tests/emails.json");
const ORGANIZATIONS: &str = include_str!("tests/orgs.json");
const TEAMS: &str = include_str!("tests/teams.json");
const TOKEN: &str = r#"{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","scope":"read:org,read:user,user:email","token_type":"bearer"}"#;

fn github(config: Value, answers: Vec<Canned>) {
    testing::reset();
    testing::with(|host| {
        host.config = config;
        host.secrets.insert("identity/github".to_owned(), "s3cr3t".to_owned());
        host.answers = answers.into();
    });
}

fn public(answers: Vec<Canned>) {
    github(json!({ "clientId": "Iv1.abc", "clientSecret": "secret:identity/github" }), answers);
}

fn exchange() -> Exchange {
    Exchange {
        code: "c0de".to_owned(),
        code_verifier: "verifier".to_owned(),
        redirect_uri: "https://ci.example.com/auth/github/callback".to_owned(),
        ..Exchange::default()
    }
}

fn sent() -> Vec<Sent> {
    testing::with(|host| host.sent.clone())
}

#[test]
fn a_visitor_is_sent_with_a_challenge() {
    public(vec![]);
    let authorize = Authorize {
        redirect_uri: "https://ci.example.com/auth/github/callback".to_owned(),
        state: "st&te".to_owned(),
        code_challenge: "challenge".to_owned(),
        nonce: "nonce".to_owned(),
        login_hint: None,
    };
    assert_eq!(
        GitHub::authorize(authorize).unwrap().url,
        "https://github.com/login/oauth/authorize?response_type=code&client_id=Iv1.abc&\
         redirect_uri=https%3A%2F%2Fci.example.com%2Fauth%2Fgithub%2Fcallback&\
         scope=read%3Auser%20user%3Aemail%20read%3Aorg&state=st%26te&\
         code_challenge=challenge&code_challenge_method=S256"
    );
}

#[test]
fn organizations_and_teams_are_those_of_all_pages() {
    let mut first = Canned::new(200, ORGANIZATIONS);
    let next = "<https://api.github.com/user/orgs?per_page=100&page=2>; rel=\"next\", \
                <https://api.github.com/user/orgs?per_page=100&page=2>; rel=\"last\"";
    first.headers.push(("Link".to_owned(), next.to_owned()));
    public(vec![
        Canned::new(200, TOKEN),
        Canned::new(200, USER),
        Canned::new(200, EMAILS),
        first,
        Canned::new(200, r#"[{"login":"second"}]"#),
        Canned::new(200, TEAMS),
    ]);
    let claims = GitHub::exchange(exchange()).unwrap();
    assert_eq!((claims.subject.as_str(), claims.name.as_str()), ("583231", "octocat"));
    assert_eq!(claims.email, "octocat@github.com");
    assert_eq!(claims.organizations, ["github", "second"]);
    assert_eq!(claims.groups, ["github/justice-league"]);
    assert_eq!(claims.extra["scopes"], json!(["read:org", "read:user", "user:email"]));
    let sent = sent();
    let urls: Vec<&str> = sent.iter().map(|sent| sent.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://github.com/login/oauth/access_token",
            "https://api.github.com/user",
            "https://api.github.com/user/emails",
            "https://api.github.com/user/orgs?per_page=100",
            "https://api.github.com/user/orgs?per_page=100&page=2",
            "https://api.github.com/user/teams?per_page=100",
        ]
    );
    let form = String::from_utf8(sent[0].body.clone()).unwrap();
    assert!(form.contains("code_verifier=verifier") && form.contains("client_secret=s3cr3t"));
}

#[test]
fn a_next_page_elsewhere_is_not_asked_with_the_token() {
    let mut first = Canned::new(200, ORGANIZATIONS);
    let next = "<https://evil.example/user/orgs?page=2>; rel=\"next\"";
    first.headers.push(("link".to_owned(), next.to_owned()));
    public(vec![
        Canned::new(200, TOKEN),
        Canned::new(200, USER),
        Canned::new(200, EMAILS),
        first,
        Canned::new(200, TEAMS),
    ]);
    GitHub::exchange(exchange()).unwrap();
    assert!(sent().iter().all(|sent| !sent.url.contains("evil")));
}

#[test]
fn without_the_scopes_there_are_no_organizations_and_no_address() {
    let token = r#"{"access_token":"gho_1","scope":"read:user","token_type":"bearer"}"#;
    public(vec![Canned::new(200, token), Canned::new(200, USER)]);
    let claims = GitHub::exchange(exchange()).unwrap();
    assert!(claims.organizations.is_empty() && claims.groups.is_empty() && claims.email.is_empty());
}

#[test]
fn an_enterprise_server_has_its_own_addresses() {
    let config = json!({ "clientId": "a", "clientSecret": "b", "url": "https://git.example.com/" });
    let token = r#"{"access_token":"gho_1","scope":"","token_type":"bearer"}"#;
    github(config, vec![Canned::new(200, token), Canned::new(200, USER)]);
    GitHub::exchange(exchange()).unwrap();
    let urls: Vec<String> = sent().into_iter().map(|sent| sent.url).collect();
    assert_eq!(
        urls,
        ["https://git.example.com/login/oauth/access_token", "https://git.example.com/api/v3/user",]
    );
}

#[test]
fn refusals_let_nobody_in_and_say_whose_fault_it_is() {
    for (status, body, code, says) in [
        // GitHub refuses with status 200.
        (200, r#"{"error":"bad_verification_code"}"#, "denied", "does not take the code"),
        (200, r#"{"error":"incorrect_client_credentials"}"#, "unavailable", "id and secret"),
        (200, r#"{"error":"redirect_uri_mismatch"}"#, "unavailable", "register it there"),
        (502, "<html>", "unavailable", "502"),
        (200, "{}", "unavailable", "no token"),
    ] {
        public(vec![Canned::new(status, body)]);
        let err = GitHub::exchange(exchange()).unwrap_err();
        assert_eq!(err.code, code, "{body}: {err}");
        assert!(err.message.contains(says) && !err.message.contains("s3cr3t"), "{err}");
    }
    public(vec![Canned::new(200, TOKEN), Canned::new(200, r#"{"id":0,"login":""}"#)]);
    assert!(GitHub::exchange(exchange()).is_err());
    public(vec![Canned::new(200, TOKEN), Canned::new(200, USER), Canned::new(500, "")]);
    assert!(GitHub::exchange(exchange()).is_err(), "half of what is known is not enough");
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
