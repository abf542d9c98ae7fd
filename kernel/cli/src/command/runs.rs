//! `tenon runs …`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures::StreamExt as _;
use kernel_wire::event::END;
use kernel_wire::log::{LogChunk, LogStream};
use kernel_wire::run::{Run, RunRerun, RunRetry};
use tokio::io::AsyncWriteExt as _;

use crate::api::Api;
use crate::args::{ArtifactCommand, RunsCommand};
use crate::command::by;
use crate::exit::Exit;
use crate::follow::follow;
use crate::from_wire;
use crate::out::Out;
use crate::show::log_lines::{LogLines, Stream, prefixed};
use crate::show::look::{Look, Tone, tone};
use crate::show::summary::{self, Extras};
use crate::show::{duration, table as columns};

pub(super) async fn execute(command: &RunsCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        RunsCommand::List { pipeline, workspace, status, limit } => {
            let mut query: Vec<(&str, &str)> =
                status.iter().map(|s| ("status", s.as_str())).collect();
            query.extend(pipeline.as_deref().map(|pipeline| ("pipeline", pipeline)));
            query.extend(workspace.as_deref().map(|workspace| ("workspace", workspace)));
            list(&query, *limit, api, out).await?;
        }
        RunsCommand::Show { run } => show(run, api, out).await?,
        RunsCommand::Logs { run, follow, step } => {
            return logs(run, *follow, step.as_deref(), api, out).await;
        }
        RunsCommand::Cancel { run, step: Some(step) } => {
            api.step_cancel(run, step, &by()).await?;
            let asked = serde_json::json!({ "run": run, "step": step });
            out.result(&asked, |_| vec![format!("asked {step} of {run} to stop")]);
        }
        RunsCommand::Cancel { run, step: None } => {
            let run = api.run_cancel(run, &by()).await?;
            out.result(&run, |_| vec![format!("asked {} to stop", run.id)]);
        }
        RunsCommand::Retry { run, from, workspace, follow } => {
            let (from, workspace) = (from.clone(), workspace.clone());
            let retry = RunRetry { from, workspace, by: Some(by()) };
            let run = api.run_retry(run, &retry).await?;
            return started(&run, *follow, api, out).await;
        }
        RunsCommand::Rerun { run, workspace, follow } => {
            let rerun = RunRerun { workspace: workspace.clone(), by: Some(by()) };
            let run = api.run_rerun(run, &rerun).await?;
            return started(&run, *follow, api, out).await;
        }
        RunsCommand::Artifacts { run } => artifacts(run, api, out).await?,
        RunsCommand::Artifact(ArtifactCommand::Get { run, name, to }) => {
            artifact(run, name, to.as_deref(), api, out).await?;
        }
    }
    Ok(Exit::Succeeded)
}

async fn started(run: &Run, wants_end: bool, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    if wants_end {
        return follow(api, &run.id, None, out).await;
    }
    out.result(run, |_| vec![run.id.clone()]);
    Ok(Exit::Succeeded)
}

async fn list(query: &[(&str, &str)], limit: u32, api: &Api, out: &Out) -> anyhow::Result<()> {
    let runs = api.runs(query, usize::try_from(limit)?).await?;
    out.result(&runs, |look| match runs.is_empty() {
        true => vec!["there are no such runs".to_owned()],
        false => table(&runs, look),
    });
    Ok(())
}

/// Returns runs as a table. Workspaces are shown where there are others than `default`.
pub(super) fn table(runs: &[Run], look: Look) -> Vec<String> {
    let rows: Vec<[String; 7]> = runs
        .iter()
        .map(|run| {
            let mark = from_wire::run_mark(run.status);
            let status =
                format!("{} {}", look.sign(mark), look.paint(tone(mark), run.status.word()));
            let took = run.duration_ms.map(duration::human).unwrap_or_default();
            let name = format!("{} #{}", run.pipeline, run.number);
            let at = run.created_at.to_string();
            [
                run.id.clone(),
                name,
                run.workspace.clone(),
                status,
                took,
                run.trigger.kind.clone(),
                look.paint(Tone::Quiet, &at),
            ]
        })
        .collect();
    let head = ["RUN", "PIPELINE", "WORKSPACE", "STATUS", "TOOK", "TRIGGER", "CREATED"];
    if runs.iter().any(|run| run.workspace != "default") {
        return columns::lines(head, &rows, look);
    }
    let [run, name, _, status, took, trigger, at] = head;
    let head = [run, name, status, took, trigger, at];
    let narrow = |[run, name, _, status, took, trigger, at]: [String; 7]| {
        [run, name, status, took, trigger, at]
    };
    let rows: Vec<[String; 6]> = rows.into_iter().map(narrow).collect();
    columns::lines(head, &rows, look)
}

