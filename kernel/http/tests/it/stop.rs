//! Listening on a socket, and stopping.

use kernel_http::Serving;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::api::{PATIENCE, World};

#[tokio::test]
async fn a_stop_ends_streams_and_refuses_new_connections() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a", "wait": true }])).await;
    world.until(&id, "running").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = Serving::default();
    let serving = kernel_http::serve(listener, world.router.clone(), serving, async {
        stopped.await.unwrap();
    });
    let serving = tokio::spawn(serving);

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/v1/runs/{id}/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = vec![0; 4096];
    let n = stream.read(&mut seen).await.unwrap();
    assert!(String::from_utf8_lossy(&seen[..n]).starts_with("HTTP/1.1 200 OK"));

    stop.send(()).unwrap();
    let mut rest = vec![];
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    // The stream ends as a whole body does, without the event that says that the run ended.
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.ends_with("0\r\n\r\n") && !rest.contains("event: end"), "{rest}");
    tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    TcpStream::connect(address).await.unwrap_err();
}
