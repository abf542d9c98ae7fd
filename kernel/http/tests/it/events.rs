//! Following the history of a run.

use serde_json::json;

use crate::api::{World, request};
use crate::sse::Stream;

async fn follow(world: &World, path: &str, last: Option<&str>) -> Stream {
    let headers: Vec<_> = last.map(|id| ("last-event-id", id)).into_iter().collect();
    Stream::of(world.begin(request("GET", path, &headers, None)).await)
}

#[tokio::test]
async fn events_come_while_they_happen_and_end_with_the_run() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a", "wait": true }])).await;
    let mut stream = follow(&world, &format!("/api/v1/runs/{id}/events"), None).await;
    let first = stream.next().await.unwrap();
    assert_eq!((first.name.as_str(), first.id.as_deref()), ("event", Some("1")));
    assert_eq!(first.data["event"], "started");
    loop {
        let event = stream.next().await.unwrap();
        if event.data["event"] == "attempt-started" {
            assert_eq!((&event.data["step"], &event.data["attempt"]), (&json!(2), &json!(1)));
            break;
        }
    }
    world.gate.send_replace(true);
    let rest = stream.all().await;
    let [.., last, end] = rest.as_slice() else { panic!("{rest:?}") };
    assert_eq!((&last.data["event"], &last.data["status"]), (&json!("ended"), &json!("succeeded")));
    assert_eq!((end.name.as_str(), end.id.as_deref()), ("end", None));
    assert_eq!((&end.data["id"], &end.data["status"]), (&json!(id), &json!("succeeded")));
}

#[tokio::test]
async fn a_stream_goes_on_behind_any_event() {
    let world = World::new().await;
    let id = world.run(json!([{ "name": "a" }, { "name": "b" }])).await;
    let path = format!("/api/v1/runs/{id}/events");
    let all = follow(&world, &path, None).await.all().await;
    assert!(all.len() > 10);
    for (i, event) in all.iter().enumerate() {
        let Some(last) = event.id.as_deref() else { continue };
        assert_eq!(follow(&world, &path, Some(last)).await.all().await, all[i + 1..]);
        let after = format!("{path}?after={last}");
        assert_eq!(follow(&world, &after, None).await.all().await, all[i + 1..]);
    }
    world.get(&format!("{path}?after=1000")).await.refused(400, "invalid-query");
    let foreign = world.send(request("GET", &path, &[("last-event-id", "x")], None)).await;
    foreign.refused(400, "invalid-header");
}

#[tokio::test]
async fn without_following_the_stream_ends_with_the_run_as_it_stands() {
    let world = World::new().await;
    let id = world.start(json!([{ "name": "a", "wait": true }])).await;
    world.until(&id, "running").await;
    let path = format!("/api/v1/runs/{id}/events?follow=false");
    let all = follow(&world, &path, None).await.all().await;
    let end = all.last().unwrap();
    assert_eq!((end.name.as_str(), &end.data["status"]), ("end", &json!("running")));
}
