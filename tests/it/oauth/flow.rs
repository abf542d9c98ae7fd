//! What lasts, and what ends.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, World, query};

#[tokio::test]
async fn nothing_of_it_is_lost_by_a_crash() {
    let world = World::start(&[]).await;
    let client = world.register().await;
    let (browser, page) = world.log_in(&world.authorize(&client)).await;
    let to = world.let_in(&browser, &page, "read").await;
    let code = query(&to, "code").unwrap();
    // Between the person's answer and the exchange.
    let world = world.crash().await;
    let (status, first) = world.exchange(&client, &code).await;
    assert_eq!(status, 200, "{first}");
    let world = world.crash().await;
    assert_eq!(world.call("/api/v1/pipelines", &first).await, 200);
    let (status, second) = world.refresh(&client, &first).await;
    assert_eq!(status, 200, "{second}");
    let world = world.crash().await;
    let (status, third) = world.refresh(&client, &second).await;
    assert_eq!(status, 200, "{third}");
    // Two before the newest: it was stolen, here or there.
    let (status, said) = world.refresh(&client, &first).await;
    assert_eq!((status, &said["error"]), (400, &json!("invalid_grant")));
    let world = world.crash().await;
    assert_eq!(world.call("/api/v1/pipelines", &third).await, 401);
    assert_eq!(world.refresh(&client, &third).await.0, 400);
    // None of the texts is kept.
    let database = std::fs::read(world.data.path().join("control.db")).unwrap();
    let log = std::fs::read(world.data.path().join("control.db-wal")).unwrap_or_default();
    for text in
        [&code, first["access_token"].as_str().unwrap(), third["refresh_token"].as_str().unwrap()]
    {
        for kept in [&database, &log] {
            assert!(!kept.windows(text.len()).any(|part| part == text.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_revoked_app_does_not_come_back_with_an_older_database() {
    let world = World::start(&[]).await;
    let client = world.register().await;
    let (browser, page) = world.log_in(&world.authorize(&client)).await;
    let to = world.let_in(&browser, &page, "read").await;
    let (_, tokens) = world.exchange(&client, &query(&to, "code").unwrap()).await;
    let World { server, data, port, flags, client: http } = world;
    assert_eq!(server.terminate(), Some(0));
    let database = data.path().join("control.db");
    let backup = std::fs::read(&database).unwrap();
    let server = super::serve(data.path(), &port, &flags).await;
    let world = World { server, data, port, flags, client: http };
    // By its own page.
    let account = browser.get(&world.url("/auth/account")).await;
    let (_, rest) = account.text.split_once("name=\"app\" value=\"").unwrap();
    let app = rest.split('"').next().unwrap();
    let csrf = account.field("csrf");
    let page = browser.post(&world.url("/auth/apps"), &[("csrf", &csrf), ("app", app)]).await;
    assert!(!page.text.contains("Connected apps"), "{}", page.text);
    assert_eq!(world.call("/api/v1/pipelines", &tokens).await, 401);
    let World { server, data, port, flags, client: http } = world;
    assert_eq!(server.terminate(), Some(0));
    std::fs::write(&database, &backup).unwrap();
    let server = super::serve(data.path(), &port, &flags).await;
    let world = World { server, data, port, flags, client: http };
    assert_eq!(world.call("/api/v1/pipelines", &tokens).await, 401);
    assert_eq!(world.refresh(&client, &tokens).await.0, 400);
}

#[tokio::test]
async fn an_operator_can_switch_it_off() {
    let world = World::start(&["--oauth-registration=false"]).await;
    let path = "/.well-known/oauth-authorization-server";
    let found = reqwest::get(world.url(path)).await.unwrap();
    let found = found.json::<serde_json::Value>().await.unwrap();
    assert!(found.get("registration_endpoint").is_none(), "{found}");
    let body = json!({ "redirect_uris": ["http://127.0.0.1/cb"] });
    let answer = world.client.post(world.url("/oauth/register")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let world = World::start(&["--oauth=false"]).await;
    assert_eq!(reqwest::get(world.url(path)).await.unwrap().status(), 404);
    let answer = reqwest::get(world.url("/api/v1/pipelines")).await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"tenon\"");
}

#[tokio::test]
async fn a_person_changes_the_password_on_the_page_and_in_the_terminal() {
    let world = World::start(&[]).await;
    let (browser, page) = world.log_in(&world.url("/auth/password")).await;
    assert!(page.text.contains("Change your password"), "{}", page.text);
    let csrf = page.field("csrf");
    let new = "another horse battery";
    let send = async |old: &str, again: &str| {
        let fields = [("csrf", csrf.as_str()), ("old", old), ("new", new), ("again", again)];
        let origin = [("origin", world.server.url.as_str())];
        browser.once(Method::POST, &world.url("/auth/password"), Some(&fields), &origin).await
    };
    assert!(send(PASSWORD, "x").await.text.contains("The two new passwords differ."));
    assert_eq!(send("wrong password", new).await.status, 401);
    let page = send(PASSWORD, new).await;
    assert!(page.text.contains("Your password is changed"), "{}", page.text);
    assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 200);

    let home = tempfile::tempdir().unwrap();
    let told = |args: &[&str], input: &str| {
        let mut command = crate::tenon::tenon(args);
        command.env("HOME", home.path()).env("TENON_SERVER", &world.server.url);
        crate::access::told(command, input)
    };
    told(&["login", "ada"], &format!("{new}\n")).ends(0);
    told(&["password"], &format!("wrong password\n{PASSWORD}\n")).ends(11);
    let said = told(&["password"], &format!("{new}\n{PASSWORD}\n")).ends(0);
    assert!(said.stdout.contains("your other logins have ended"), "{said:#?}");
    told(&["whoami"], "").ends(0);
    assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 401);
}
