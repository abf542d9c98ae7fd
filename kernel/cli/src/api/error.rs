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

/// Something in the server failed, and the answer does not say what.
const BROKE: u16 = 500;

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
pub struct Refused {
    pub problem: Box<Problem>,
    /// What the server's log calls the request.
    pub request: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, request } = self;
        let text = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
        f.write_str(text)?;
        if let Some(request) = request.as_ref().filter(|_| problem.status == BROKE) {
            // The server's own hint cannot name it.
            return write!(f, "; the server's log says why, under the request id {request}");
        }
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
            Self::Transport(
                TransportError::Unreachable { .. }
                | TransportError::Untrusted { .. }
                | TransportError::Broken { .. },
            ) => Exit::Unreachable,
            Self::Refused(Refused { problem, .. }) if !problem.errors.is_empty() => Exit::Usage,
            Self::Refused(_) => Exit::Refused,
            Self::Answer { .. } | Self::Cut { .. } => Exit::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel_wire::problem::Problem;

    use super::Refused;

    fn said(status: u16, hint: &str) -> String {
        let hint = Some(hint.to_owned());
        let problem = Problem { status, detail: "it failed".into(), hint, ..Problem::default() };
        Refused { problem: Box::new(problem), request: Some("0a1b".to_owned()) }.to_string()
    }

    #[test]
    fn what_broke_inside_the_server_is_found_in_its_log() {
        let wanted = "it failed; the server's log says why, under the request id 0a1b";
        assert_eq!(said(500, "the log of the server says what"), wanted);
        assert_eq!(said(507, "free some space"), "it failed; free some space");
        assert_eq!(
            said(404, "GET /api/v1/plugins lists them"),
            "it failed; `tenon plugin list` lists them"
        );
    }
}
