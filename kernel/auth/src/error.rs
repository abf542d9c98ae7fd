//! Why somebody is not known, may not, or cannot.

use kernel_model::access::{Audience, ScopeError, Verbs};
use kernel_model::name::NameError;
use kernel_ports::store::StoreError;

use crate::rule::RuleError;

/// Why it is not known who asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("nobody is logged in")]
    Nobody,
    #[error("this is not a token of this server")]
    Forged,
    #[error("this token was revoked")]
    Revoked,
    #[error("this token has expired")]
    Expired,
    #[error("the user of this token is disabled, or was removed")]
    Disabled,
    #[error("this token is for {}, not for {}", meant.path(), found.path())]
    Audience { meant: Audience, found: Audience },
    #[error("this session is over")]
    SessionOver,
    #[error("the name or the password is wrong")]
    Password,
    #[error("there were too many wrong passwords")]
    Throttled { wait_ms: u64 },
}

/// Why a login did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Never says which of the two.
    #[error("the name or the password is wrong")]
    Wrong,
    #[error("there were too many wrong passwords")]
    Throttled { wait_ms: u64 },
    #[error("too many people log in at this moment")]
    Busy,
    /// For whoever is known already.
    #[error("the old password is wrong")]
    WrongOld,
    /// Another system keeps it, or nobody does.
    #[error("{who} has no password on this server")]
    NoPassword { who: String },
    #[error("{who} is disabled on this server")]
    Disabled { who: String },
    /// Another system vouches for them, but nobody here has given them anything to do.
    #[error("{who} may do nothing on this server: no rule fits")]
    NotAdmitted { who: String },
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Why something about accounts could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("there is no user {name:?}")]
    UserUnknown { name: String },
    #[error("there is a user {name:?} already")]
    UserTaken { name: String },
    #[error("nobody has logged in here as {name:?}")]
    VisitorUnknown { name: String },
    #[error("there is no token {token}")]
    TokenUnknown { token: String },
    #[error("there is no connected app {app}")]
    AppUnknown { app: String },
    #[error("{max} apps are connected to this account already; revoke one first")]
    AppsFull { max: usize },
    #[error("only who is logged in with a browser can let in an app")]
    NoSession,
    #[error("there is no role {role:?}; there are {known}")]
    RoleUnknown { role: String, known: String },
    #[error("the role {role:?} is built in and stays as it is")]
    RoleBuiltIn { role: String },
    #[error("the role {role:?} is in use by {by}")]
    RoleUsed { role: String, by: String },
    #[error("there is no rule for {role:?} on {scope}")]
    RuleUnknown { role: String, scope: String },
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Scope(#[from] ScopeError),
    #[error("{reason}")]
    Invalid { reason: String },
    #[error("nobody can hand out more than they have: {missing} is missing")]
    NotCovered { missing: Missing },
    #[error("too many passwords are checked at this moment")]
    Busy,
    #[error("failed to write the list of what was revoked")]
    Revocation {
        #[source]
        err: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What whoever hands something out does not have.
#[derive(Debug)]
pub enum Missing {
    Verbs(Verbs),
    Patterns(&'static str),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Verbs(verbs) => write!(f, "{verbs}"),
            Self::Patterns(what) => write!(f, "a wider pattern of {what}"),
        }
    }
}
