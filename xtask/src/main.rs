//! `cargo xtask`: what an alias cannot say. Building the plugins, the demo, the whole check.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a person")]

mod check;
mod component;
mod debian;
mod demo;
mod example;
mod moto;
mod npm;
mod plugins;
mod sdk;
mod tool;

use std::process::ExitCode;

use clap::Parser;

/// Builds, shows and checks Tenon.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Build the standard plugins into target/plugins, where the server's build takes them from
    Plugins,
    /// Build everything in release mode and run a pipeline
    Demo,
    /// Package the SDK for Rust, and unpack it as authors get it
    Sdk {
        /// The folder, which is replaced; without it: target/sdk
        folder: Option<std::path::PathBuf>,
    },
    /// Follow the READMEs of the examples of plugins, or the one that is named
    Examples { name: Option<String> },
    /// Check everything: format, lints, plugins, tests
    Test,
}

fn main() -> ExitCode {
    let ended = match Task::parse() {
        Task::Plugins => plugins::build(),
        Task::Demo => demo::show(),
        Task::Sdk { folder } => sdk::pack(folder),
        Task::Examples { name } => example::follow(name.as_deref()),
        Task::Test => check::everything(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}
