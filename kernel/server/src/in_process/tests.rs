use std::sync::Arc;

use axum::routing::{get, post};
use bytes::Bytes;
use kernel_cli::api::Api;

use super::*;

#[tokio::test]
async fn a_call_carries_method_path_headers_and_body() {
    let echo = |request: HttpRequest<Body>| async move {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1024).await.unwrap();
        format!("{} {} {:?} {body:?}", head.method, head.uri, head.headers["x-a"])
    };
    let transport = InProcess::new(Router::new().route("/a", post(echo)));
    let request = Request {
        method: "POST",
        path: "/a?b=c".to_owned(),
        headers: vec![("x-a", "1".to_owned())],
        body: Some(Bytes::from_static(b"text")),
    };
    let response = transport.send(request).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(response.bytes().await.unwrap(), br#"POST /a?b=c "1" b"text""#);
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_behind_its_last_event() {
    // Gives two events per connection, and the end to who has seen four.
    let handler = |request: HttpRequest<Body>| async move {
        let last = request.headers().get("last-event-id").map(|id| id.to_str().unwrap().to_owned());
        let from: u32 = last.map_or(0, |id| id.parse().unwrap());
        if from >= 4 {
            return "event: end\ndata: {}\n\n".to_owned();
        }
        format!("id: {0}\ndata: {0}\n\nid: {1}\ndata: {1}\n\nid: 9\ndata: cut", from + 1, from + 2)
    };
    let router = Router::new().route("/api/v1/runs/{run}/events", get(handler));
    let api = Api::new(Arc::new(InProcess::new(router)));
    let events = api.run_events("run_1");
    let seen: Vec<String> = events.map(|event| event.unwrap().data).collect().await;
    assert_eq!(seen, ["1", "2", "3", "4", "{}"]);
}
