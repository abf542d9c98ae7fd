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

/// A form of these fields; one with a media type is a file.
fn form(path: &str, fields: &[(&str, &str, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, media_type, value) in fields {
        let head = match *media_type {
            "" => format!("name=\"{name}\"\r\n"),
            file => format!("name=\"{name}\"; filename=\"x\"\r\nContent-Type: {file}\r\n"),
        };
        let head = format!("--B\r\nContent-Disposition: form-data; {head}\r\n");
        body.extend_from_slice(&[head.as_bytes(), value, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--B--\r\n");
    let request = Request::post(path).header("host", "localhost");
    let request = request.header("content-type", "multipart/form-data; boundary=B");
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn a_form_says_what_is_too_large_for_an_address() {
    let world = World::new().await;
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(1 << 20));
    let component = ("component", "application/wasm", &b"\0asm"[..]);
    let fields = [
        ("grant", "", &b"kv"[..]),
        ("grant", "", b"process:git"),
        ("config", "", large.as_bytes()),
        ("origin", "", b"a.wasm"),
        component,
    ];
    let answer = world.send(form("/api/v1/plugins?allowUnsigned=true", &fields)).await.ok(201);
    assert_eq!(answer["version"], "4 bytes of a.wasm");
    let digest = format!("[\"kv\", \"process:git\"] false true {} bytes", large.len());
    assert_eq!(answer["digest"], digest);
    let from = [("from", "", &b"oci://registry.example.com/a:1"[..])];
    let answer = world.send(form("/api/v1/plugins", &from)).await.ok(201);
    assert_eq!(answer["version"], "oci://registry.example.com/a:1");
    let approve = form("/api/v1/plugins/new/upgrade", &[("approve", "", b"true")]);
    assert_eq!(world.send(approve).await.ok(200)["outcome"], "unchanged");
    let fields = [("pin", "", &b"a=12"[..]), ("bundle", "application/zstd", b"12345")];
    let answer = world.send(form("/api/v1/plugin-bundles", &fields)).await.ok(200);
    assert_eq!(answer[0]["installed"]["version"], "5");

    let both = [component, from[0]];
    world.send(form("/api/v1/plugins", &both)).await.refused(400, "invalid-query");
    let none = world.send(form("/api/v1/plugins", &[])).await;
    assert_eq!(none.refused(400, "body-unreadable")["detail"], "there is no component in the body");
    let slip = [("confg", "", &b"{}"[..]), component];
    let slip = world.send(form("/api/v1/plugins", &slip)).await;
    assert_eq!(slip.refused(400, "invalid-query")["hint"], "did you mean `config`?");
}

#[tokio::test]
async fn a_form_is_bounded_and_comes_from_no_other_site() {
    let world = World::new().await;
    let component = ("component", "application/wasm", &b"\0asm"[..]);
    let large = vec![b'x'; 4 << 20];
    for fields in [
        vec![("config", "", &large[..])],
        vec![("grant", "", &large[..3 << 20]), ("config", "", &large[..3 << 20])],
        vec![("grant", "", &b""[..]); 70_000],
    ] {
        let fields = [fields, vec![component]].concat();
        let problem = world.send(form("/api/v1/plugins", &fields)).await;
        let problem = problem.refused(413, "body-too-large");
        let detail = "what is said beside a component is larger than 4194304 bytes";
        assert_eq!(problem["detail"], detail);
    }
    let mut cut = form("/api/v1/plugins", &[component]);
    *cut.body_mut() = Body::from("--B\r\nContent-Disposition: form-data; name=\"config\"\r\n\r\n{");
    world.send(cut).await.refused(400, "body-unreadable");
    let mut no_form = form("/api/v1/plugins", &[component]);
    no_form.headers_mut().insert("content-type", "multipart/form-data".parse().unwrap());
    world.send(no_form).await.refused(400, "body-unreadable");
    // A page of another site can send this without asking, and says where it is from.
    let mut foreign = form("/api/v1/plugins", &[component]);
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    world.send(foreign).await.refused(403, "origin-refused");
}

#[tokio::test]
async fn a_swap_and_a_rollback_may_bring_a_configuration() {
    let world = World::new().await;
    let config = json!({ "region": "eu" });
    for (path, body, want) in [
        ("swap", json!({ "to": "1.0.0" }), "a to 1.0.0 with None"),
        (
            "swap",
            json!({ "to": "1.0.0", "config": config }),
            "a to 1.0.0 with Some(\"{\\\"region\\\":\\\"eu\\\"}\")",
        ),
        ("rollback", json!({}), "a back with None"),
        (
            "rollback",
            json!({ "config": config }),
            "a back with Some(\"{\\\"region\\\":\\\"eu\\\"}\")",
        ),
    ] {
        let problem = world.post(&format!("/api/v1/plugins/a/{path}"), body).await;
        assert_eq!(problem.refused(409, "plugin-conflict")["detail"], want);
    }
    let bare = Request::post("/api/v1/plugins/a/rollback").header("host", "localhost");
    let problem = world.send(bare.body(Body::empty()).unwrap()).await;
    assert_eq!(problem.refused(409, "plugin-conflict")["detail"], "a back with None");
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
