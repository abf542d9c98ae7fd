//! Starting runs, changing their course, and finding them.

use serde_json::json;

use crate::api::{World, request};

const RUNS: &str = "/api/v1/pipelines/ci/runs";

#[tokio::test]
async fn a_run_is_accepted_and_shows_its_steps() {
    let world = World::new().await;
    world.set(json!([{ "name": "a", "say": [["stdout", "hi"]] }])).await;
    let start = json!({ "args": { "x": 1 }, "by": "ann", "secrets": { "TOKEN": "hunter2" } });
    let answer = world.post(RUNS, start).await;
    let location = answer.header("location").to_owned();
    let run = answer.ok(201);
    let id = run["id"].as_str().unwrap();
    assert_eq!(location, format!("/api/v1/runs/{id}"));
    assert_eq!(run["trigger"], json!({ "kind": "manual", "by": "ann" }));
    assert_eq!(run["input"], json!({ "jobs": [], "args": { "x": 1 } }));

    let run = world.until(id, "succeeded").await;
    assert_eq!((&run["number"], &run["version"]), (&json!(1), &json!(1)));
    assert!(run["durationMs"].is_u64() && run["endedAt"].as_str().unwrap().ends_with('Z'));

    let answer = world.get(&format!("/api/v1/runs/{id}/tree")).await;
    assert!(!answer.text().contains("hunter2"));
    let tree = answer.ok(200);
    let steps = tree["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["path"], &steps[0]["isGroup"]), (&json!("all"), &json!(true)));
    assert_eq!((&steps[1]["path"], &steps[1]["parent"]), (&json!("all/a"), &json!(1)));
    assert_eq!(steps[1]["output"], json!({ "said": 1 }));
    assert_eq!(steps[1]["attempts"][0]["end"]["status"], "succeeded");
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_run() {
    let world = World::new().await;
    world.set(json!([])).await;
    let key = [("idempotency-key", "k1")];
    let start = async |body| world.send(request("POST", RUNS, &key, Some(body))).await;
    let first = start(json!({ "jobs": ["all"] })).await.ok(201);
    let again = start(json!({ "jobs": ["all"] })).await.ok(200);
    assert_eq!(first["id"], again["id"]);
    start(json!({})).await.refused(422, "idempotency-key-reused");

    // The key belongs to one operation on one thing.
    let id = first["id"].as_str().unwrap();
    world.until(id, "succeeded").await;
    let rerun = format!("/api/v1/runs/{id}/rerun");
    let rerun = world.send(request("POST", &rerun, &key, None)).await.ok(201);
    assert_ne!(rerun["id"], first["id"]);
    assert_eq!(rerun["origin"], first["id"]);

    let long = "k".repeat(201);
    let long = world.send(request("POST", RUNS, &[("idempotency-key", &long)], None)).await;
    long.refused(400, "invalid-header");
}

#[tokio::test]
async fn a_retry_takes_over_what_succeeded() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a" }, { "name": "b", "end": "failed" }])).await;
    let failed = world.until(&id, "failed").await;
    assert_eq!(failed["origin"], json!(null));
    let path = format!("/api/v1/runs/{id}/retry");
    let retry = world.post(&path, json!({ "from": "all/b" })).await.ok(201);
    assert_eq!((&retry["origin"], &retry["trigger"]["kind"]), (&json!(id), &json!("retry")));
    let retry = retry["id"].as_str().unwrap();
    world.until(retry, "failed").await;
    let tree = world.get(&format!("/api/v1/runs/{retry}/tree")).await.ok(200);
    assert_eq!(tree["steps"][1]["reusedFrom"], json!(id));

    world.post(&path, json!({ "from": "all/x" })).await.refused(404, "step-unknown");
    world.post(&path, json!({ "from": "../x" })).await.refused(400, "invalid-json");
}

#[tokio::test]
async fn a_run_in_progress_can_be_cancelled_and_an_ended_one_cannot() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a", "wait": true }])).await;
    world.until(&id, "running").await;
    let cancel = format!("/api/v1/runs/{id}/cancel");
    let rerun = format!("/api/v1/runs/{id}/rerun");
    world.post(&rerun, json!({})).await.refused(409, "run-open");
    world.post(&cancel, json!({ "by": "ann" })).await.ok(202);
    world.until(&id, "cancelled").await;
    let tree = world.get(&format!("/api/v1/runs/{id}/tree")).await.ok(200);
    assert_eq!(tree["cancelBy"], "ann");
    let problem = world.post(&cancel, json!({})).await.refused(409, "run-ended");
    assert_eq!(problem["detail"], format!("{id} has ended"));
}

#[tokio::test]
async fn runs_are_filtered_and_listed_newest_first() {
    let world = World::new().await;
    let good = world.run(json!([])).await;
    let bad = world.start(json!([{ "name": "a", "end": "failed" }])).await;
    world.until(&bad, "failed").await;
    let ids = async |query: &str| {
        let page = world.get(&format!("/api/v1/runs?{query}")).await.ok(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|run| run["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [bad.clone(), good.clone()]);
    assert_eq!(ids("status=failed,errored").await, std::slice::from_ref(&bad));
    assert_eq!(ids("status=succeeded&status=failed&pipeline=ci").await.len(), 2);
    assert_eq!(ids("pipeline=other").await, Vec::<String>::new());
    assert_eq!(ids("trigger=retry").await, Vec::<String>::new());
    assert_eq!(ids("since=2020-01-01&until=2020-01-02T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(ids("since=2020-01-01").await.len(), 2);

    let page = world.get("/api/v1/runs?limit=1").await.ok(200);
    assert_eq!(page["next"], bad);
    assert_eq!(ids(&format!("limit=1&cursor={bad}")).await, [good]);

    for (query, hint) in [
        ("status=faild", "did you mean \"failed\"?"),
        ("trigger=maual", "did you mean \"manual\"?"),
        ("pipline=ci", "did you mean `pipeline`?"),
    ] {
        let problem = world.get(&format!("/api/v1/runs?{query}")).await;
        assert_eq!(problem.refused(400, "invalid-query")["hint"], hint, "{query}");
    }
    for query in ["since=yesterday", "limit=0", "limit=x", "cursor=run_1", "pipeline=a%20b"] {
        world.get(&format!("/api/v1/runs?{query}")).await.refused(400, "invalid-query");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let world = World::new().await;
    world.set(json!([])).await;
    let ghost = "run_00000000000000000000000001";
    for path in ["", "/tree", "/events", "/logs", "/artifacts", "/artifacts/a", "/steps/1"] {
        world.get(&format!("/api/v1/runs/{ghost}{path}")).await.refused(404, "run-unknown");
    }
    world.get("/api/v1/runs/42").await.refused(400, "invalid-path");
    let problem = world.post(RUNS, json!({ "jobs": ["al"] })).await.refused(422, "job-unknown");
    assert_eq!(problem["hint"], "did you mean \"all\"? It has: all");
    world.post(RUNS, json!({ "version": 9 })).await.refused(404, "version-unknown");
    world.post(RUNS, json!({ "by": "a\nb" })).await.refused(400, "invalid-json");
}
