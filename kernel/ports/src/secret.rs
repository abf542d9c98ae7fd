//! Values that must not be seen.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_model::time::Time;

use crate::plugin::PluginError;
use crate::store::StoreError;

pub mod reference;

/// Why a secret has no value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "there is no secret {name:?}; set it with `tenon secret set {name}`, or give it to the run \
         with --secret"
    )]
    Missing { name: String },
    #[error(
        "the pipeline does not declare the secret {name:?}, so this reference came from outside of \
         it; write ((secret:{name})) in the pipeline, or give it to the run with --secret"
    )]
    Undeclared { name: String },
    /// Outside of a run, where no pipeline says what may be used.
    #[error(
        "the plugin may not use the secret {name:?}: refer to it in the plugin's configuration, or \
         grant it secret-store:{name}"
    )]
    Ungranted { name: String },
    #[error("with the values of its secrets in place, the text has more than {bytes_max} bytes")]
    TooLong { bytes_max: usize },
    /// Another try may succeed.
    #[error("failed to read the secret {name:?} from {backend}")]
    Backend {
        name: String,
        backend: String,
        #[source]
        err: PluginError,
    },
    #[error("failed to find out which backend has the secret {name:?}")]
    Setting {
        name: String,
        #[source]
        err: StoreError,
    },
    /// What cannot be written down is not handed out.
    #[error("failed to write down that the secret {name:?} is read")]
    Audit {
        name: String,
        #[source]
        err: StoreError,
    },
    #[error("failed to keep the secrets of {run}")]
    Keep {
        run: RunId,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SecretError {
    /// Returns whether another try may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::Undeclared { .. }
            | Self::Ungranted { .. }
            | Self::TooLong { .. } => false,
            Self::Backend { .. }
            | Self::Setting { .. }
            | Self::Audit { .. }
            | Self::Keep { .. } => true,
        }
    }
}

/// Who uses secrets: what a run is allowed by its pipeline.
#[derive(Debug, Clone)]
pub struct SecretUse {
    pub pipeline: Name,
    /// The names that the pipeline itself mentions.
    pub declared: Arc<BTreeSet<String>>,
}

impl SecretUse {
    /// Returns whether the pipeline mentions `name`, or a secret that `name` is a field of.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        let root = name.split('.').next().unwrap_or(name);
        self.declared.contains(name) || self.declared.contains(root)
    }
}

/// Knows the values of secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Returns the value that `name` has for a run: the one that was lent to it, else its
    /// pipeline's, its project's, or the server's.
    async fn secret_get(&self, run: RunId, name: &str) -> Result<String, SecretError>;
    /// As [`Secrets::secret_get`], for a plugin that was granted the name: its pipeline need not
    /// mention it.
    async fn secret_get_granted(&self, run: RunId, name: &str) -> Result<String, SecretError> {
        self.secret_get(run, name).await
    }
    /// Returns the value that `name` has for the server itself, for plugins outside of a run.
    async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.to_owned() })
    }
    /// Keeps values for one run only, until its end, through restarts.
    async fn secret_lend(
        &self,
        run: RunId,
        values: Vec<(String, String)>,
    ) -> Result<(), SecretError> {
        let _ = (run, values);
        Ok(())
    }
    /// Says what a run may use. Without it, a run has what it was lent.
    fn secret_admit(&self, run: RunId, by: SecretUse) {
        let _ = (run, by);
    }
    /// Returns the text with the values that a run has got taken out, in all the forms in which
    /// they may be written; none if there is nothing to take out.
    fn secret_mask(&self, run: RunId, text: &str) -> Option<String> {
        let _ = (run, text);
        None
    }
    /// Forgets what was lent to a run, which has ended.
    fn secret_forget(&self, run: RunId) {
        let _ = run;
    }
}

/// Where a secret is looked for. What is nearer to the run counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretScope {
    Server,
    Project(Name),
    Pipeline { project: Name, pipeline: Name },
}

impl SecretScope {
    /// Returns the project that it lies in.
    #[must_use]
    pub fn project(&self) -> Option<&Name> {
        match self {
            Self::Server => None,
            Self::Project(project) | Self::Pipeline { project, .. } => Some(project),
        }
    }
}

