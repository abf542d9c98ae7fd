//! `tenon project …`

use std::io::IsTerminal as _;

use anyhow::{Context as _, bail};
use kernel_wire::project::ProjectCreate;

use crate::api::Api;
use crate::args::ProjectCommand;
use crate::command::Usage;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::Tone;
use crate::show::table;

pub(super) async fn execute(
    command: &ProjectCommand,
    api: &Api,
    out: &Out,
) -> anyhow::Result<Exit> {
    match command {
        ProjectCommand::List => {
            let projects = api.projects().await?;
            out.result(&projects, |look| {
                let rows: Vec<[String; 4]> = projects
                    .iter()
                    .map(|project| {
                        let name = look.paint(Tone::Strong, &project.name);
                        let runs = project.runs_open.to_string();
                        [name, runs, project.created_at.to_string(), project.created_by.clone()]
                    })
                    .collect();
                table::lines(["NAME", "OPEN RUNS", "MADE", "BY"], &rows, look)
            });
        }
        ProjectCommand::Create { name } => {
            let project = api.project_create(&ProjectCreate { name: name.clone() }).await?;
            out.result(&project, |_| {
                vec![format!("{0} is there; work in it with --project {0}", project.name)]
            });
        }
        ProjectCommand::Remove { name, yes, force } => {
            if !yes {
                ask(name)?;
            }
            api.project_remove(name, *force).await?;
            let removed = serde_json::json!({ "removed": name });
            out.result(&removed, |_| vec![format!("removed {name} and all that it had")]);
        }
    }
    Ok(Exit::Succeeded)
}

/// Asks whether it is meant: nothing brings a project back.
fn ask(name: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        let text = format!("removing {name} cannot be undone; say --yes if it is meant");
        return Err(Usage(text).into());
    }
    let terminal = console::Term::stderr();
    let question = format!(
        "This removes {name} with its pipelines, runs, logs, artifacts and secrets.\n\
         Type its name to go on: "
    );
    terminal.write_str(&question).context("failed to ask")?;
    let answer = terminal.read_line().context("failed to read the answer")?;
    if answer.trim() != name {
        bail!("the names differ; nothing was removed");
    }
    Ok(())
}
