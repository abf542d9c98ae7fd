//! What can be typed about accounts and the audit.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::show::duration;

/// `tenon user …`
#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password, or reads it from standard input
    #[command(after_help = "Example:\n  tenon user add alice --role editor --group platform")]
    Add {
        name: String,
        /// What the user may do on the server; without one, rules say
        #[arg(long)]
        role: Option<String>,
        /// A group that rules can ask for; may be repeated
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        /// Where mail reaches the user
        #[arg(long)]
        email: Option<String>,
        /// Add one who cannot log in by password
        #[arg(long)]
        no_password: bool,
    },
    /// List the users
    #[command(visible_alias = "ls")]
    List,
    /// Give a user another password, which ends all logins and tokens of that user
    Password { name: String },
    /// Let a user in no more, which ends all logins and tokens of that user
    Disable { name: String },
    /// Let a user in again
    Enable { name: String },
    /// Remove a user
    Rm { name: String },
}

/// `tenon token …`
#[derive(Debug, Clone, Subcommand)]
pub enum TokenCommand {
    /// Make a token, and print it this once
    #[command(
        after_help = "Example:\n  tenon token create deploy --verb run --service --expires 90d"
    )]
    Create {
        /// What it is for
        name: String,
        /// What it may do: view, run, approve, edit, secret-write, admin; may be repeated
        /// What it may do: view, run, approve, edit, secret-write or admin
        #[arg(long = "verb", value_name = "VERB", value_delimiter = ',', required = true)]
        verbs: Vec<String>,
        /// A project where it works, or `*`; may be repeated
        #[arg(id = "project", long = "project", value_name = "NAME")]
        projects: Vec<String>,
        /// A workspace where it works, `*`, or `x/*` for what is below `x`; may be repeated
        #[arg(long = "workspace", value_name = "PATTERN")]
        workspaces: Vec<String>,
        /// Time after which it works no more, such as 12h or 90d
        #[arg(long, value_name = "TIME", value_parser = duration::parse)]
        expires: Option<Duration>,
        /// It acts for nobody, and outlives whoever makes it
        #[arg(long)]
        service: bool,
    },
    /// List tokens: one's own, or with `admin`, all
    #[command(visible_alias = "ls")]
    List,
    /// Revoke a token for good
    Revoke { id: String },
}

/// `tenon app …`
#[derive(Debug, Clone, Subcommand)]
pub enum AppCommand {
    /// List connected apps: one's own, or with `admin`, all
    #[command(visible_alias = "ls")]
    List,
    /// Revoke what an app was let in for; all its tokens end at once
    Revoke {
        /// Such as app_…, as the list has it
        id: String,
    },
}

/// `tenon visitor …`
#[derive(Debug, Clone, Subcommand)]
pub enum VisitorCommand {
    /// List who has logged in by other systems
    #[command(visible_alias = "ls")]
    List,
    /// Log a visitor out everywhere, and let them in no more
    Disable {
        /// Such as oidc/583231, as the list has it
        id: String,
    },
    /// Let a visitor in again
    Enable {
        /// Such as oidc/583231, as the list has it
        id: String,
    },
}

/// `tenon role …`
#[derive(Debug, Clone, Subcommand)]
pub enum RoleCommand {
    /// List the roles and what they may do
    #[command(visible_alias = "ls")]
    List,
    /// Set what a role may do
    #[command(after_help = "Example:\n  tenon role set releaser --verb view,approve")]
    Set {
        name: String,
        /// What it may do: view, run, approve, edit, secret-write or admin
        #[arg(long = "verb", value_name = "VERB", value_delimiter = ',', required = true)]
        verbs: Vec<String>,
    },
    /// Remove a role that nobody has
    Rm { name: String },
}

/// Where a rule counts.
#[derive(Debug, Clone, Args)]
pub struct RulePlace {
    /// For this pipeline; without it, for the server
    #[arg(short, long)]
    pub pipeline: Option<String>,
}

/// `tenon rule …`
#[derive(Debug, Clone, Subcommand)]
pub enum RuleCommand {
    /// List the rules
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        place: RulePlace,
    },
    /// Set for whom a role counts
    #[command(
        after_help = "Example:\n  tenon rule set editor '\"platform\" in groups && provider == \"local\"'"
    )]
    Set {
        role: String,
        /// True for those who have the role
        expression: String,
        #[command(flatten)]
        place: RulePlace,
    },
    /// Try an expression on a user, and set nothing
    Test {
        expression: String,
        /// Whom to try it on
        #[arg(long)]
        user: String,
    },
    /// Remove a rule
    Rm {
        role: String,
        #[command(flatten)]
        place: RulePlace,
    },
}

/// `tenon audit …`
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// List what was done, the newest first
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        filter: AuditFilter,
        /// How many
        #[arg(short = 'n', long, default_value_t = 50)]
        limit: usize,
    },
    /// Print all of it for other programs
    Export {
        #[command(flatten)]
        filter: AuditFilter,
        /// How it is written
        #[arg(long, value_enum, default_value_t)]
        format: AuditFormat,
    },
    /// Check that nobody has changed it
    Verify {
        /// A head that was noted before, as SEQ:HASH
        #[arg(long, value_name = "HEAD")]
        expect: Option<String>,
    },
}

/// What to look for.
#[derive(Debug, Clone, Default, Args)]
pub struct AuditFilter {
    /// Only of this one, such as user/alice
    #[arg(long)]
    pub actor: Option<String>,
    /// Only what begins so, such as pipeline.
    #[arg(long)]
    pub action: Option<String>,
    /// Only on this
    #[arg(long)]
    pub target: Option<String>,
    /// Only what was done, denied or failed
    #[arg(long)]
    pub outcome: Option<String>,
    /// Only at this time or later
    #[arg(long)]
    pub since: Option<String>,
    /// Only before this time
    #[arg(long)]
    pub until: Option<String>,
}

/// How the audit is printed for other programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// One document per line.
    #[default]
    Json,
    Csv,
}
