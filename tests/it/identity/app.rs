//! A program that somebody from another system lets in, who was not logged in yet.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::browser::Browser;
use super::{World, provider};

const REDIRECT: &str = "http://127.0.0.1:4321/cb";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn a_visitor_lets_a_program_in_on_the_way_through_the_provider() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let client = reqwest::Client::new();
    let body = json!({ "client_name": "Probe", "redirect_uris": [REDIRECT] });
    let made = client.post(world.url("/oauth/register")).json(&body).send().await.unwrap();
    let id = made.json::<Value>().await.unwrap()["client_id"].as_str().unwrap().to_owned();
    let resource = world.url("/api/v1");
    let fields = [
        ("client_id", id.as_str()),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("state", "s"),
        ("scope", "view run edit"),
        ("resource", &resource),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let authorize = Url::parse_with_params(&world.url("/oauth/authorize"), fields).unwrap();
    let browser = Browser::new();
    let page = browser.get(authorize.as_str()).await;
    let next = page.field("next");
    let start = Url::parse_with_params(&world.url("/auth/oidc"), [("next", next)]).unwrap();
    let page = browser.get(start.as_str()).await;
    let page = provider::log_in(&browser, page, "ada").await;
    for part in ["Let in Probe?", "oidc/ada", "value=\"build\" checked", "secret-write."] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let (action, mut fields) = page.form();
    for (name, value) in
        [("level", "build"), ("projects", "*"), ("workspaces", "*"), ("answer", "allow")]
    {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let origin = [("origin", world.server.url.as_str())];
    let page = browser.once(Method::POST, &action, Some(&fields), &origin).await;
    let to: Url = page.location().unwrap().parse().unwrap();
    let code = to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", id.as_str()),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("resource", &resource),
    ];
    let form = Url::parse_with_params("http://x/", fields).unwrap();
    let request = client.post(world.url("/oauth/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let given = request.body(form.query().unwrap().to_owned()).send().await.unwrap();
    let token = given.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
    let who = async || {
        let request = client.get(world.url("/api/v1/whoami")).bearer_auth(&token);
        request.send().await.unwrap()
    };
    let said = who().await.json::<Value>().await.unwrap();
    assert_eq!((&said["actor"], &said["via"]), (&json!("oidc/ada"), &json!("app")));
    // A maintainer may more than the program was let in for.
    assert_eq!(said["verbs"], json!(["view", "run", "edit"]));
    world.root(&["visitor", "disable", "oidc/ada"]).ends(0);
    assert_eq!(who().await.status(), 401);
    let apps = world.root(&["app", "list", "--output", "json"]).ends(0).json().remove(0);
    assert_eq!(apps, json!([]));
}
