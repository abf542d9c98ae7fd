//! Kept files.

use serde_json::json;

use crate::api::{World, request};
use crate::memory_bytes::{CONTENT, DIGEST};

#[tokio::test]
async fn a_kept_file_is_listed_and_downloaded() {
    let world = World::new().await;
    let id = world.run(json!([{ "name": "a", "keep": "out/a b.txt" }])).await;
    let list = world.get(&format!("/api/v1/runs/{id}/artifacts")).await.ok(200);
    assert_eq!((&list[0]["name"], &list[0]["size"]), (&json!("dist/out/a b.txt"), &json!(5)));
    let href = list[0]["href"].as_str().unwrap();
    assert!(href.ends_with("/dist/out/a%20b.txt"), "{href}");

    let file = world.get(href).await;
    assert_eq!(file.text(), CONTENT);
    assert_eq!(file.header("content-length"), "5");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"a b.txt\"");
    let tag = file.header("etag");
    assert_eq!(tag, format!("\"{DIGEST}\""));
    let same = world.send(request("GET", href, &[("if-none-match", tag)], None)).await;
    assert_eq!((same.status.as_u16(), same.text().as_str()), (304, ""));

    let head = world.send(request("HEAD", href, &[], None)).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "5"));

    let wrong = world.get(&href.replace("a%20b", "b%20a")).await;
    let problem = wrong.refused(404, "artifact-unknown");
    assert_eq!(problem["hint"], "did you mean \"dist/out/a b.txt\"?");
}
