//! `tenon project …`

use clap::Subcommand;

/// `tenon project …`
#[derive(Debug, Clone, Subcommand)]
pub enum ProjectCommand {
    /// List the projects in which you may see something
    #[command(visible_alias = "ls")]
    List,
    /// Make a project, with a database of its own
    #[command(
        after_help = "Example:\n  tenon project create web\n  tenon pipeline set ci.yml --project web"
    )]
    Create {
        /// Lower-case letters, digits and dashes
        name: String,
    },
    /// Remove a project with its pipelines, runs, logs, artifacts and secrets
    #[command(visible_alias = "rm")]
    Remove {
        name: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// Cancel its runs in progress; without it they are in the way
        #[arg(long)]
        force: bool,
    },
}
