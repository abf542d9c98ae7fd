//! What is told to whom asks for something impossible about workspaces.

use kernel_model::name::NameError;
use kernel_model::workspace::{WorkspaceName, WorkspaceRefusal};

use super::ApiError;
use crate::code::Code;

impl ApiError {
    pub(super) fn refused(refusal: &WorkspaceRefusal, near: Option<String>) -> Self {
        match refusal {
            WorkspaceRefusal::Unknown { .. } => Self::new(Code::WorkspaceUnknown, refusal)
                .hint("GET /api/v1/workspaces lists them")
                .near(near.map(|near| format!("{near:?}"))),
            WorkspaceRefusal::Taken { name } => {
                Self::new(Code::WorkspaceConflict, refusal).hint(format_args!(
                    "PUT /api/v1/workspaces/{name} (`tenon workspace set {name}`) changes it"
                ))
            }
            WorkspaceRefusal::Cycle { .. } => Self::new(Code::WorkspaceConflict, refusal)
                .hint("choose a base that does not lead back"),
            WorkspaceRefusal::Inherited { .. } => Self::new(Code::WorkspaceConflict, refusal)
                .hint("give these another base, or archive them first"),
            WorkspaceRefusal::DefaultStays => Self::new(Code::WorkspaceConflict, refusal)
                .hint("pause it, so that it begins no runs"),
        }
    }
}

/// Reads the name of a workspace that stands in a body.
pub(crate) fn workspace_name(text: &str) -> Result<WorkspaceName, ApiError> {
    WorkspaceName::new(text).map_err(|err: NameError| ApiError::new(Code::WorkspaceInvalid, err))
}
