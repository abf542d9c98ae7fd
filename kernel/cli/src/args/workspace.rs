//! `tenon workspace …`

use clap::{Args, Subcommand};

/// `tenon workspace …`
#[derive(Debug, Clone, Subcommand)]
pub enum WorkspaceCommand {
    /// List the workspaces, each below the one that it inherits from
    #[command(visible_alias = "ls")]
    List,
    /// Make a workspace
    #[command(
        after_help = "Examples:\n  tenon workspace create production\n  tenon workspace create dev/joe --base production"
    )]
    Create {
        /// Such as production or dev/joe
        name: String,
        /// What it inherits from: caches and results that are not found here are looked for there
        #[arg(long, value_name = "WORKSPACE")]
        base: Option<String>,
    },
    /// Change what a workspace inherits from
    Set {
        name: String,
        #[command(flatten)]
        base: BaseArgs,
    },
    /// Begin no more runs in a workspace; they queue up, and those in progress go on
    Pause { name: String },
    /// Begin the runs of a paused workspace
    Resume { name: String },
    /// Cancel all runs in a workspace, and remove it with its caches; its ended runs stay readable
    Archive { name: String },
}

/// The new base.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct BaseArgs {
    /// Inherit from this one
    #[arg(long, value_name = "WORKSPACE")]
    pub base: Option<String>,
    /// Inherit from none
    #[arg(long)]
    pub no_base: bool,
}
