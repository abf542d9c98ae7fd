//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::args::pairs::{Pair, Typed};
pub use crate::args::plugin::PluginCommand;
use crate::args::secret::SecretCommand;
use crate::args::workspace::WorkspaceCommand;
use crate::show::duration;

mod access;
pub mod author;
pub mod pairs;
pub mod plugin;
mod project;
pub mod secret;
pub mod workspace;

pub use access::{
    AppCommand, AuditCommand, AuditFilter, AuditFormat, RoleCommand, RuleCommand, TokenCommand,
    UserCommand, VisitorCommand,
};
pub use project::ProjectCommand;

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document, or one per line while something goes on.
    Json,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// How results are printed
    #[arg(long, value_enum, default_value_t, global = true, help_heading = "Global options")]
    pub output: Output,
    /// Print no colours (as with the variable NO_COLOR)
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_color: bool,
    /// Address of the server
    #[arg(
        short,
        long,
        env = "TENON_SERVER",
        default_value = "http://127.0.0.1:7070",
        value_name = "URL",
        global = true,
        help_heading = "Global options"
    )]
    pub server: String,
    /// A token of the server; without it, that of the last `tenon login` there
    #[arg(
        long,
        env = "TENON_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        global = true,
        help_heading = "Global options"
    )]
    pub token: Option<String>,
    /// The project of pipelines, runs and secrets; without it that of the variable TENON_PROJECT, or
    /// the one that the server takes
    #[arg(long, value_name = "NAME", global = true, help_heading = "Global options")]
    pub project: Option<String>,
}

/// Commands that talk to a server.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List, make and remove projects
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Set, list, start and remove pipelines
    #[command(subcommand)]
    Pipeline(PipelineCommand),
    /// List, follow, cancel and repeat runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Make, list, pause and archive workspaces: named environments of the project
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Set, list, remove and move secrets
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Install plugins and say what they may do; write, sign and publish your own
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Log in to a server, with a browser, by password or by a token
    #[command(
        after_help = "Examples:\n  tenon login                   shows a code to enter in a browser, here or elsewhere\n  tenon login alice             asks for the password, or reads it from standard input\n  tenon login --token tenon_…   keeps a token that somebody made"
    )]
    Login {
        /// The user, to log in by password
        name: Option<String>,
    },
    /// Log out of a server, and end the token there
    Logout {
        /// End all logins and tokens of this user, on all machines
        #[arg(long)]
        everywhere: bool,
    },
    /// Show who is logged in
    Whoami,
    /// Add, list and change users
    User {
        /// Work on the data folder of a server that is not running
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
        #[command(subcommand)]
        command: UserCommand,
    },
    /// List who has logged in by other systems, and let them in or not
    #[command(subcommand)]
    Visitor(VisitorCommand),
    /// List and revoke programs that were let in by OAuth
    #[command(subcommand)]
    App(AppCommand),
    /// Change one's own password
    #[command(
        after_help = "It asks for the old and the new password, or reads a line of the standard input for each."
    )]
    Password,
    /// Make, list and revoke tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// List, set and remove roles
    #[command(subcommand)]
    Role(RoleCommand),
    /// List, set, try and remove rules: who has a role
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Show what was done, and check that nobody has changed it
    #[command(subcommand)]
    Audit(AuditCommand),
}

impl Command {
    /// Returns whether it is about what a project has, and not about the server.
    #[must_use]
    pub fn is_about_a_project(&self) -> bool {
        matches!(self, Self::Pipeline(_) | Self::Runs(_) | Self::Secret(_) | Self::Rule(_))
    }
}

/// What a run is started with.
#[derive(Debug, Clone, Default, Args)]
pub struct StartArgs {
    /// Run only this job and what follows from it; may be repeated
    #[arg(short, long = "job", value_name = "JOB")]
    pub jobs: Vec<String>,
    /// Give a value to ((NAME)) in the pipeline; JSON keeps its type, anything else is text
    #[arg(short, long = "arg", value_name = "NAME=VALUE")]
    pub args: Vec<Typed>,
    /// Lend a secret to this run; NAME alone takes the value of the environment variable NAME
    #[arg(long = "secret", value_name = "NAME[=VALUE]")]
    pub secrets: Vec<Pair>,
    /// Run commands by this launcher, where the pipeline names none
    #[arg(long, value_name = "LAUNCHER")]
    pub launcher: Option<String>,
    /// Cancel the run after this time, such as 90s, 10m or 1h30m; the exit code is then 4
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
}

/// In which workspace a run is started.
#[derive(Debug, Clone, Default, Args)]
pub struct WhereArgs {
    /// Run in this workspace; without it in `default`
    #[arg(short, long, env = "TENON_WORKSPACE", value_name = "WORKSPACE")]
    pub workspace: Option<String>,
}

