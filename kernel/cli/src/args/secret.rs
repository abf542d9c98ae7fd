//! `tenon secret …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// Where a secret counts.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ScopeArgs {
    /// Where it counts: server, project (the default), or with --pipeline one pipeline
    #[arg(long, value_name = "SCOPE", default_value = "project", conflicts_with = "pipeline")]
    pub scope: String,
    /// Only for this pipeline
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
}

/// `tenon secret …`
#[derive(Debug, Clone, Subcommand)]
pub enum SecretCommand {
    /// Set a secret; the value comes from a prompt, from standard input, or from a file
    #[command(
        after_help = "Examples:\n  tenon secret set TOKEN\n  gh auth token | tenon secret set TOKEN --pipeline ci\n  tenon secret set deploy-key --from-file ~/.ssh/deploy --scope server"
    )]
    Set {
        /// How pipelines refer to it: secret:NAME or ((secret:NAME))
        name: String,
        #[command(flatten)]
        scope: ScopeArgs,
        /// Take the value from a file
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        from_file: Option<PathBuf>,
        /// The value itself; other users of this machine can see it while the command runs
        #[arg(long, value_name = "VALUE", conflicts_with = "from_file")]
        value: Option<String>,
    },
    /// List the names of secrets, never their values
    List {
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Remove a secret
    Remove {
        name: String,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Replace the server key; data keys are sealed again
    RotateKey {
        /// The new key, for servers whose operator gives the key
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        from_file: Option<PathBuf>,
    },
    /// Move all values to another backend, and use that from then on
    #[command(
        after_help = "Example:\n  tenon secret migrate --from secrets-local --to secrets-vault"
    )]
    Migrate {
        /// The backend that has them
        #[arg(long, value_name = "BACKEND")]
        from: String,
        /// The backend that gets them
        #[arg(long, value_name = "BACKEND")]
        to: String,
    },
}
