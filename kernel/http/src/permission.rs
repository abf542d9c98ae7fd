//! What a route needs: its column in the table of routes.

use std::fmt;
use std::sync::LazyLock;

use kernel_model::access::{Scope, Verb};
use kernel_model::name::Name;

/// The one project that there is.
const PROJECT: &str = "default";

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everybody.
    Nothing,
    /// Everybody who is known. The handler decides what of it is theirs.
    Account,
    /// The same for people and services themselves: no app does it for them.
    Own,
    /// Those who may do this there.
    Verb(Verb, Place),
}

/// Where a verb is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Server,
    /// The pipeline that the path names, as `{name}`.
    Pipeline,
    /// The pipeline of the run that the path names, as `{run}`.
    Run,
    /// The scope of secrets that the query names, as `scope`; the project if it names none.
    Secret,
    /// Somewhere. The handler shows what of it may be seen.
    Anywhere,
}

/// Reads the column of a row, such as `[view pipeline]`. There is no row without.
macro_rules! needs {
    (open) => {
        $crate::permission::Needs::Nothing
    };
    (account) => {
        $crate::permission::Needs::Account
    };
    (own) => {
        $crate::permission::Needs::Own
    };
    ($verb:ident $place:ident) => {
        $crate::permission::Needs::Verb(
            $crate::permission::verb!($verb),
            $crate::permission::place!($place),
        )
    };
}

macro_rules! verb {
    (view) => {
        kernel_model::access::Verb::View
    };
    (run) => {
        kernel_model::access::Verb::Run
    };
    (approve) => {
        kernel_model::access::Verb::Approve
    };
    (edit) => {
        kernel_model::access::Verb::Edit
    };
    (secret_write) => {
        kernel_model::access::Verb::SecretWrite
    };
    (admin) => {
        kernel_model::access::Verb::Admin
    };
}

macro_rules! place {
    (server) => {
        $crate::permission::Place::Server
    };
    (pipeline) => {
        $crate::permission::Place::Pipeline
    };
    (of_run) => {
        $crate::permission::Place::Run
    };
    (of_secret) => {
        $crate::permission::Place::Secret
    };
    (anywhere) => {
        $crate::permission::Place::Anywhere
    };
}

pub(crate) use {needs, place, verb};

/// Returns the scope of the project.
pub(crate) fn project() -> Scope {
    Scope::Project { project: project_name() }
}

/// Returns the scope of a pipeline.
pub(crate) fn pipeline(pipeline: &Name) -> Scope {
    Scope::Pipeline { project: project_name(), pipeline: pipeline.clone() }
}

fn project_name() -> Name {
    #[expect(clippy::unwrap_used, reason = "a constant, which every test of a route reads")]
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::new(PROJECT).unwrap());
    NAME.clone()
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, place) = match self {
            Self::Nothing => return f.write_str("nothing"),
            Self::Account => return f.write_str("an account"),
            Self::Own => return f.write_str("an account, and no connected app"),
            Self::Verb(verb, place) => (verb, place),
        };
        match place {
            Place::Server => write!(f, "`{verb}` on the server"),
            Place::Pipeline => write!(f, "`{verb}` on the pipeline"),
            Place::Run => write!(f, "`{verb}` on the pipeline of the run"),
            Place::Secret => write!(f, "`{verb}` on the scope of the secrets"),
            Place::Anywhere => write!(f, "`{verb}` on anything; the rest is left out"),
        }
    }
}