/// Arguments of `tenon run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The pipeline, such as ci.yml
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    #[command(flatten)]
    pub start: StartArgs,
    /// Give a value to ((NAME)) that is fixed when the pipeline is compiled
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<Typed>,
    /// Keep everything in this folder: runs, logs, artifacts, caches. Without it nothing is kept
    #[arg(long, env = "TENON_DATA", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// A folder of plugins (*.wasm), which add to and override the built-in ones
    #[arg(long, env = "TENON_PLUGINS", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub plugins: Option<PathBuf>,
    /// Let a plugin of that folder use a capability, such as my-plugin=process:git; may be repeated
    #[arg(long = "grant", value_name = "PLUGIN=CAPABILITY[:PARAMETER]", requires = "plugins")]
    pub grants: Vec<String>,
}

/// `tenon pipeline …`
#[derive(Debug, Clone, Subcommand)]
pub enum PipelineCommand {
    /// Store a pipeline, or a new version of it
    #[command(after_help = "Example:\n  tenon pipeline set ci.yml --name ci --var branch=main")]
    Set {
        /// The source; its name, without the extension, names the pipeline unless --name does
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// What to call it
        #[arg(short, long)]
        name: Option<String>,
        /// Give a value to ((NAME)) that is fixed from now on; JSON keeps its type
        #[arg(long = "var", value_name = "NAME=VALUE")]
        vars: Vec<Typed>,
    },
    /// Print the source of a pipeline
    Get {
        name: String,
        /// Not the newest version, but this one
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// List the pipelines
    #[command(visible_alias = "ls")]
    List,
    /// Show a pipeline: version, jobs, last runs
    Show { name: String },
    /// Remove a pipeline; its runs stay
    Rm { name: String },
    /// Start no more runs of a pipeline; those in progress go on
    Pause { name: String },
    /// Start runs of a pipeline again
    Unpause { name: String },
    /// Check a source, and store nothing
    Validate {
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Give a value to ((NAME)) that is fixed when the pipeline is compiled
        #[arg(long = "var", value_name = "NAME=VALUE")]
        vars: Vec<Typed>,
    },
    /// List the versions of a pipeline
    Versions { name: String },
    /// Start a run and follow it; the exit code is that of the run
    #[command(after_help = crate::exit::HELP)]
    Run {
        name: String,
        #[command(flatten)]
        place: WhereArgs,
        #[command(flatten)]
        start: StartArgs,
    },
    /// Start a run and print its id
    Trigger {
        name: String,
        #[command(flatten)]
        place: WhereArgs,
        #[command(flatten)]
        start: StartArgs,
    },
}

/// `tenon runs …`
#[derive(Debug, Clone, Subcommand)]
pub enum RunsCommand {
    /// List runs, the newest first
    #[command(visible_alias = "ls")]
    List {
        /// Only runs of this pipeline
        #[arg(short, long)]
        pipeline: Option<String>,
        /// Only runs in this workspace
        #[arg(short, long, env = "TENON_WORKSPACE")]
        workspace: Option<String>,
        /// Only runs in this state: queued, running, waiting, succeeded, failed, errored,
        /// timed-out, cancelled, skipped; may be repeated
        #[arg(long)]
        status: Vec<String>,
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        limit: u32,
    },
    /// Show a run with its steps
    Show { run: String },
    /// Print what the steps of a run have printed
    Logs {
        run: String,
        /// Go on until the run has ended; the exit code is then that of the run
        #[arg(short, long)]
        follow: bool,
        /// Only the output of this step, by path or number
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
    },
    /// Ask a run to stop; its hooks still run
    Cancel {
        run: String,
        /// Stop only this step, by path or number; the pipeline decides what follows
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
    },
    /// Run again what did not succeed, in a new run that reuses the rest
    Retry {
        run: String,
        /// Run this step and everything after it again
        #[arg(long, value_name = "STEP")]
        from: Option<String>,
        /// Run in this workspace, which inherits from that of the run
        #[arg(short, long)]
        workspace: Option<String>,
        /// Follow the new run; the exit code is that of the run
        #[arg(short, long)]
        follow: bool,
    },
    /// Run the same version with the same input again, from the beginning
    Rerun {
        run: String,
        /// Run in this workspace, which inherits from that of the run
        #[arg(short, long)]
        workspace: Option<String>,
        /// Follow the new run; the exit code is that of the run
        #[arg(short, long)]
        follow: bool,
    },
    /// List the files that a run has kept
    Artifacts { run: String },
    /// Work with one kept file
    #[command(subcommand)]
    Artifact(ArtifactCommand),
}

/// `tenon runs artifact …`
#[derive(Debug, Clone, Subcommand)]
pub enum ArtifactCommand {
    /// Fetch a kept file
    Get {
        run: String,
        name: String,
        /// Where to; `-` is the standard output. Without it: the last part of the name, here
        #[arg(short = 'O', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        to: Option<PathBuf>,
    },
}
