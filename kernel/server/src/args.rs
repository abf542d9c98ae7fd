//! The command line as a whole.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use kernel_cli::args::{Command as ClientCommand, Common, RunArgs};
use kernel_cli::show::duration;

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

/// How the server's own log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Arguments of `tenon server`.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Where everything is kept; created where missing
    #[arg(long, env = "TENON_DATA", default_value = "./tenon-data", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: PathBuf,
    /// Address to listen on
    #[arg(long, env = "TENON_LISTEN", default_value = "127.0.0.1:7070", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Ask nobody who they are: whoever reaches the server may do everything
    #[arg(long, env = "TENON_NO_AUTH")]
    pub no_auth: bool,
    /// With --no-auth, listen on addresses that other machines reach too
    #[arg(long, env = "TENON_NO_AUTH_PUBLIC", requires = "no_auth")]
    pub no_auth_public: bool,
    /// The SHA-256, in hex, of a token that may do everything
    #[arg(long, env = "TENON_SUPER_TOKEN_HASH", value_name = "SHA256")]
    pub super_token_hash: Option<String>,
    /// A user who may do everything, by HTTP basic authentication
    #[arg(long, env = "TENON_BASIC_AUTH", hide_env_values = true, value_name = "NAME:PASSWORD")]
    pub basic_auth: Option<String>,
    /// Let browsers send the cookies of sessions over HTTPS only
    #[arg(long, env = "TENON_SECURE_COOKIES")]
    pub secure_cookies: bool,
    /// Time after which a session that nobody uses ends
    #[arg(long, env = "TENON_SESSION_IDLE", default_value = "12h", value_name = "TIME", value_parser = duration::parse)]
    pub session_idle: Duration,
    /// Time after which every session ends
    #[arg(long, env = "TENON_SESSION_LIFE", default_value = "168h", value_name = "TIME", value_parser = duration::parse)]
    pub session_life: Duration,
    /// Time for which it stays written down what was done; 14 days at least. Without it: always
    #[arg(long, env = "TENON_AUDIT_KEEP", value_name = "TIME", value_parser = duration::parse)]
    pub audit_keep: Option<Duration>,
    /// A folder of plugins (*.wasm), which add to and override the built-in ones
    #[arg(long, env = "TENON_PLUGINS", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub plugins: Option<PathBuf>,
    /// Let a plugin of that folder use a capability, such as my-plugin=process:git; may be repeated
    #[arg(
        long = "grant",
        env = "TENON_GRANTS",
        value_delimiter = ';',
        value_name = "PLUGIN=CAPABILITY[:PARAMETER]"
    )]
    pub grants: Vec<Grant>,
    /// A file with the key that seals secrets; TENON_KEY holds the key itself, and without
    /// either the server makes one
    #[arg(long, env = "TENON_KEY_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key_file: Option<PathBuf>,
    /// How many runs may be in progress
    #[arg(long, env = "TENON_RUNS_MAX", default_value_t = 100, value_name = "N")]
    pub runs_max: usize,
    /// How many accepted runs may wait for that; more are refused
    #[arg(long, env = "TENON_QUEUE_MAX", default_value_t = 10_000, value_name = "N")]
    pub queue_max: usize,
    /// How many steps may work at a time, over all runs
    #[arg(long, env = "TENON_ATTEMPTS_MAX", default_value_t = 64, value_name = "N")]
    pub attempts_max: usize,
    /// The launcher for steps whose pipeline and run name none
    #[arg(long, env = "TENON_LAUNCHER", default_value = "process", value_name = "NAME")]
    pub launcher: String,
    /// A tag that steps may ask for; may be repeated
    #[arg(long = "tag", env = "TENON_TAGS", value_delimiter = ',', value_name = "TAG")]
    pub tags: Vec<String>,
    /// Time between asking a step to stop and ending it
    #[arg(long, env = "TENON_GRACE", default_value = "10s", value_name = "TIME", value_parser = duration::parse)]
    pub grace: Duration,
    /// Time that steps in progress get when the server stops; they go on after the next start
    #[arg(long, env = "TENON_DRAIN", default_value = "30s", value_name = "TIME", value_parser = duration::parse)]
    pub drain: Duration,
    /// How the server's own log looks
    #[arg(long, env = "TENON_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// What is logged: error, warn, info, debug, trace, or a filter such as info,kernel_host=debug
    #[arg(long, env = "TENON_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,
}

/// A plugin and what it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub plugin: String,
    pub rule: String,
}

impl std::str::FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((plugin, rule)) if !plugin.is_empty() && !rule.is_empty() => {
                Ok(Self { plugin: plugin.to_owned(), rule: rule.to_owned() })
            }
            _ => Err(format!(
                "{text:?} is not a grant; expected PLUGIN=CAPABILITY, such as my-plugin=process:git"
            )),
        }
    }
}

#[cfg(test)]
mod tests;
