//! Why workspaces stay as they are.

use std::fmt;

use super::WorkspaceName;

/// Why a workspace is not made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkspaceRefusal {
    Unknown {
        name: WorkspaceName,
    },
    Taken {
        name: WorkspaceName,
    },
    /// It would inherit from itself: each has the next one as its base, and the last is the first.
    Cycle {
        cycle: Vec<WorkspaceName>,
    },
    /// It is to be archived, but is the base of others.
    Inherited {
        name: WorkspaceName,
        heirs: Vec<WorkspaceName>,
    },
    DefaultStays,
}

impl fmt::Display for WorkspaceRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |names: &[WorkspaceName], by: &str| {
            names.iter().map(WorkspaceName::as_str).collect::<Vec<_>>().join(by)
        };
        match self {
            Self::Unknown { name } => write!(f, "there is no workspace \"{name}\""),
            Self::Taken { name } => write!(f, "there is a workspace \"{name}\" already"),
            Self::Cycle { cycle } => {
                let way = joined(cycle, " → ");
                write!(f, "a workspace cannot inherit from itself: {way}")
            }
            Self::Inherited { name, heirs } => {
                write!(f, "\"{name}\" is the base of {}", joined(heirs, ", "))
            }
            Self::DefaultStays => {
                f.write_str("the workspace \"default\" stays: every project has it")
            }
        }
    }
}

impl std::error::Error for WorkspaceRefusal {}
