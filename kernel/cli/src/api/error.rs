//! Why the server did not do what it was asked.

use std::fmt;

use kernel_wire::problem::Problem;

use crate::api::transport::TransportError;
use crate::exit::Exit;

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server said no, and why.
    #[error("{0}")]
    Refused(Refused),
    #[error("the server's answer to {what} cannot be read; is it a tenon server of this version?")]
    Answer {
        what: String,
        #[source]
        err: serde_json::Error,
    },
    #[error("the server ended the stream of {what} before its end")]
    Cut { what: String },
}

/// What the server says for programs, and the command that does the same.
const COMMANDS: [(&str, &str); 6] = [
    ("GET /api/v1/plugins lists", "tenon plugin list"),
    ("GET /api/v1/bindings lists", "tenon plugin bindings"),
    ("GET /api/v1/projects lists", "tenon project list"),
    ("GET /api/v1/pipelines lists", "tenon pipeline list"),
    ("GET /api/v1/runs lists", "tenon runs list"),
    ("GET /api/v1/secrets lists", "tenon secret list"),
];

/// A problem that the server describes.
#[derive(Debug)]
pub struct Refused(pub Box<Problem>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = &self.0;
        let text = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
        f.write_str(text)?;
        let Some(hint) = &problem.hint else { return Ok(()) };
        let known = COMMANDS.iter().find(|(route, _)| hint.starts_with(route));
        match known {
            Some((_, command)) => write!(f, "; `{command}` lists them"),
            None => write!(f, "; {hint}"),
        }
    }
}

impl ApiError {
    /// Returns how a command ends that meets this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Transport(TransportError::Address { .. }) => Exit::Usage,
            Self::Transport(TransportError::Unreachable { .. } | TransportError::Broken { .. }) => {
                Exit::Unreachable
            }
            Self::Refused(Refused(problem)) if !problem.errors.is_empty() => Exit::Usage,
            Self::Refused(_) => Exit::Refused,
            Self::Answer { .. } | Self::Cut { .. } => Exit::Broken,
        }
    }
}
