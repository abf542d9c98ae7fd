use serde_json::{Value, json};
use tenon_sdk::testing::http::Canned;
use tenon_sdk::{Identity as _, Result, testing};
use wit_envelope::identity::{Authorize, Claims, Exchange};

use super::Entra;

/// As login.microsoftonline.com answers, with a key of the test.
const DESCRIPTION: &str = include_str!("tests/description.json");
const DESCRIPTION_MANY: &str = include_str!("tests/description-many.json");
const KEYS: &str = include_str!("tests/keys.json");
const TOKEN: &str = include_str!("tests/token.json");
const TOKEN_OTHER: &str = include_str!("tests/token-other.json");
const TOKEN_PRETENDS: &str = include_str!("tests/token-pretends.json");
const TOKEN_OVER: &str = include_str!("tests/token-over.json");
const MEMBER_OBJECTS: &str = include_str!("tests/member-objects.json");
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const OTHER: &str = "0d8ed50b-2a5b-4a2c-9f3f-d8b3a9d5a111";

fn entra(tenant: &str, answers: &[(u16, &str)]) {
    testing::reset();
    testing::with(|host| {
        host.config = json!({
            "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
            "clientSecret": "s3cr3t",
            "tenant": tenant,
        });
        host.answers = answers.iter().map(|(status, body)| Canned::new(*status, *body)).collect();
    });
}

fn exchange() -> Result<Claims> {
    Entra::exchange(Exchange {
        code: "c0de".to_owned(),
        nonce: "n0nce".to_owned(),
        now_ms: 1_767_225_600_000,
        ..Exchange::default()
    })
}

fn asked() -> Vec<String> {
    testing::with(|host| host.sent.iter().map(|sent| sent.url.clone()).collect())
}

#[test]
fn a_visitor_of_the_tenant_has_groups_and_roles() {
    entra(TENANT, &[(200, DESCRIPTION), (200, TOKEN), (200, KEYS)]);
    let claims = exchange().unwrap();
    assert_eq!(claims.subject, format!("{TENANT}.690222be-ff1a-4d56-abd1-7e4f7d38e474"));
    assert_eq!(
        (claims.name.as_str(), claims.email.as_str()),
        ("ada@contoso.com", "ada@contoso.com")
    );
    assert_eq!(claims.groups, ["8a3c5d2e-0000-4000-8000-000000000001", "Deployer"]);
    assert_eq!(claims.organizations, [TENANT]);
    assert!(asked()[0].starts_with(&format!("https://login.microsoftonline.com/{TENANT}/v2.0/")));
}

#[test]
fn a_tenant_may_be_named_by_its_domain() {
    entra("contoso.com", &[(200, DESCRIPTION), (200, TOKEN), (200, KEYS)]);
    assert_eq!(exchange().unwrap().organizations, [TENANT]);
    assert!(asked()[0].contains("/contoso.com/v2.0/"));
}

#[test]
fn a_visitor_of_another_tenant_is_refused() {
    entra(TENANT, &[(200, DESCRIPTION), (200, TOKEN_OTHER), (200, KEYS)]);
    let err = exchange().unwrap_err();
    assert_eq!(err.code, "denied");
    // Nor does it help to name the right one in a token of another.
    entra(TENANT, &[(200, DESCRIPTION), (200, TOKEN_PRETENDS), (200, KEYS)]);
    assert_eq!(exchange().unwrap_err().code, "denied");
    entra("organizations", &[(200, DESCRIPTION_MANY), (200, TOKEN_PRETENDS), (200, KEYS)]);
    assert_eq!(exchange().unwrap_err().code, "denied");
}

#[test]
fn a_description_of_another_tenant_is_not_taken() {
    let other = DESCRIPTION.replace(TENANT, OTHER);
    entra(TENANT, &[(200, &other)]);
    assert!(Entra::authorize(Authorize::default()).is_err());
    entra(TENANT, &[(200, DESCRIPTION_MANY)]);
    assert!(Entra::authorize(Authorize::default()).is_err());
    entra("../evil", &[(200, DESCRIPTION)]);
    assert!(Entra::authorize(Authorize::default()).is_err());
}

#[test]
fn people_of_any_tenant_have_theirs_as_organization_and_no_unproven_address() {
    for (token, tenant) in [(TOKEN, TENANT), (TOKEN_OTHER, OTHER)] {
        entra("organizations", &[(200, DESCRIPTION_MANY), (200, token), (200, KEYS)]);
        let claims = exchange().unwrap();
        assert_eq!(claims.organizations, [tenant]);
        assert_eq!(claims.email, "");
    }
}

#[test]
fn who_is_in_many_groups_is_looked_up() {
    let answers = [(200, DESCRIPTION), (200, TOKEN_OVER), (200, KEYS), (200, MEMBER_OBJECTS)];
    entra(TENANT, &answers);
    assert_eq!(exchange().unwrap().groups.len(), 2);
    let sent = testing::with(|host| host.sent[3].clone());
    assert_eq!(sent.url, "https://graph.microsoft.com/v1.0/me/getMemberObjects");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body, json!({ "securityEnabledOnly": false }));
    entra(TENANT, &[(200, DESCRIPTION), (200, TOKEN_OVER), (200, KEYS), (403, "")]);
    let err = exchange().unwrap_err();
    assert!(err.code == "unavailable" && err.message.contains("User.Read"), "{err}");
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
