//! What may be done, and where: verbs and scopes.

use std::fmt;
use std::str::FromStr;

use crate::name::Name;

/// One kind of thing that may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Look at pipelines, runs, logs and artifacts.
    View,
    /// Start, retry and stop runs.
    Run,
    /// Answer a run that waits for a person.
    Approve,
    /// Change and remove pipelines.
    Edit,
    /// Set and remove secrets; nobody reads them.
    SecretWrite,
    /// Decide who may do what, and look at what was done.
    Admin,
}

/// A text that names no verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbError {
    pub found: String,
}

/// A set of verbs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Verbs(u8);

/// Where something may be done. Each scope is within the one that [`Scope::parent`] gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Server,
    Project { project: Name },
    Pipeline { project: Name, pipeline: Name },
}

/// What of this server takes the tokens of a connected app. A token for one is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// The API itself.
    Api,
    /// The gateway for the tools of AI agents.
    Mcp,
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeError {
    pub found: String,
}

impl Verb {
    pub const ALL: [Self; 6] =
        [Self::View, Self::Run, Self::Approve, Self::Edit, Self::SecretWrite, Self::Admin];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Run => "run",
            Self::Approve => "approve",
            Self::Edit => "edit",
            Self::SecretWrite => "secret-write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Verb {
    type Err = VerbError;

    fn from_str(text: &str) -> Result<Self, VerbError> {
        let found = Self::ALL.into_iter().find(|verb| verb.word() == text);
        found.ok_or_else(|| VerbError { found: text.to_owned() })
    }
}

impl fmt::Display for VerbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a verb; the verbs are {}", self.found, Verbs::all())
    }
}

impl std::error::Error for VerbError {}

impl Verbs {
    #[must_use]
    pub fn none() -> Self {
        Self(0)
    }

    #[must_use]
    pub fn all() -> Self {
        Verb::ALL.into_iter().collect()
    }

    #[must_use]
    pub fn has(self, verb: Verb) -> bool {
        self.0 & bit(verb) != 0
    }

    /// Returns whether it has all that `other` has.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns its verbs in their order.
    pub fn iter(self) -> impl Iterator<Item = Verb> {
        Verb::ALL.into_iter().filter(move |verb| self.has(*verb))
    }

    /// Returns it as a number for a store; [`Verbs::from_bits`] reads it.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Returns nothing for a number that has bits of no verb.
    #[must_use]
    pub fn from_bits(bits: u8) -> Option<Self> {
        Self::all().covers(Self(bits)).then_some(Self(bits))
    }
}

/// Append-only: the bits are stored.
fn bit(verb: Verb) -> u8 {
    match verb {
        Verb::View => 1,
        Verb::Run => 2,
        Verb::Approve => 4,
        Verb::Edit => 8,
        Verb::SecretWrite => 16,
        Verb::Admin => 32,
    }
}

impl FromIterator<Verb> for Verbs {
    fn from_iter<T: IntoIterator<Item = Verb>>(verbs: T) -> Self {
        Self(verbs.into_iter().fold(0, |bits, verb| bits | bit(verb)))
    }
}

impl fmt::Display for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for verb in self.iter() {
            write!(f, "{separator}{verb}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl fmt::Debug for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

impl Audience {
    pub const ALL: [Self; 2] = [Self::Api, Self::Mcp];

    /// Returns the part of the server's addresses that it is.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Api => "/api/v1",
            Self::Mcp => "/mcp",
        }
    }

    /// Returns whose an address of this server is. What belongs to nobody in particular is the API's.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let is_below = |audience: &Self| {
            path.strip_prefix(audience.path())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        Self::ALL.into_iter().find(is_below).unwrap_or(Self::Api)
    }
}

impl Scope {
    /// Returns the scope that this one lies in.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Server => None,
            Self::Project { .. } => Some(Self::Server),
            Self::Pipeline { project, .. } => Some(Self::Project { project: project.clone() }),
        }
    }

    #[must_use]
    pub fn project(&self) -> Option<&Name> {
        match self {
            Self::Server => None,
            Self::Project { project } | Self::Pipeline { project, .. } => Some(project),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Project { project } => write!(f, "project/{project}"),
            Self::Pipeline { project, pipeline } => {
                write!(f, "project/{project}/pipeline/{pipeline}")
            }
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let name = |text: &str| Name::new(text).map_err(|_| ScopeError { found: text.to_owned() });
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            ["server"] => Ok(Self::Server),
            ["project", project] => Ok(Self::Project { project: name(project)? }),
            ["project", project, "pipeline", pipeline] => {
                Ok(Self::Pipeline { project: name(project)?, pipeline: name(pipeline)? })
            }
            _ => Err(ScopeError { found: text.to_owned() }),
        }
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a scope; expected server, project/NAME or project/NAME/pipeline/NAME",
            self.found
        )
    }
}

impl std::error::Error for ScopeError {}

#[cfg(test)]
mod tests;
