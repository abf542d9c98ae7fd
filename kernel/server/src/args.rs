//! The command line as a whole.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use kernel_cli::args::{Command as ClientCommand, Common, RunArgs};

pub use self::server::ServerArgs;

mod server;

const ABOUT: &str = "Runs pipelines: on this machine, or on a server that keeps them";

const EXAMPLES: &str = "\
Examples:
  tenon run ci.yml                      run a pipeline here, without a server
  tenon run ci.yml -j test -a level=3   only the job `test`, with an argument
  tenon server                          start a server on http://127.0.0.1:7070
  tenon pipeline set ci.yml             give the server a pipeline
  tenon pipeline run ci                 run it there, and follow it
  tenon runs list --status failed       look for what went wrong
  tenon runs retry run_06f8… -f         run again what did not succeed";

/// Tenon, an automation server.
#[derive(Debug, Parser)]
#[command(name = "tenon", version, about = ABOUT, after_help = examples_and_codes(), max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

fn examples_and_codes() -> String {
    format!("{EXAMPLES}\n\n{}", kernel_cli::exit::HELP)
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a pipeline from a file on this machine, and follow it
    #[command(after_help = kernel_cli::exit::HELP)]
    Run(Box<RunArgs>),
    /// Start a server
    Server(Box<ServerArgs>),
    /// Look at the settings of a server, and check them
    #[command(subcommand)]
    Config(ConfigCommand),
    #[command(flatten)]
    Client(ClientCommand),
    /// Print a script that completes commands in a shell
    #[command(
        after_help = "Example:\n  tenon completions bash > ~/.local/share/bash-completion/completions/tenon"
    )]
    Completions { shell: Shell },
    /// Print the version
    Version,
}

/// `tenon config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show what every setting is, and where that was said; secrets are masked
    #[command(after_help = FLAGS_TOO)]
    Show {
        #[command(flatten)]
        server: Box<ServerArgs>,
    },
    /// Say everything that is wrong with the settings, and start nothing
    #[command(after_help = FLAGS_TOO)]
    Check {
        /// The file to check, in place of the one that the server would read
        #[arg(value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
        #[command(flatten)]
        server: Box<ServerArgs>,
    },
    /// Print the JSON Schema of the file, for editors
    Schema,
}

const FLAGS_TOO: &str =
    "It takes all flags of `tenon server`, and reads the same file and variables.";

#[cfg(test)]
mod tests;
