//! `tenon plugin build` and `tenon plugin test`.

use super::project::Project;
use super::{Component, Inspect, check};
use crate::args::author::FolderArgs;
use crate::exit::Exit;
use crate::out::Out;

pub(super) async fn execute(
    args: &FolderArgs,
    inspect: Inspect,
    out: &Out,
) -> anyhow::Result<Exit> {
    let project = Project::find(&args.folder).await?;
    project.build().await?;
    let component = Component::read(&project.built()?, inspect).await?;
    Ok(check::print(&component.inspected, false, out))
}

pub(super) async fn test(args: &FolderArgs) -> anyhow::Result<Exit> {
    Project::find(&args.folder).await?.test().await?;
    Ok(Exit::Succeeded)
}