async fn show(run: &str, api: &Api, out: &Out) -> anyhow::Result<()> {
    let tree = api.run_tree(run).await?;
    let kept = api.artifacts(run).await?;
    out.result(&tree, |look| {
        let artifacts = kept.iter().map(|kept| (kept.name.clone(), kept.size)).collect();
        let extras = Extras { artifacts, ..Extras::default() };
        let mut view = from_wire::view(&tree);
        // What is in progress has taken what the server says that it has.
        let started_ms = view.started_ms.unwrap_or(0);
        view.ended_ms = view.ended_ms.or(tree.run.duration_ms.map(|ms| started_ms + ms));
        summary::lines(&view, &extras, look).split_off(1)
    });
    Ok(())
}

async fn logs(
    run: &str,
    wants_end: bool,
    step: Option<&str>,
    api: &Api,
    out: &Out,
) -> anyhow::Result<Exit> {
    let mut view = from_wire::view(&api.run_tree(run).await?);
    let mut events = api.run_logs(run, step, wants_end);
    let mut lines = LogLines::default();
    let print = |view: &crate::show::view::View, no, attempt, stream, line: &str| {
        out.line(&prefixed(out.look, &view.label(no), attempt, stream, line));
    };
    while let Some(event) = events.next().await.transpose()? {
        if event.event == END {
            break;
        }
        let chunk: LogChunk = serde_json::from_str(&event.data)?;
        if out.is_json() {
            out.json(&chunk);
            continue;
        }
        if view.node(chunk.step).is_none() {
            view = from_wire::view(&api.run_tree(run).await?);
        }
        let stream = match chunk.stream {
            LogStream::Stdout => Stream::Stdout,
            LogStream::Stderr => Stream::Stderr,
            LogStream::Note => Stream::Note,
        };
        for line in lines.push(chunk.step, chunk.attempt, stream, &chunk.text) {
            print(&view, chunk.step, chunk.attempt, stream, &line);
        }
    }
    for (no, attempt, stream, line) in lines.finish_all() {
        print(&view, no, attempt, stream, &line);
    }
    if !wants_end {
        return Ok(Exit::Succeeded);
    }
    Ok(Exit::of(from_wire::run_mark(api.run(run).await?.status)))
}

async fn artifacts(run: &str, api: &Api, out: &Out) -> anyhow::Result<()> {
    let kept = api.artifacts(run).await?;
    out.result(&kept, |look| {
        if kept.is_empty() {
            return vec![format!("{run} has kept no files")];
        }
        let rows: Vec<[String; 3]> = kept
            .iter()
            .map(|kept| [kept.name.clone(), summary::bytes(kept.size), kept.sha256.clone()])
            .collect();
        columns::lines(["NAME", "SIZE", "SHA-256"], &rows, look)
    });
    Ok(())
}

/// Fetches a file: next to its place first, so that a broken transfer leaves no half of it.
async fn artifact(
    run: &str,
    name: &str,
    to: Option<&Path>,
    api: &Api,
    out: &Out,
) -> anyhow::Result<()> {
    let mut body = api.artifact(run, name).await?.body;
    if to == Some(Path::new("-")) {
        while let Some(piece) = body.next().await.transpose()? {
            std::io::stdout().lock().write_all(&piece)?;
        }
        std::io::stdout().lock().flush()?;
        return Ok(());
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let to = to.map_or_else(|| PathBuf::from(last), Path::to_path_buf);
    let part =
        to.with_file_name(format!("{}.part", to.file_name().unwrap_or_default().to_string_lossy()));
    let failed = || format!("failed to write {}", to.display());
    let mut file = tokio::fs::File::create(&part).await.with_context(failed)?;
    let mut size = 0_u64;
    while let Some(piece) = body.next().await.transpose()? {
        size += piece.len() as u64;
        file.write_all(&piece).await.with_context(failed)?;
    }
    file.sync_all().await.with_context(failed)?;
    tokio::fs::rename(&part, &to).await.with_context(failed)?;
    let written = serde_json::json!({ "name": name, "to": to, "size": size });
    out.result(&written, |_| vec![format!("{} ({})", to.display(), summary::bytes(size))]);
    Ok(())
}
