//! A step that prints far more than anybody reads.

use std::path::Path;

use kernel_wire::log::{ENDED_HEADER, NEXT_HEADER};
use kernel_wire::status::RunStatus;
use serde_json::json;

use super::{pipeline, read, step, task, until, until_within};
use crate::server_process::{PATIENCE, Server};

/// Bytes between the first and the last line.
const BYTES: u64 = 100_000_000;
/// What the flood may add to what the server has before.
const MORE_KB_MAX: u64 = 60_000;
/// Plugins that a server makes ready at its start, at the least.
const PLUGINS_MIN: usize = 7;

fn memory_kb(server: &Server) -> u64 {
    let status = read(format!("/proc/{}/status", server.pid()).as_ref());
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Reads a log page by page.
async fn download(server: &Server, path: &str) -> String {
    let (mut text, mut offset) = (String::new(), "0".to_owned());
    loop {
        let page = server.open(&format!("/api/v1{path}?offset={offset}"), &[]).await;
        let header = |name| page.headers()[name].to_str().unwrap().to_owned();
        let (next, ended) = (header(NEXT_HEADER), header(ENDED_HEADER));
        let piece = page.text().await.unwrap();
        if piece.is_empty() && ended == "true" {
            return text;
        }
        text.push_str(&piece);
        offset = next;
    }
}

/// Returns whether all code that is kept is optimized.
fn is_optimized(code: &Path) -> bool {
    let folders = std::fs::read_dir(code).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|folder| {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name())
    });
    let names = files.map(|name| name.to_string_lossy().into_owned());
    let code: Vec<String> = names.filter(|name| name.ends_with(".cwasm")).collect();
    code.len() >= PLUGINS_MIN && !code.iter().any(|name| name.contains("baseline"))
}

#[tokio::test]
async fn a_flood_of_output_keeps_head_and_tail_and_costs_no_memory() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let script =
        format!("echo the head; yes 0123456 | head -c {BYTES}; echo the tail; echo in-stderr >&2");
    server.pipeline_set("p", &pipeline(&[task("flood", &script)])).await;
    // Whatever else the machine does comes before the optimizer.
    until_within(5 * PATIENCE, "the first code of the plugins to be replaced", async || {
        // It takes memory, too, but not for the output of steps.
        is_optimized(&data.path().join("cache/code")).then_some(())
    })
    .await;
    let before = memory_kb(&server);
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let mut peak = 0;
    let tree = until("the end of the run", async || {
        peak = peak.max(memory_kb(&server));
        server.tree(&run).await.filter(|tree| tree.run.ended_at.is_some())
    })
    .await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");

    let number = step(&tree, "flood").number;
    let text = download(&server, &format!("/runs/{run}/steps/{number}/log")).await;
    peak = peak.max(memory_kb(&server));
    println!("{before} KiB of memory, then at most {peak}, {} bytes of log", text.len());
    assert!(peak < before + MORE_KB_MAX, "{before} KiB, then {peak} KiB");
    assert!(text.starts_with("the head\n0123456\n"));
    assert!(text[text.len() - 40..].contains("the tail\n"), "{}", &text[text.len() - 40..]);

    // What is there and what is said to be missing is all that was printed.
    let (mut there, mut missing) = (0, 0);
    for line in text.split_inclusive('\n') {
        let note = line.strip_prefix('[').and_then(|line| line.split_once(" bytes were dropped"));
        match note {
            Some((count, _)) => missing += count.parse::<u64>().unwrap(),
            None => there += line.len() as u64,
        }
    }
    let printed = BYTES + "the head\nthe tail\nin-stderr\n".len() as u64;
    assert!(missing > 0, "nothing was dropped");
    // A gap in the middle of a line adds a line break.
    assert!((printed..=printed + 1).contains(&(there + missing)), "{there} + {missing}");
}
