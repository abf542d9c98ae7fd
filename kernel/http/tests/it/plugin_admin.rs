//! Installing and binding plugins over the API.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::api::World;

fn upload(path: &str, media_type: &str, body: &'static [u8]) -> Request<Body> {
    let request =
        Request::post(path).header("host", "localhost").header("content-type", media_type);
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn a_plugin_comes_as_a_body_or_by_name() {
    let world = World::new().await;
    let path = "/api/v1/plugins?grant=kv&grant=http%3AGET%20a&allowUnsigned=true&origin=a.wasm";
    let answer = world.send(upload(path, "application/wasm", b"\0asm")).await.ok(201);
    assert_eq!(answer["version"], "4 bytes of a.wasm");
    assert_eq!(answer["digest"], r#"["kv", "http:GET a"] false true"#);
    assert_eq!(answer["outcome"], "active");
    let body = json!({ "from": "oci://registry.example.com/a:1" });
    let answer = world.post("/api/v1/plugins", body).await.ok(201);
    assert_eq!(answer["version"], "oci://registry.example.com/a:1");
}

#[tokio::test]
async fn signatures_come_beside_a_body_whatever_is_in_them() {
    let world = World::new().await;
    let path = "/api/v1/plugins?signature=a%2Cb&signature=c&signer=acme&origin=file%3A%2F%2F%2Fa";
    let answer = world.send(upload(path, "application/wasm", b"\0asm")).await.ok(201);
    assert_eq!(
        (&answer["version"], &answer["digest"]),
        (&json!("a,b|c"), &json!("[] false false acme"))
    );
    // Keys are trusted by origin; a client could say any.
    let path = "/api/v1/plugins?origin=oci%3A%2F%2Fregistry.example.com%2Facme%2Fa%3A1";
    let problem = world.send(upload(path, "application/wasm", b"\0asm")).await;
    let problem = problem.refused(400, "invalid-query");
    assert!(problem["detail"].as_str().unwrap().contains("comes from a file"), "{problem}");
}

#[tokio::test]
async fn a_bundle_is_answered_plugin_by_plugin() {
    let world = World::new().await;
    let path = "/api/v1/plugin-bundles?grantAll=true&approve=true";
    let answer = world.send(upload(path, "application/zstd", b"12345")).await.ok(200);
    assert_eq!(answer[0]["installed"]["version"], "5");
    assert_eq!(answer[0]["installed"]["digest"], "{} true true None");
    assert_eq!(
        answer[1],
        json!({ "origin": "oci://registry.example.com/old:1", "refused": "it is built in" })
    );
    // Locked with no pins: nothing may be in it, which is not the same as anything.
    let locked = "/api/v1/plugin-bundles?locked=true";
    let answer = world.send(upload(locked, "application/zstd", b"12345")).await.ok(200);
    assert_eq!(answer[0]["installed"]["digest"], "{} false false Some({})");
    world.send(upload(path, "application/wasm", b"1")).await.refused(415, "media-type");
    world.send(upload(path, "application/zstd", b"")).await.refused(400, "body-unreadable");
}

#[tokio::test]
async fn each_plugin_of_a_bundle_has_its_own_grants_and_must_be_what_is_pinned() {
    let world = World::new().await;
    let path = "/api/v1/plugin-bundles?grant=a%3Dkv&grant=b%3Dprocess%3Agit&grant=a%3Dblob%3Ax%3Dy\
                &pin=a%3D12&pin=b%3D34&signer=b%3Dme";
    let answer = world.send(upload(path, "application/zstd", b"12345")).await.ok(200);
    assert_eq!(
        answer[0]["installed"]["digest"],
        "{\"a\": [\"kv\", \"blob:x=y\"], \"b\": [\"process:git\"]} false false \
         Some({\"a\": Pin { digest: \"12\", signer: None }, \
         \"b\": Pin { digest: \"34\", signer: Some(\"me\") }})"
    );
    for (query, part) in [
        ("grant=process%3Agit", "expected PLUGIN=CAPABILITY"),
        ("pin=a", "expected PLUGIN=SHA256"),
        ("pin=a%3D12&signer=b%3Dme", "\"b\" is not pinned"),
    ] {
        let path = format!("/api/v1/plugin-bundles?{query}");
        let problem = world.send(upload(&path, "application/zstd", b"1")).await;
        let problem = problem.refused(400, "invalid-query");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
}

#[tokio::test]
async fn what_holds_of_a_plugin_is_said_by_version() {
    let world = World::new().await;
    let answer = world.post("/api/v1/plugins/a/verify", json!({})).await.ok(200);
    assert_eq!((&answer["name"], &answer["holds"]), (&json!("a"), &json!(false)));
    assert_eq!(answer["versions"][0]["active"], true);
    assert_eq!(answer["versions"][0]["signedBy"], "somebody");
    assert_eq!(answer["versions"][1]["problems"], json!(["it is damaged"]));
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_the_stage() {
    let world = World::new().await;
    let send =
        async |media_type, body| world.send(upload("/api/v1/plugins", media_type, body)).await;
    let problem = send("application/wasm", b"bad").await.refused(422, "plugin-rejected");
    assert_eq!(problem["detail"], "upload was not installed: inspect: this is not WebAssembly");
    // A page of another site can send this without asking.
    send("text/plain", b"\0asm").await.refused(415, "media-type");
    send("application/wasm", b"").await.refused(400, "body-unreadable");
    let path = "/api/v1/plugins?grants=kv";
    let problem = world.send(upload(path, "application/wasm", b"x")).await;
    assert_eq!(problem.refused(400, "invalid-query")["hint"], "did you mean `grant`?");
}

#[tokio::test]
async fn an_upgrade_that_waits_says_for_what() {
    let world = World::new().await;
    let path = "/api/v1/plugins/new/upgrade";
    let answer = world.send(upload(path, "application/wasm", b"\0asm")).await.ok(200);
    assert_eq!((&answer["outcome"], &answer["asksMore"]), (&json!("waiting"), &json!(["kv"])));
    let answer = world.send(upload("/api/v1/plugins/new/upgrade?approve=true", "", b"")).await;
    assert_eq!(answer.ok(200)["outcome"], "unchanged");
}

#[tokio::test]
async fn a_binding_has_its_slash_in_the_address() {
    let world = World::new().await;
    let body = json!({
        "plugin": "model-x",
        "config": { "key": "secret:x" },
        "defaultFor": { "kind": "model", "project": "web" },
    });
    let answer = world.put("/api/v1/bindings/models%2Fwork", &[], body).await.ok(200);
    assert_eq!(answer["name"], "models/work");
    assert_eq!(answer["config"], json!({ "key": "secret:x" }));
    assert_eq!(answer["defaultFor"], json!([{ "kind": "model", "project": "web" }]));
    let request = Request::delete("/api/v1/bindings/models%2Fwrk").header("host", "localhost");
    let problem = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(problem.refused(404, "binding-unknown")["hint"], "did you mean \"models/work\"?");
    let rules = json!({ "rules": ["proces:git"] });
    let problem = world.post("/api/v1/bindings/models%2Fwork/grant", rules).await;
    let problem = problem.refused(422, "rule-invalid");
    assert!(problem["detail"].as_str().unwrap().contains("proces:git"), "{problem}");
}

#[tokio::test]
async fn what_is_built_in_is_not_removed() {
    let world = World::new().await;
    let request = Request::delete("/api/v1/plugins/language-script").header("host", "localhost");
    let problem = world.send(request.body(Body::empty()).unwrap()).await;
    problem.refused(409, "plugin-conflict");
}
