//! `cargo xtask`: what an alias cannot say. Building the plugins, the demo, the whole check.
#![expect(clippy::print_stdout, reason = "it talks to a person at a terminal")]

mod check;
mod component;
mod demo;
mod plugins;
mod tool;

use anyhow::Result;
use clap::Parser;

/// Builds, shows and checks Tenon.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Build the standard plugins into target/plugins, where the server's build takes them from
    Plugins,
    /// Build everything in release mode and run a pipeline
    Demo,
    /// Check everything: format, lints, plugins, tests
    Test,
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Plugins => plugins::build(),
        Task::Demo => demo::show(),
        Task::Test => check::everything(),
    }
}
