//! Programs that are known by their description (a Client ID Metadata Document).

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{REDIRECT, World, query};

/// A site with descriptions on it: `/PATH` is answered as `pages` says.
struct Site {
    url: String,
}

impl Site {
    async fn start(pages: fn(&str, &str) -> (u16, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let base = url.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let (status, body) = pages(&base, path);
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nlocation: {base}/good\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url }
    }
}

fn described(base: &str, path: &str) -> Value {
    json!({
        "client_id": format!("{base}{path}"),
        "client_name": "A described client",
        "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "none",
    })
}

fn pages(base: &str, path: &str) -> (u16, String) {
    let mut document = described(base, path);
    match path {
        "/good" => {}
        "/other" => document["client_id"] = json!(format!("{base}/good")),
        "/large" => document["note"] = json!("x".repeat(20_000)),
        "/elsewhere" => document["redirect_uris"] = json!(["https://app.example/cb"]),
        "/moved" => return (302, String::new()),
        "/gone" => return (404, String::new()),
        _ => return (200, "<html>".to_owned()),
    }
    (200, document.to_string())
}

#[tokio::test]
async fn a_program_is_known_by_its_description() {
    let site = Site::start(pages).await;
    let world = World::start(&["--egress-allowed", "127.0.0.0/8"]).await;
    let id = format!("{}/good", site.url);
    let (browser, page) = world.log_in(&world.authorize(&id)).await;
    for part in ["A described client", "<strong>127.0.0.1</strong> vouches for it"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let to = world.let_in(&browser, &page, "read").await;
    // The port of a program on this machine is its own choice.
    assert!(to.as_str().starts_with(REDIRECT), "{to}");
    let (status, tokens) = world.exchange(&id, &query(&to, "code").unwrap()).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(world.call("/api/v1/pipelines", &tokens).await, 200);
    let apps = world.said(&["app", "list"]).ends(0);
    assert!(apps.stdout.contains(&id), "{apps:#?}");

    for (path, says) in [
        ("/other", "it describes"),
        ("/large", "it is larger than 16384 bytes"),
        ("/elsewhere", "did not say that it may be answered at"),
        ("/moved", "the answer there is 302"),
        ("/gone", "the answer there is 404"),
        ("/page", "cannot be read"),
    ] {
        let page = browser.get(&world.authorize(&format!("{}{path}", site.url))).await;
        assert_eq!(page.status, 400, "{path}: {}", page.text);
        let text = page.text.replace("&quot;", "\"").replace("&#39;", "'");
        assert!(text.contains(says), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_description_in_a_private_network_is_not_fetched() {
    let site = Site::start(|_, path| panic!("{path} is fetched")).await;
    let world = World::start(&[]).await;
    let (_, page) = world.log_in(&world.authorize(&format!("{}/good", site.url))).await;
    assert_eq!(page.status, 400, "{}", page.text);
    assert!(page.text.contains("which is not a public address"), "{}", page.text);
}
