//! Steps and their logs.

use serde_json::json;

use crate::api::{World, request};

#[tokio::test]
async fn a_step_is_found_by_number_and_by_path() {
    let world = World::new().await;
    let id = world.run(json!([{ "name": "a" }])).await;
    for step in ["2", "all%2Fa"] {
        let found = world.get(&format!("/api/v1/runs/{id}/steps/{step}")).await.ok(200);
        assert_eq!(found["step"]["path"], "all/a");
        assert_eq!(found["work"]["plugin"], "say");
    }
    let problem = world.get(&format!("/api/v1/runs/{id}/steps/all%2Fb")).await;
    assert_eq!(problem.refused(404, "step-unknown")["hint"], "did you mean \"all/a\"?");
    world.get(&format!("/api/v1/runs/{id}/steps/9")).await.refused(404, "step-unknown");
    world.get(&format!("/api/v1/runs/{id}/steps/..%2Fa")).await.refused(400, "invalid-path");
}

#[tokio::test]
async fn the_bytes_of_a_log_come_in_pieces() {
    let world = World::new().await;
    let id =
        world.run(json!([{ "name": "a", "say": [["stdout", "one\n"], ["stderr", "<>\n"]] }])).await;
    let path = format!("/api/v1/runs/{id}/steps/2/log");
    let first = world.get(&path).await;
    assert_eq!(first.text(), "one\n");
    assert_eq!((first.header("tenon-log-next"), first.header("tenon-log-ended")), ("4", "false"));
    let second = world.get(&format!("{path}?offset=4&attempt=1")).await;
    assert_eq!(second.text(), "€\n");
    assert_eq!((second.header("tenon-log-next"), second.header("tenon-log-ended")), ("8", "true"));
    assert_eq!(second.header("content-type"), "text/plain; charset=utf-8");

    world.get(&format!("{path}?attempt=2")).await.refused(404, "attempt-unknown");
    world.get(&format!("{path}?limit=0")).await.refused(400, "invalid-query");
    world.get(&format!("/api/v1/runs/{id}/steps/1/log")).await.refused(404, "attempt-unknown");
}

#[tokio::test]
async fn a_step_can_be_cancelled_by_itself() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a", "wait": true, "say": [["stdout", "x"]] }])).await;
    world.until(&id, "running").await;
    let path = format!("/api/v1/runs/{id}/steps/all%2Fa/cancel");
    loop {
        let answer = world.send(request("POST", &path, &[], None)).await;
        if answer.status == 202 {
            break;
        }
        // It has not been opened yet.
        answer.refused(404, "step-unknown");
    }
    world.until(&id, "cancelled").await;
    world.post(&path, json!({})).await.refused(409, "run-ended");
}
