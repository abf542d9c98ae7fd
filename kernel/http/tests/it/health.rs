//! The server about itself, and its plugins.

use std::time::Duration;

use serde_json::json;

use crate::api::World;

#[tokio::test]
async fn a_server_is_ready_until_it_stops() {
    let world = World::new().await;
    assert_eq!(world.get("/livez").await.text(), "ok\n");
    let ready = world.get("/readyz").await.ok(200);
    assert_eq!(ready["ready"], true);
    let names: Vec<_> = ready["checks"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["store", "plugins", "intake"]);
    let health = world.get("/health").await.ok(200);
    assert_eq!((&health["version"], &health["runsOpen"]), (&json!("1.2.3"), &json!(0)));

    world.set(json!([])).await;
    world.scheduler.drain(Duration::ZERO).await;
    let ready = world.get("/readyz").await.ok(503);
    assert_eq!(
        ready["checks"][2],
        json!({ "name": "intake", "ok": false, "detail": "the server is stopping" })
    );
    let refused = world.post("/api/v1/pipelines/ci/runs", json!({})).await;
    refused.refused(503, "draining");
    assert_eq!(refused.header("retry-after"), "5");
}

#[tokio::test]
async fn plugins_say_what_they_are_and_what_they_may() {
    let world = World::new().await;
    let list = world.get("/api/v1/plugins").await.ok(200);
    assert_eq!(list.as_array().unwrap().len(), 2);
    let plugin = world.get("/api/v1/plugins/language-script").await.ok(200);
    assert_eq!(plugin, list[0]);
    assert_eq!(
        (&plugin["kinds"], &plugin["grants"][0]["granted"]),
        (&json!(["language"]), &json!(true))
    );
    let problem = world.get("/api/v1/plugins/language-scirpt").await;
    assert_eq!(problem.refused(404, "plugin-unknown")["hint"], "did you mean \"language-script\"?");
}
