//! Streams of a real server, cut again and again: nothing is lost, nothing comes twice.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use kernel_wire::event::END;
use kernel_wire::log::LogChunk;
use kernel_wire::status::StepStatus;
use serde_json::json;

use super::{line, pipeline, step, task, touch};
use crate::server_process::Server;

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    id: Option<String>,
    event: String,
    data: String,
}

/// Reads at most so many events behind `after`, and breaks the connection.
async fn piece(server: &Server, path: &str, after: Option<&str>, max: usize) -> Vec<Seen> {
    let headers: Vec<_> = after.map(|id| ("last-event-id", id)).into_iter().collect();
    let answer = server.open(path, &headers).await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.bytes_stream();
    let mut bytes = vec![];
    let mut seen = vec![];
    while seen.len() < max
        && let Some(more) = body.next().await
    {
        bytes.extend(more.unwrap());
        while seen.len() < max
            && let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n")
        {
            let block: Vec<u8> = bytes.drain(..end + 2).collect();
            seen.extend(parse(std::str::from_utf8(&block).unwrap()));
        }
    }
    seen
}

/// Returns the event of a block; none for a comment.
fn parse(block: &str) -> Option<Seen> {
    let field = |name: &str| {
        let mut values = block.lines().filter_map(|line| line.strip_prefix(name));
        values.next().map(|value| value.trim_start().to_owned())
    };
    let data = field("data:")?;
    Some(Seen { id: field("id:"), event: field("event:").unwrap_or_default(), data })
}

/// Follows to the end with a break after each few events.
async fn in_pieces(server: &Server, path: &str) -> Vec<Seen> {
    let mut all: Vec<Seen> = vec![];
    let mut round = 0;
    while all.last().is_none_or(|seen| seen.event != END) {
        round += 1;
        let after = all.iter().rev().find_map(|seen| seen.id.clone());
        all.extend(piece(server, path, after.as_deref(), 1 + round % 3).await);
    }
    assert!(round > 3, "it was never cut: {all:#?}");
    all
}

/// Returns what each step has said on each stream.
fn said(events: &[Seen]) -> BTreeMap<(String, String), String> {
    let mut said = BTreeMap::<_, String>::new();
    for seen in events.iter().filter(|seen| seen.event != END) {
        let chunk: LogChunk = serde_json::from_str(&seen.data).unwrap();
        let key = (chunk.path, format!("{:?}", chunk.stream));
        said.entry(key).or_default().push_str(&chunk.text);
    }
    said
}

#[tokio::test]
async fn a_stream_that_is_cut_goes_on_where_it_was() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = dir.path().display();
    let server = Server::start(data.path()).await;
    // Half of it is said before the streams are opened, half while they are followed.
    let noisy = |name: &str| {
        let say = format!(
            "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo {name} $i ä; echo e$i >&2; done"
        );
        let wait = format!("echo > {at}/{name}; until [ -e {at}/go ]; do sleep 0.01; done");
        task(name, &format!("{say}; {wait}; {say}"))
    };
    let both = json!({ "in_parallel": [noisy("one"), noisy("two")] });
    server.pipeline_set("p", &pipeline(&[both, task("three", "echo end")])).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    line(&dir.path().join("one")).await;
    line(&dir.path().join("two")).await;
    let (events, logs) =
        (format!("/api/v1/runs/{run}/events"), format!("/api/v1/runs/{run}/logs?follow=true"));
    let release = async {
        // The streams have begun by then.
        let first = piece(&server, &events, None, 1).await;
        assert_eq!(first.len(), 1);
        touch(&dir.path().join("go"));
    };
    let (cut_events, cut_logs, ()) =
        tokio::join!(in_pieces(&server, &events), in_pieces(&server, &logs), release);
    let tree = server.ended(&run).await;
    assert_eq!(step(&tree, "three").status, StepStatus::Succeeded, "{tree:#?}");

    let whole = piece(&server, &events, None, usize::MAX).await;
    assert_eq!(cut_events, whole);
    let whole = said(&piece(&server, &logs, None, usize::MAX).await);
    assert_eq!(said(&cut_logs), whole);
    let one = whole.iter().find(|((path, stream), _)| path.contains("one") && stream == "Stdout");
    assert_eq!(one.unwrap().1.lines().count(), 400);
}
