//! Following what a run prints.

use kernel_model::event::StepNo;
use kernel_ports::log::LogKey;
use serde_json::json;

use crate::api::{World, request};
use crate::sse::{Sse, Stream};

async fn follow(world: &World, path: &str, last: Option<&str>) -> Stream {
    let headers: Vec<_> = last.map(|id| ("last-event-id", id)).into_iter().collect();
    Stream::of(world.begin(request("GET", path, &headers, None)).await)
}

fn texts(events: &[Sse]) -> Vec<(&str, &str, &str)> {
    let logs = events.iter().filter(|event| event.name == "log");
    logs.map(|event| {
        let field = |name: &str| event.data[name].as_str().unwrap();
        (field("path"), field("stream"), field("text"))
    })
    .collect()
}

#[tokio::test]
async fn logs_come_live_and_end_with_the_run() {
    let world = World::new().await;
    let said = json!([["stdout", "one\n"], ["stderr", "two\n"]]);
    let id = world.start(json!([{ "name": "a", "wait": true, "say": said }])).await;
    let mut stream = follow(&world, &format!("/api/v1/runs/{id}/logs"), None).await;
    // The step waits: this can only have come while it runs.
    let first = stream.next().await.unwrap();
    assert_eq!(texts(std::slice::from_ref(&first)), [("all/a", "stdout", "one\n")]);
    assert_eq!((&first.data["step"], &first.data["attempt"]), (&json!(2), &json!(1)));
    world.gate.send_replace(true);
    let rest = stream.all().await;
    assert_eq!(texts(&rest), [("all/a", "stderr", "two\n")]);
    let end = rest.last().unwrap();
    assert_eq!((end.name.as_str(), &end.data["status"]), ("end", &json!("succeeded")));
}

#[tokio::test]
async fn a_stream_goes_on_behind_any_piece_even_within_a_character() {
    let world = World::new().await;
    let id = world
        .run(json!([
            { "name": "a", "say": [["stdout", "a<"], ["stderr", "x<"], ["stdout", ">b"], ["stderr", "!"]] },
            { "name": "b" },
            { "name": "c", "say": [["stdout", "c1"], ["stdout", "c2"], ["stdout", "<"]] },
        ]))
        .await;
    let path = format!("/api/v1/runs/{id}/logs");
    let all = follow(&world, &path, None).await.all().await;
    let want = [
        ("all/a", "stdout", "a"),
        ("all/a", "stderr", "x"),
        ("all/a", "stdout", "€b"),
        ("all/a", "stderr", "\u{fffd}!"),
        ("all/c", "stdout", "c1"),
        ("all/c", "stdout", "c2"),
        ("all/c", "stdout", "\u{fffd}"),
    ];
    assert_eq!(texts(&all), want);
    for (i, event) in all.iter().enumerate() {
        let Some(last) = event.id.as_deref() else { continue };
        assert_eq!(follow(&world, &path, Some(last)).await.all().await, all[i + 1..], "{last}");
    }
    let foreign = world.send(request("GET", &path, &[("last-event-id", "5-9.0")], None)).await;
    foreign.refused(400, "invalid-header");
}

#[tokio::test]
async fn logs_of_one_step_or_of_a_group_can_be_had() {
    let world = World::new().await;
    let id = world
        .run(json!([
            { "name": "a", "say": [["stdout", "a"]] },
            { "name": "b", "say": [["stdout", "b"]] },
        ]))
        .await;
    let path = format!("/api/v1/runs/{id}/logs");
    for (step, want) in [("all/b", vec!["b"]), ("2", vec!["a"]), ("all", vec!["a", "b"])] {
        let found = follow(&world, &format!("{path}?step={step}"), None).await.all().await;
        let found: Vec<_> = texts(&found).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(found, want, "{step}");
    }
    let problem = world.get(&format!("{path}?step=all/x")).await.refused(404, "step-unknown");
    assert_eq!(problem["hint"], "did you mean \"all/a\"?");
}

#[tokio::test]
async fn what_the_size_cap_dropped_is_counted() {
    let world = World::new().await;
    let said = json!([["stdout", "one\n"], ["stdout", "two\n"], ["stdout", "three\n"]]);
    let id = world.run(json!([{ "name": "a", "say": said }])).await;
    world.logs.forget(LogKey { run: id.parse().unwrap(), step: StepNo(2), attempt: 1 }, 1);
    let path = format!("/api/v1/runs/{id}/logs?follow=false");
    let all = follow(&world, &path, None).await.all().await;
    assert_eq!(all[0].data["droppedBytes"], json!(null));
    assert_eq!((&all[1].data["droppedBytes"], &all[1].data["offset"]), (&json!(4), &json!(8)));
}
