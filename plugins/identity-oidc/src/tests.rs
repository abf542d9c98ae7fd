use serde_json::{Value, json};
use tenon_sdk::testing::http::{Canned, Sent};
use tenon_sdk::{Identity as _, Result, testing};
use wit_envelope::identity::{Authorize, Claims, Exchange};

use super::OpenId;

const DESCRIPTION: &str = include_str!("tests/description.json");
const KEYS: &str = include_str!("tests/keys.json");
const TOKEN: &str = include_str!("tests/token.json");
const TOKEN_SHORT: &str = include_str!("tests/token-short.json");
const USERINFO: &str = include_str!("tests/userinfo.json");

fn provider(more: Value, answers: &[(u16, &str)]) {
    testing::reset();
    testing::with(|host| {
        host.config = json!({
            "issuer": "https://id.example.com/realms/main/",
            "clientId": "tenon",
            "clientSecret": "secret:identity/oidc",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            host.config[name] = value.clone();
        }
        host.secrets.insert("identity/oidc".to_owned(), "s3:cr3t".to_owned());
        host.answers = answers.iter().map(|(status, body)| Canned::new(*status, *body)).collect();
    });
}

fn exchanged(nonce: &str, now_ms: u64) -> Result<Claims> {
    OpenId::exchange(Exchange {
        code: "c0de".to_owned(),
        code_verifier: "verifier".to_owned(),
        nonce: nonce.to_owned(),
        redirect_uri: "https://ci.example.com/auth/oidc/callback".to_owned(),
        now_ms,
    })
}

fn exchange() -> Result<Claims> {
    exchanged("n0nce", 1_767_225_600_000)
}

fn sent() -> Vec<Sent> {
    testing::with(|host| host.sent.clone())
}

#[test]
fn a_visitor_is_sent_where_the_provider_says() {
    provider(json!({}), &[(200, DESCRIPTION)]);
    let authorize = Authorize {
        redirect_uri: "https://ci.example.com/auth/oidc/callback".to_owned(),
        state: "st&te".to_owned(),
        code_challenge: "challenge".to_owned(),
        nonce: "n0nce".to_owned(),
        login_hint: None,
    };
    let url = OpenId::authorize(authorize).unwrap().url;
    assert!(
        url.starts_with("https://id.example.com/realms/main/auth?response_type=code&"),
        "{url}"
    );
    for part in ["nonce=n0nce", "state=st%26te", "code_challenge_method=S256", "scope=openid%20"] {
        assert!(url.contains(part), "{part} is not in {url}");
    }
}

#[test]
fn a_full_token_says_all() {
    provider(json!({}), &[(200, DESCRIPTION), (200, TOKEN), (200, KEYS)]);
    let claims = exchange().unwrap();
    assert_eq!((claims.subject.as_str(), claims.name.as_str()), ("42", "ada"));
    assert_eq!(
        (claims.email.as_str(), claims.display_name.as_str()),
        ("ada@example.com", "Ada Lovelace")
    );
    assert_eq!(claims.groups, ["platform", "ops"]);
    assert_eq!(claims.extra["scopes"], json!(["openid", "profile", "email"]));
    assert!(claims.extra["nonce"].is_null());
    let sent = sent();
    assert_eq!(sent.len(), 3, "{sent:?}");
    let basic = sent[1].headers.iter().find(|(name, _)| name == "authorization").unwrap();
    // `tenon:s3%3Acr3t`: both parts are escaped before.
    assert_eq!(basic.1, "Basic dGVub246czMlM0FjcjN0");
    let form = String::from_utf8(sent[1].body.clone()).unwrap();
    assert!(form.contains("code_verifier=verifier") && !form.contains("secret"), "{form}");
}

#[test]
fn groups_may_lie_deeper() {
    let more = json!({ "groupsClaim": "realm_access.roles" });
    provider(more, &[(200, DESCRIPTION), (200, TOKEN), (200, KEYS)]);
    assert_eq!(exchange().unwrap().groups, ["deployer"]);
}

#[test]
fn a_short_token_is_completed_and_an_address_must_be_verified() {
    let answers = [(200, DESCRIPTION), (200, TOKEN_SHORT), (200, KEYS), (200, USERINFO)];
    provider(json!({}), &answers);
    let claims = exchange().unwrap();
    assert_eq!((claims.name.as_str(), claims.email.as_str()), ("ada", ""));
    assert_eq!(claims.groups, ["platform"]);
    provider(json!({ "email": "any" }), &answers);
    assert_eq!(exchange().unwrap().email, "ada@example.com");
    // What is said of somebody else does not count.
    let other = USERINFO.replace("\"42\"", "\"43\"");
    provider(json!({}), &[(200, DESCRIPTION), (200, TOKEN_SHORT), (200, KEYS), (200, &other)]);
    assert_eq!(exchange().unwrap_err().code, "denied");
}

#[test]
fn another_login_and_an_old_one_are_refused() {
    let answers = [(200, DESCRIPTION), (200, TOKEN), (200, KEYS)];
    provider(json!({}), &answers);
    assert!(exchanged("other", 1_767_225_600_000).unwrap_err().message.contains("another login"));
    provider(json!({}), &answers);
    assert!(exchanged("n0nce", 1_767_229_200_000).unwrap_err().message.contains("expired"));
}

#[test]
fn a_provider_that_is_not_as_it_should_be_lets_nobody_in() {
    let renamed =
        DESCRIPTION.replace("\"https://id.example.com/realms/main\"", "\"https://evil.example\"");
    let no_id = r#"{"access_token":"x","token_type":"Bearer"}"#;
    for (answers, code) in [
        (&[(404, "")][..], "unavailable"),
        (&[(200, "<html>")], "unavailable"),
        (&[(200, renamed.as_str())], "unavailable"),
        (&[(200, DESCRIPTION), (400, r#"{"error":"invalid_grant"}"#)], "denied"),
        (&[(200, DESCRIPTION), (401, r#"{"error":"invalid_client"}"#)], "unavailable"),
        (&[(200, DESCRIPTION), (200, no_id)], "unavailable"),
        (&[(200, DESCRIPTION), (200, TOKEN), (500, "")], "unavailable"),
        (&[(200, DESCRIPTION), (200, TOKEN), (200, r#"{"keys":[]}"#)], "denied"),
        (&[(200, DESCRIPTION), (200, TOKEN)], "unavailable"),
    ] {
        provider(json!({}), answers);
        let err = exchange().unwrap_err();
        assert_eq!(err.code, code, "{answers:?}: {err}");
        assert!(!err.message.contains("s3:cr3t"), "{err}");
    }
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
