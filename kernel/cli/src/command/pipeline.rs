//! `tenon pipeline …`

use std::path::Path;

use kernel_wire::pipeline::{PipelineAccepted, PipelineSet};
use kernel_wire::run::RunStart;
use serde::Serialize;

use crate::api::Api;
use crate::api::error::{ApiError, Refused};
use crate::args::PipelineCommand;
use crate::command::{runs, start};
use crate::exit::Exit;
use crate::follow::follow;
use crate::out::Out;
use crate::show::duration;
use crate::show::look::{Look, Tone};
use crate::show::table;
use crate::source;

/// How many runs `show` lists.
const RUNS_SHOWN: usize = 5;

pub(super) async fn execute(
    command: &PipelineCommand,
    api: &Api,
    out: &Out,
) -> anyhow::Result<Exit> {
    match command {
        PipelineCommand::Set { file, name, vars } => {
            let set = source::read_to_keep(file, vars, out)?;
            let name = name.clone().unwrap_or_else(|| source::name(file));
            let Some(accepted) = accepted(api, &name, file, &set, out).await? else {
                return Ok(Exit::Usage);
            };
            source::complain(file, &set.source, &accepted.warnings, out);
            out.result(&accepted, |look| vec![set_line(&accepted, look)]);
        }
        PipelineCommand::Get { name, version } => get(name, *version, api, out).await?,
        PipelineCommand::List => list(api, out).await?,
        PipelineCommand::Show { name } => show(name, api, out).await?,
        PipelineCommand::Rm { name } => {
            api.pipeline_remove(name).await?;
            out.result(&serde_json::json!({ "removed": name }), |_| {
                vec![format!("removed {name}")]
            });
        }
        PipelineCommand::Pause { name } => pause(name, true, api, out).await?,
        PipelineCommand::Unpause { name } => pause(name, false, api, out).await?,
        PipelineCommand::Validate { file, vars } => {
            let set = source::read_to_keep(file, vars, out)?;
            return validate(file, &set, api, out).await;
        }
        PipelineCommand::Versions { name } => versions(name, api, out).await?,
        PipelineCommand::Run { name, place, start } => {
            let request = RunStart { workspace: place.workspace.clone(), ..start::request(start)? };
            let run = api.run_start(name, &request).await?;
            return follow(api, &run.id, start.timeout, out).await;
        }
        PipelineCommand::Trigger { name, place, start } => {
            let request = RunStart { workspace: place.workspace.clone(), ..start::request(start)? };
            let run = api.run_start(name, &request).await?;
            out.result(&run, |_| vec![run.id.clone()]);
        }
    }
    Ok(Exit::Succeeded)
}

/// Sets a pipeline. None: the source has mistakes, which have been printed.
pub(super) async fn accepted(
    api: &Api,
    name: &str,
    file: &Path,
    set: &PipelineSet,
    out: &Out,
) -> anyhow::Result<Option<PipelineAccepted>> {
    match api.pipeline_set(name, set).await {
        Ok(accepted) => Ok(Some(accepted)),
        Err(ApiError::Refused(Refused { problem, .. })) if !problem.errors.is_empty() => {
            if out.is_json() {
                out.json(&problem);
            } else {
                source::complain(file, &set.source, &problem.errors, out);
            }
            Ok(None)
        }
        Err(err) => Err(err.into()),
    }
}

fn set_line(accepted: &PipelineAccepted, look: Look) -> String {
    let pipeline = &accepted.pipeline;
    let name = look.paint(Tone::Strong, &pipeline.name);
    if accepted.is_new_version {
        format!("{name} is at version {} now", pipeline.version)
    } else {
        format!("{name} has not changed; it stays at version {}", pipeline.version)
    }
}

async fn validate(file: &Path, set: &PipelineSet, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let validation = api.pipeline_validate(set).await?;
    if !out.is_json() {
        source::complain(file, &set.source, &validation.diagnostics, out);
    }
    let file = file.display();
    out.result(&validation, |look| match validation.valid {
        true => vec![look.paint(Tone::Good, &format!("{file} is valid"))],
        false => vec![],
    });
    Ok(if validation.valid { Exit::Succeeded } else { Exit::Usage })
}

