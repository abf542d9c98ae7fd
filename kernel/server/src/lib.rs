//! Configuration, wiring and the commands of the `tenon` binary.
//!
//! `tenon server` and `tenon run` are one engine: the first listens on a port, the second calls the
//! same API inside its process and ends with its run.
//!
//! Invariants:
//! - The only crate that may name all others.
//! - What ships is listed in one place ([`standard`]).
//! - Secret values pass this crate masked or not at all.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::CommandFactory as _;
use kernel_cli::api::Api;
use kernel_cli::api::transport::Network;
use kernel_cli::args::PluginCommand;
use kernel_cli::exit::Exit;
use kernel_cli::out::{Out, Surroundings};

use crate::args::{Cli, Command};

mod access;
pub mod args;
mod config;
mod config_command;
mod conform;
mod engine;
mod identities;
mod in_process;
mod inspect;
mod keys;
mod local;
mod masked_logs;
mod packages;
mod plugin_api;
mod project;
mod projects;
mod secret;
mod server;
pub mod standard;
mod telemetry;

/// What is still going on at the end gets so long.
const LAST: Duration = Duration::from_millis(500);

/// Does what the command line says.
#[must_use]
pub fn main(cli: Cli) -> ExitCode {
    let out = Out::new(&cli.common, surroundings());
    let exit = match start(cli, &out) {
        Ok(exit) => exit,
        Err(err) => {
            let word = out.look_err.paint(kernel_cli::show::look::Tone::Bad, "error");
            out.aside(&format!("{word}: {err:#}\n"));
            exit_of(&err)
        }
    };
    ExitCode::from(exit.code())
}

/// Settings with mistakes are wrong arguments.
fn exit_of(err: &anyhow::Error) -> Exit {
    let is_usage = err.chain().any(|cause| {
        cause.is::<kernel_settings::Mistakes>() || cause.is::<kernel_settings::FileError>()
    });
    if is_usage { Exit::Usage } else { kernel_cli::command::exit(err) }
}

/// The first argument of this binary when it starts a program under limits, for its own use.
pub const EXEC: &str = "__exec";

/// Applies limits to this process and becomes another program; returns only if that fails.
#[must_use]
pub fn exec(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let err = kernel_process::exec::main(args);
    // What a program of a step says goes to the step's log.
    let _ = writeln!(std::io::stderr(), "{err}");
    ExitCode::from(kernel_process::exec::EXIT_CODE)
}

fn start(cli: Cli, out: &Out) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    let result = runtime.block_on(execute(cli, out));
    runtime.shutdown_timeout(LAST);
    result
}

async fn execute(cli: Cli, out: &Out) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Run(args) => local::run(&args, out).await,
        Command::Server(args) => server::serve(*args).await,
        Command::Config(command) => config_command::execute(&command, out),
        Command::Client(kernel_cli::args::Command::Plugin(PluginCommand::Inspect { plugin }))
            if inspect::is_file(&plugin) =>
        {
            inspect::print(&plugin, out)
        }
        Command::Client(kernel_cli::args::Command::User { data: Some(data), command }) => {
            access::offline(&data, &command, out).await
        }
        Command::Client(kernel_cli::args::Command::Plugin(PluginCommand::Conform {
            file,
            config,
            secrets,
        })) => conform::check(&file, config.as_deref(), &secrets, out).await,
        Command::Client(kernel_cli::args::Command::Plugin(PluginCommand::Author(command))) => {
            kernel_cli::author::execute(&command, inspect::of_author, out).await
        }
        Command::Client(command) => {
            kernel_host::tls_install();
            let logins = kernel_cli::login::Logins::open(config_folder().as_deref());
            let token = cli.common.token.clone().or_else(|| logins.token(&cli.common.server));
            let network =
                Network::new(&cli.common.server).map_err(kernel_cli::api::error::ApiError::from)?;
            let project = command.is_about_a_project().then(|| project(&cli.common)).flatten();
            let api = Api::new(Arc::new(network)).with_token(token).with_project(project);
            if let Some(done) =
                kernel_cli::command::access::logins(&command, &api, &cli.common, &logins, out).await
            {
                return done;
            }
            kernel_cli::command::execute(&command, &api, out).await
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tenon", &mut std::io::stdout());
            Ok(Exit::Succeeded)
        }
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            let plugins: Vec<&str> = standard::STANDARD.iter().map(|plugin| plugin.name).collect();
            let json = serde_json::json!({ "version": version, "plugins": plugins });
            out.result(&json, |_| vec![format!("tenon {version}")]);
            Ok(Exit::Succeeded)
        }
    }
}

/// Returns the folder of the user's settings.
fn config_folder() -> Option<std::path::PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = || folder("HOME").map(|home| std::path::PathBuf::from(home).join(".config"));
    let config = folder("XDG_CONFIG_HOME").map(std::path::PathBuf::from).or_else(home);
    config.map(|config| config.join("tenon"))
}

/// Returns the project that commands are about, if somebody says one.
fn project(common: &kernel_cli::args::Common) -> Option<String> {
    let variable = || std::env::var_os("TENON_PROJECT").and_then(|name| name.into_string().ok());
    common.project.clone().or_else(variable).filter(|name| !name.is_empty())
}

fn surroundings() -> Surroundings {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Surroundings {
        no_color: is_set("NO_COLOR"),
        ci: is_set("CI"),
        dumb: std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
    }
}