impl fmt::Display for SecretScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Project(project) => write!(f, "project/{project}"),
            Self::Pipeline { project, pipeline } => {
                write!(f, "project/{project}/pipeline/{pipeline}")
            }
        }
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} is no scope of secrets; write server, project/NAME or project/NAME/pipeline/NAME"
)]
pub struct ScopeError {
    pub found: String,
}

impl FromStr for SecretScope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let name = |text: &str| Name::new(text).ok();
        let scope = match text.split('/').collect::<Vec<_>>()[..] {
            ["server"] => Some(Self::Server),
            ["project", project] => name(project).map(Self::Project),
            ["project", project, "pipeline", pipeline] => name(project)
                .zip(name(pipeline))
                .map(|(project, pipeline)| Self::Pipeline { project, pipeline }),
            _ => None,
        };
        scope.ok_or_else(|| ScopeError { found: text.to_owned() })
    }
}

/// A secret's place and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretAt {
    pub scope: SecretScope,
    pub name: String,
}

impl fmt::Display for SecretAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.name, self.scope)
    }
}

/// What may be told of a secret: everything but its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretInfo {
    pub at: SecretAt,
    /// None: it was set behind the server's back, in the backend.
    pub updated_at: Option<Time>,
    pub updated_by: Option<String>,
}

/// What a rotation of the server key has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRotated {
    pub state: KeyRotation,
    /// Values that were sealed again, with the new key.
    pub secrets: usize,
}

/// What became of the server key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRotation {
    /// The new key is in place.
    Done,
    /// Old and new key both work, until the server starts with the new one.
    Pending,
}

/// What a migration has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    pub secrets: usize,
    pub backend: String,
}

/// Why secrets could not be managed.
#[derive(Debug, thiserror::Error)]
pub enum SecretBookError {
    #[error("there is no secret {at}")]
    Unknown { at: SecretAt },
    #[error("{name:?} cannot be the name of a secret: {reason}")]
    Name { name: String, reason: &'static str },
    /// Says nothing about the value but its length.
    #[error("the value of {name:?} cannot be kept: {reason}")]
    Value { name: String, reason: String },
    #[error("{at} is given by the setting secrets.values")]
    Given { at: SecretAt },
    #[error("{backend} cannot be written to")]
    ReadOnly { backend: String },
    #[error("{backend} failed")]
    Backend {
        backend: String,
        #[source]
        err: PluginError,
    },
    #[error("{to} gave back another value of {at} than was written; {from} stays in use")]
    Differs { at: SecretAt, from: String, to: String },
    #[error("{backend} is in use already")]
    SameBackend { backend: String },
    #[error(
        "the server has a new key, but {backend} failed before all of its values were sealed \
         again; the others open as before, and the next rotation takes them along"
    )]
    Reseal {
        backend: String,
        #[source]
        err: PluginError,
    },
    #[error("the server key was not replaced")]
    Key {
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(transparent)]
    Store(StoreError),
}

/// Keeps secrets. No method gives a value back.
#[async_trait]
pub trait SecretBook: Send + Sync {
    /// Returns the name of the backend in use.
    async fn secret_backend(&self) -> Result<String, SecretBookError>;
    async fn secret_set(
        &self,
        at: &SecretAt,
        value: &str,
        by: &str,
    ) -> Result<SecretInfo, SecretBookError>;
    /// Lists by name.
    async fn secret_list(&self, scope: &SecretScope) -> Result<Vec<SecretInfo>, SecretBookError>;
    async fn secret_remove(&self, at: &SecretAt) -> Result<(), SecretBookError>;
    /// Forgets the secrets of a pipeline or project that is removed: a later one of its name has
    /// none of them.
    async fn secret_scope_remove(&self, scope: &SecretScope) -> Result<(), SecretBookError>;
    /// Copies all values to another backend, compares them there, and uses it from then on.
    async fn secret_migrate(&self, from: &str, to: &str) -> Result<Migrated, SecretBookError>;
    /// Replaces the server key, and seals again what is kept; an operator who gave the key gives the
    /// new one.
    async fn secret_key_rotate(&self, key: Option<&str>) -> Result<KeyRotated, SecretBookError>;
}