async fn get(name: &str, version: Option<u32>, api: &Api, out: &Out) -> anyhow::Result<()> {
    let version = match version {
        Some(version) => version,
        None => api.pipeline(name).await?.version,
    };
    let version = api.pipeline_version(name, version).await?;
    let source = version.source.clone().unwrap_or_default();
    if out.is_json() {
        out.json(&version);
    } else {
        // As it was written, with all that is in it: it goes into files.
        out.line(source.trim_end_matches('\n'));
    }
    Ok(())
}

async fn list(api: &Api, out: &Out) -> anyhow::Result<()> {
    let pipelines = api.pipelines().await?;
    out.result(&pipelines, |look| {
        if pipelines.is_empty() {
            return vec![
                "there are no pipelines yet; add one with `tenon pipeline set FILE`".into(),
            ];
        }
        let rows: Vec<[String; 4]> = pipelines
            .iter()
            .map(|pipeline| {
                let state =
                    if pipeline.paused { look.paint(Tone::Late, "paused") } else { String::new() };
                let name = look.paint(Tone::Strong, &pipeline.name);
                [name, pipeline.version.to_string(), pipeline.updated_at.to_string(), state]
            })
            .collect();
        table::lines(["NAME", "VERSION", "CHANGED", ""], &rows, look)
    });
    Ok(())
}

/// What `show` prints as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    pipeline: &'a kernel_wire::pipeline::Pipeline,
    version: &'a kernel_wire::pipeline::PipelineVersion,
    runs: &'a [kernel_wire::run::Run],
}

async fn show(name: &str, api: &Api, out: &Out) -> anyhow::Result<()> {
    let pipeline = api.pipeline(name).await?;
    let version = api.pipeline_version(name, pipeline.version).await?;
    let runs = api.runs(&[("pipeline", name)], RUNS_SHOWN).await?;
    let shown = Shown { pipeline: &pipeline, version: &version, runs: &runs };
    out.result(&shown, |look| {
        let paused = if pipeline.paused { "  (paused)" } else { "" };
        let name = look.paint(Tone::Strong, &pipeline.name);
        let mut lines = vec![
            format!("{name}{}", look.paint(Tone::Late, paused)),
            format!("  version   {} of {}", version.version, version.created_at),
            format!("  source    {} ({})", version.file_name, version.language),
        ];
        for job in &version.jobs {
            let after = if job.needs.is_empty() {
                String::new()
            } else {
                format!("  after {}", job.needs.join(", "))
            };
            lines.push(format!("  job       {}{}", job.name, look.paint(Tone::Quiet, &after)));
        }
        for poll in &version.polls {
            lines.push(format!(
                "  polls     {} every {}",
                poll.name,
                duration::human(poll.every_ms)
            ));
        }
        if !version.open_vars.is_empty() {
            lines.push(format!("  asks for  {}", version.open_vars.join(", ")));
        }
        if !runs.is_empty() {
            lines.push(String::new());
            lines.extend(runs::table(&runs, look));
        }
        lines
    });
    Ok(())
}

async fn pause(name: &str, paused: bool, api: &Api, out: &Out) -> anyhow::Result<()> {
    let pipeline = api.pipeline_pause(name, paused).await?;
    let word = if paused { "paused: it starts no runs" } else { "not paused: it starts runs" };
    out.result(&pipeline, |_| vec![format!("{name} is {word}")]);
    Ok(())
}

async fn versions(name: &str, api: &Api, out: &Out) -> anyhow::Result<()> {
    let versions = api.pipeline_versions(name).await?;
    out.result(&versions, |look| {
        let rows: Vec<[String; 4]> = versions
            .iter()
            .map(|version| {
                [
                    version.version.to_string(),
                    version.created_at.to_string(),
                    version.file_name.clone(),
                    version.language.clone(),
                ]
            })
            .collect();
        table::lines(["VERSION", "SET", "FILE", "LANGUAGE"], &rows, look)
    });
    Ok(())
}
