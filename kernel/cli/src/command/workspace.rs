//! `tenon workspace …`

use kernel_wire::workspace::{WorkspaceMake, WorkspaceSet, WorkspaceState};

use crate::api::Api;
use crate::args::workspace::WorkspaceCommand;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::workspace;

pub(super) async fn execute(
    command: &WorkspaceCommand,
    api: &Api,
    out: &Out,
) -> anyhow::Result<Exit> {
    match command {
        WorkspaceCommand::List => {
            let all = api.workspaces().await?;
            out.result(&all, |look| workspace::lines(&all, look));
        }
        WorkspaceCommand::Create { name, base } => {
            let make = WorkspaceMake { name: name.clone(), base: base.clone() };
            let made = api.workspace_make(&make).await?;
            out.result(&made, |_| match &made.base {
                Some(base) => vec![format!("{name} was made; it inherits from {base}")],
                None => vec![format!("{name} was made")],
            });
        }
        WorkspaceCommand::Set { name, base } => {
            // An empty name takes the base away.
            let set = WorkspaceSet {
                base: Some(base.base.clone().unwrap_or_default()),
                ..WorkspaceSet::default()
            };
            let set = api.workspace_set(name, &set).await?;
            out.result(&set, |_| match &set.base {
                Some(base) => vec![format!("{name} inherits from {base} now")],
                None => vec![format!("{name} inherits from nothing now")],
            });
        }
        WorkspaceCommand::Pause { name } => {
            become_(name, WorkspaceState::Paused, "is paused: it begins no runs", api, out).await?;
        }
        WorkspaceCommand::Resume { name } => {
            become_(name, WorkspaceState::Active, "is active: it begins runs", api, out).await?;
        }
        WorkspaceCommand::Archive { name } => {
            let said = "is archived: its runs were asked to stop, and its name is free";
            become_(name, WorkspaceState::Archived, said, api, out).await?;
        }
    }
    Ok(Exit::Succeeded)
}

async fn become_(
    name: &str,
    state: WorkspaceState,
    said: &str,
    api: &Api,
    out: &Out,
) -> anyhow::Result<()> {
    let set = WorkspaceSet { state: Some(state), ..WorkspaceSet::default() };
    let is = api.workspace_set(name, &set).await?;
    out.result(&is, |_| vec![format!("{name} {said}")]);
    Ok(())
}
