use serde_json::json;
use tenon_sdk::testing::http::Canned;
use tenon_sdk::{Identity as _, testing};
use wit_envelope::identity::{Authorize, Exchange};

use super::GitLab;

/// As gitlab.com answers, with a key of the test.
const DESCRIPTION: &str = include_str!("tests/description.json");
const KEYS: &str = include_str!("tests/keys.json");
const TOKEN: &str = include_str!("tests/token.json");
const USERINFO: &str = include_str!("tests/userinfo.json");

fn gitlab(url: &str, answers: &[(u16, &str)]) {
    testing::reset();
    testing::with(|host| {
        host.config = json!({ "clientId": "app-1", "clientSecret": "gloas-1", "url": url });
        host.answers = answers.iter().map(|(status, body)| Canned::new(*status, *body)).collect();
    });
}

fn exchange() -> tenon_sdk::Result<wit_envelope::identity::Claims> {
    GitLab::exchange(Exchange {
        code: "c0de".to_owned(),
        nonce: "n0nce".to_owned(),
        now_ms: 1_767_225_600_000,
        ..Exchange::default()
    })
}

#[test]
fn groups_are_all_of_them_and_organizations_are_at_their_top() {
    let answers = [(200, DESCRIPTION), (200, TOKEN), (200, KEYS), (200, USERINFO)];
    gitlab("https://gitlab.com", &answers);
    let claims = exchange().unwrap();
    assert_eq!((claims.subject.as_str(), claims.name.as_str()), ("1", "john_smith"));
    assert_eq!(claims.email, "john@example.com");
    assert_eq!(claims.groups, ["myorg", "myorg/platform", "other/team"]);
    assert_eq!(claims.organizations, ["myorg", "other"]);
}

#[test]
fn ones_own_gitlab_has_its_own_addresses() {
    let own = DESCRIPTION.replace("https://gitlab.com", "https://git.example.com/gitlab");
    gitlab("https://git.example.com/gitlab/", &[(200, &own)]);
    let url = GitLab::authorize(Authorize::default()).unwrap().url;
    assert!(url.starts_with("https://git.example.com/gitlab/oauth/authorize?"), "{url}");
    let sent = testing::with(|host| host.sent[0].url.clone());
    assert_eq!(sent, "https://git.example.com/gitlab/.well-known/openid-configuration");
}

#[test]
fn without_the_list_of_groups_nobody_is_let_in() {
    gitlab("https://gitlab.com", &[(200, DESCRIPTION), (200, TOKEN), (200, KEYS), (500, "")]);
    assert_eq!(exchange().unwrap_err().code, "unavailable");
    gitlab("https://gitlab.com", &[(200, DESCRIPTION), (400, r#"{"error":"invalid_grant"}"#)]);
    assert_eq!(exchange().unwrap_err().code, "denied");
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
