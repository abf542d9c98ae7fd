//! Setting pipelines.

use serde_json::json;

use crate::api::{World, request, set};

const CI: &str = "/api/v1/pipelines/ci";

#[tokio::test]
async fn a_pipeline_is_made_changed_and_left_alone_when_nothing_changes() {
    let world = World::new().await;
    let made = world.set(json!([])).await;
    assert_eq!((made.header("etag"), made.header("location")), ("\"1\"", CI));
    let made = made.ok(201);
    assert_eq!(made["isNewVersion"], true);
    assert_eq!(made["warnings"][0]["severity"], "warning");

    let same = world.set(json!([])).await.ok(200);
    assert_eq!((&same["isNewVersion"], &same["pipeline"]["version"]), (&json!(false), &json!(1)));

    let changed = world.set(json!([{ "name": "a" }])).await.ok(200);
    assert_eq!(
        (&changed["isNewVersion"], &changed["pipeline"]["version"]),
        (&json!(true), &json!(2))
    );

    let versions = world.get(&format!("{CI}/versions?limit=1")).await.ok(200);
    assert_eq!(versions["items"][0]["version"], 2);
    assert_eq!(versions["items"][0]["source"], json!(null));
    let cursor = versions["next"].as_str().unwrap();
    let versions = world.get(&format!("{CI}/versions?cursor={cursor}")).await.ok(200);
    assert_eq!((&versions["items"][0]["version"], &versions["next"]), (&json!(1), &json!(null)));

    let version = world.get(&format!("{CI}/versions/1")).await.ok(200);
    assert_eq!(version["source"], "{\"steps\":[]}");
    assert_eq!(version["jobs"], json!([{ "name": "all", "needs": [] }]));
    world.get(&format!("{CI}/versions/3")).await.refused(404, "version-unknown");
    world.get(&format!("{CI}/versions/0")).await.refused(400, "invalid-path");
}

#[tokio::test]
async fn a_change_that_follows_another_version_is_refused() {
    let world = World::new().await;
    let free = [("if-none-match", "*")];
    world.put(CI, &[("if-match", "*")], set(&json!([]))).await.refused(412, "pipeline-changed");
    world.put(CI, &free, set(&json!([]))).await.ok(201);
    world.put(CI, &free, set(&json!([{ "name": "a" }]))).await.refused(412, "pipeline-changed");

    let first = [("if-match", "\"1\"")];
    world.put(CI, &first, set(&json!([{ "name": "a" }]))).await.ok(200);
    let late = world.put(CI, &first, set(&json!([{ "name": "b" }]))).await;
    let problem = late.refused(412, "pipeline-changed");
    assert_eq!(problem["detail"], "the pipeline is at version 2, not 1");

    let wrong = world.put(CI, &[("if-match", "W/\"2\"")], set(&json!([]))).await;
    wrong.refused(400, "invalid-header");

    let removed = world.send(request("DELETE", CI, &first, None)).await;
    removed.refused(412, "pipeline-changed");
    let removed = world.send(request("DELETE", CI, &[("if-match", "\"2\"")], None)).await;
    assert_eq!(removed.status, 204);
    world.get(CI).await.refused(404, "pipeline-unknown");
}

#[tokio::test]
async fn mistakes_of_a_source_come_back_with_their_places() {
    let world = World::new().await;
    let wrong = json!({ "source": "{\n  x", "fileName": "ci.script" });
    let problem = world.put(CI, &[], wrong.clone()).await.refused(422, "source-invalid");
    assert_eq!(problem["detail"], "the source has 1 mistake; nothing was changed");
    assert_eq!(
        (&problem["errors"][0]["line"], &problem["errors"][0]["code"]),
        (&json!(2), &json!("syntax"))
    );
    world.get(CI).await.refused(404, "pipeline-unknown");

    let validate = "/api/v1/pipelines/validate";
    let said = world.post(validate, wrong).await.ok(200);
    assert_eq!(
        (&said["valid"], &said["diagnostics"][0]["severity"]),
        (&json!(false), &json!("error"))
    );
    assert_eq!(world.post(validate, set(&json!([]))).await.ok(200)["valid"], true);

    let other = json!({ "source": "", "fileName": "x", "language": "cobol" });
    let problem = world.post(validate, other).await.refused(422, "plugin-missing");
    assert!(problem["detail"].as_str().unwrap().contains("language-script"), "{problem}");
}

#[tokio::test]
async fn pipelines_are_listed_in_pages_and_found_by_near_names() {
    let world = World::new().await;
    for name in ["a", "build", "c"] {
        world.put(&format!("/api/v1/pipelines/{name}"), &[], set(&json!([]))).await.ok(201);
    }
    let page = world.get("/api/v1/pipelines?limit=2").await.ok(200);
    assert_eq!((&page["items"][1]["name"], &page["next"]), (&json!("build"), &json!("build")));
    let page = world.get("/api/v1/pipelines?limit=2&cursor=build").await.ok(200);
    assert_eq!(page["items"][0]["name"], "c");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);

    let problem = world.get("/api/v1/pipelines/biuld").await.refused(404, "pipeline-unknown");
    assert_eq!(problem["hint"], "did you mean \"build\"?");
    world.get("/api/v1/pipelines/.hidden").await.refused(400, "invalid-path");
}

#[tokio::test]
async fn a_paused_pipeline_starts_no_runs() {
    let world = World::new().await;
    world.set(json!([])).await;
    let paused = world.send(request("POST", &format!("{CI}/pause"), &[], None)).await;
    assert_eq!(paused.ok(200)["paused"], true);
    let problem =
        world.post(&format!("{CI}/runs"), json!({})).await.refused(409, "pipeline-paused");
    assert_eq!(problem["hint"], "POST /api/v1/pipelines/ci/unpause lets it start runs");
    let going = world.send(request("POST", &format!("{CI}/unpause"), &[], None)).await;
    assert_eq!(going.ok(200)["paused"], false);
    world.post(&format!("{CI}/runs"), json!({})).await.ok(201);
}
