//! The commands: one call of the API each, and what is printed of the answer.

use crate::api::Api;
use crate::api::error::ApiError;
use crate::args::{Command, RunArgs};
use crate::exit::Exit;
use crate::out::Out;

pub mod access;
mod app;
mod audit;
mod browser;
pub mod pipeline;
pub mod plugin;
mod project;
pub mod run;
pub mod runs;
mod secret;
pub(crate) mod start;
mod visitor;
mod workspace;

/// Does what a command says.
///
/// # Errors
/// Fails when the server refuses or is not there; [`exit`] says how to end then.
pub async fn execute(command: &Command, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        Command::Project(command) => project::execute(command, api, out).await,
        Command::Pipeline(command) => pipeline::execute(command, api, out).await,
        Command::Runs(command) => runs::execute(command, api, out).await,
        Command::Workspace(command) => workspace::execute(command, api, out).await,
        Command::Secret(command) => secret::execute(command, api, out).await,
        Command::Plugin(command) => plugin::execute(command, api, out).await,
        Command::Whoami => access::whoami(api, out).await,
        Command::User { command, .. } => access::user(command, api, out).await,
        Command::Visitor(command) => visitor::execute(command, api, out).await,
        Command::App(command) => app::execute(command, api, out).await,
        Command::Password => access::password_change(api, out).await,
        Command::Token(command) => access::token(command, api, out).await,
        Command::Role(command) => access::role(command, api, out).await,
        Command::Rule(command) => access::rule(command, api, out).await,
        Command::Audit(command) => audit::execute(command, api, out).await,
        // They keep tokens, which this does not: `access::logins` does them.
        Command::Login { .. } | Command::Logout { .. } => Ok(Exit::Usage),
    }
}

/// Does `tenon run`: sets the pipeline of the file, starts it, and follows it.
///
/// # Errors
/// As [`execute`].
pub async fn run(args: &RunArgs, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    run::execute(args, api, out).await
}

/// Arguments that make no sense, as only the command itself can tell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Returns how the process ends that meets this error.
#[must_use]
pub fn exit(err: &anyhow::Error) -> Exit {
    if err.chain().any(|cause| cause.is::<Usage>()) {
        return Exit::Usage;
    }
    err.chain()
        .find_map(|cause| cause.downcast_ref::<ApiError>())
        .map_or(Exit::Broken, ApiError::exit)
}

/// Returns who asks, for the server's records.
pub(crate) fn by() -> String {
    "tenon (command line)".to_owned()
}
