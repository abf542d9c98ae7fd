//! Workspaces: named environments of a project, which may inherit from one another.
//!
//! Invariants:
//! - Whoever follows bases comes to an end: a cycle is refused when it would be made.
//! - There is always the workspace `default`, and it is never archived.

mod refusal;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::id::WorkspaceId;
use crate::name::NameError;
use crate::time::Time;

pub use refusal::WorkspaceRefusal;

/// The name of a workspace, such as `production` or `dev/joe`: 1 to 100 characters, parts of
/// lower-case letters, digits, `_` and `-`, separated by `/`, none empty or starting with a dash.
///
/// Checked when made, so that a name can be part of a path and of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceName(Arc<str>);

/// What happens in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkspaceState {
    Active,
    /// Runs are accepted, but not begun.
    Paused,
    /// Gone, but for what its runs have left. Its name is free.
    Archived,
}

/// A named environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: WorkspaceName,
    /// What it inherits from: what is not found here is looked for there.
    pub base: Option<WorkspaceId>,
    pub state: WorkspaceState,
    pub created_at: Time,
    pub updated_at: Time,
}

/// What is to become of a workspace. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceChange {
    /// Inside: `None` for no base.
    pub base: Option<Option<WorkspaceName>>,
    pub state: Option<WorkspaceState>,
}

/// All workspaces of a project that are not archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspaces(BTreeMap<WorkspaceId, Workspace>);

impl WorkspaceName {
    /// Returns the name, or why it cannot be one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let is_known =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        let part_ok =
            |part: &str| !part.is_empty() && !part.starts_with('-') && part.chars().all(is_known);
        if text.len() <= 100 && text.split('/').all(part_ok) {
            return Ok(Self(text.into()));
        }
        Err(NameError {
            what: "workspace",
            found: text.to_owned(),
            expected: "1 to 100 lower-case letters, digits, '_' or '-' in parts separated by '/', \
                       none starting with '-'",
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is the name of the workspace that every project has.
    #[must_use]
    pub fn is_default(&self) -> bool {
        &*self.0 == DEFAULT
    }
}

/// The name of [`WorkspaceId::DEFAULT`].
const DEFAULT: &str = "default";

impl Default for WorkspaceName {
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

impl fmt::Display for WorkspaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Workspace {
    /// Returns the workspace that every project has, as it is at first.
    #[must_use]
    pub fn default_of(at: Time) -> Self {
        Self {
            id: WorkspaceId::DEFAULT,
            name: WorkspaceName::default(),
            base: None,
            state: WorkspaceState::Active,
            created_at: at,
            updated_at: at,
        }
    }
}

impl Workspaces {
    /// Takes what is stored; archived ones are left out.
    pub fn new(stored: impl IntoIterator<Item = Workspace>) -> Self {
        let mut all = Self(BTreeMap::new());
        all.keep(Workspace::default_of(Time(0)));
        for workspace in stored {
            all.keep(workspace);
        }
        all
    }

    #[must_use]
    pub fn get(&self, id: WorkspaceId) -> Option<&Workspace> {
        self.0.get(&id)
    }

    #[must_use]
    pub fn find(&self, name: &WorkspaceName) -> Option<&Workspace> {
        self.0.values().find(|workspace| workspace.name == *name)
    }

    /// Returns all of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Workspace> {
        self.0.values()
    }

    /// Returns a workspace and all that it inherits from, the nearest first. One that is archived
    /// inherits nothing any more.
    #[must_use]
    pub fn chain(&self, id: WorkspaceId) -> Vec<WorkspaceId> {
        let mut chain = vec![id];
        let mut next = self.get(id).and_then(|workspace| workspace.base);
        // Whatever a store says, the way ends.
        while let Some(base) = next.filter(|base| !chain.contains(base)) {
            chain.push(base);
            next = self.get(base).and_then(|workspace| workspace.base);
        }
        chain
    }

    /// Returns those whose base it is, by name.
    #[must_use]
    pub fn heirs(&self, id: WorkspaceId) -> Vec<&WorkspaceName> {
        let mut heirs: Vec<_> =
            self.iter().filter(|heir| heir.base == Some(id)).map(|heir| &heir.name).collect();
        heirs.sort();
        heirs
    }

    /// Returns a new workspace, which is not among them yet.
    pub fn made(
        &self,
        id: WorkspaceId,
        name: WorkspaceName,
        base: Option<&WorkspaceName>,
        at: Time,
    ) -> Result<Workspace, WorkspaceRefusal> {
        if self.find(&name).is_some() {
            return Err(WorkspaceRefusal::Taken { name });
        }
        let base = base.map(|base| self.known(base)).transpose()?.map(|base| base.id);
        let state = WorkspaceState::Active;
        Ok(Workspace { id, name, base, state, created_at: at, updated_at: at })
    }

    /// Returns a workspace as a change makes it; what is among them stays as it was.
    pub fn changed(
        &self,
        name: &WorkspaceName,
        change: &WorkspaceChange,
        at: Time,
    ) -> Result<Workspace, WorkspaceRefusal> {
        let mut workspace = self.known(name)?.clone();
        if let Some(base) = &change.base {
            workspace.base = match base {
                Some(base) => Some(self.base(&workspace, base)?),
                None => None,
            };
        }
        if let Some(state) = change.state {
            if state == WorkspaceState::Archived {
                self.archive_check(&workspace)?;
            }
            workspace.state = state;
        }
        workspace.updated_at = at;
        Ok(workspace)
    }

    /// Puts a workspace among them in place of what it was; takes it out if it is archived.
    pub fn keep(&mut self, workspace: Workspace) {
        match workspace.state {
            WorkspaceState::Active | WorkspaceState::Paused => {
                self.0.insert(workspace.id, workspace);
            }
            WorkspaceState::Archived => {
                self.0.remove(&workspace.id);
            }
        }
    }

    /// Returns the workspace of that name, or that there is none.
    pub fn known(&self, name: &WorkspaceName) -> Result<&Workspace, WorkspaceRefusal> {
        self.find(name).ok_or_else(|| WorkspaceRefusal::Unknown { name: name.clone() })
    }

    fn base(&self, of: &Workspace, base: &WorkspaceName) -> Result<WorkspaceId, WorkspaceRefusal> {
        let base = self.known(base)?.id;
        let way = self.chain(base);
        let Some(end) = way.iter().position(|id| *id == of.id) else { return Ok(base) };
        let names = way[..=end].iter().filter_map(|id| self.get(*id));
        let names = std::iter::once(of).chain(names).map(|workspace| workspace.name.clone());
        Err(WorkspaceRefusal::Cycle { cycle: names.collect() })
    }

    fn archive_check(&self, workspace: &Workspace) -> Result<(), WorkspaceRefusal> {
        if workspace.id == WorkspaceId::DEFAULT {
            return Err(WorkspaceRefusal::DefaultStays);
        }
        let heirs: Vec<_> = self.heirs(workspace.id).into_iter().cloned().collect();
        if heirs.is_empty() {
            return Ok(());
        }
        Err(WorkspaceRefusal::Inherited { name: workspace.name.clone(), heirs })
    }
}

#[cfg(test)]
mod tests;
