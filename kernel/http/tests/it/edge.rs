//! What is refused before a handler sees it.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::api::{World, request, set};

const CI: &str = "/api/v1/pipelines/ci";

#[tokio::test]
async fn unknown_addresses_and_wrong_methods_are_problems() {
    let world = World::new().await;
    let problem = world.get("/api/v1/run").await.refused(404, "route-unknown");
    assert_eq!(problem["hint"], "did you mean /api/v1/runs?");
    world.get("/").await.refused(404, "route-unknown");

    let wrong = world.send(request("PATCH", CI, &[], None)).await;
    wrong.refused(405, "method-not-allowed");
    assert_eq!(wrong.header("allow"), "GET, HEAD, PUT, DELETE");
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_problems() {
    let world = World::new().await;
    let send = async |kind: Option<&str>, body: String| {
        let mut request = Request::put(CI).header("host", "localhost");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let json = Some("application/json");
    let good = set(&json!([])).to_string();
    send(None, good.clone()).await.refused(415, "media-type");
    send(Some("text/plain"), good.clone()).await.refused(415, "media-type");
    send(json, "{".to_owned()).await.refused(400, "invalid-json");
    send(json, String::new()).await.refused(400, "invalid-json");
    let unknown = send(json, "{\"source\":\"\",\"fileName\":\"\",\"nmae\":1}".to_owned()).await;
    let problem = unknown.refused(400, "invalid-json");
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `nmae`"), "{problem}");
    let deep = format!("{{\"vars\":{{\"a\":{}{}}}}}", "[".repeat(70), "]".repeat(70));
    let problem = send(json, deep).await.refused(400, "invalid-json");
    assert_eq!(problem["detail"], "the body nests deeper than 64 levels");
    let large = format!("{{\"source\":\"{}\"}}", "x".repeat(5 << 20));
    send(json, large).await.refused(413, "body-too-large");
    assert_eq!(send(Some("application/json; charset=utf-8"), good).await.status, 201);
}

#[tokio::test]
async fn other_hosts_and_pages_of_other_sites_are_refused() {
    let world = World::new().await;
    let get =
        |name: &str, value: &str| Request::get("/livez").header(name, value).body(Body::empty());
    let evil = world.send(get("host", "evil.example:7070").unwrap()).await;
    evil.refused(421, "host-refused");
    let evil = world.send(get("origin", "https://evil.example").unwrap()).await;
    evil.refused(403, "origin-refused");
    assert_eq!(world.send(get("host", "[::1]:7070").unwrap()).await.status, 200);
    // Requests inside of the process name no host.
    assert_eq!(world.send(Request::get("/livez").body(Body::empty()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_bug_in_one_handler_is_one_answer() {
    let world = World::new().await;
    let body = json!({ "source": "", "fileName": "x", "language": "panic" });
    let answer = world.post("/api/v1/pipelines/validate", body).await;
    let problem = answer.refused(500, "internal");
    assert!(!problem.to_string().contains("as asked"), "{problem}");
    assert_eq!(answer.header("x-request-id").len(), 32);
    world.set(json!([])).await.ok(201);
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let world = World::new().await;
    let own = world.send(request("GET", "/livez", &[("x-request-id", "abc-1")], None)).await;
    assert_eq!(own.header("x-request-id"), "abc-1");
    let made = world.send(request("GET", "/x", &[("x-request-id", "no spaces")], None)).await;
    assert_eq!(made.header("x-request-id").len(), 32);
    let refused =
        Request::get("/livez").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(world.send(refused).await.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn the_api_describes_itself() {
    let world = World::new().await;
    let document = world.get("/openapi.json").await.ok(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/runs/{run}/logs"]["get"]["operationId"] == "runLogs");
}
