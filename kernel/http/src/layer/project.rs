//! Which project a request is about: read once, before it is counted and checked.
//!
//! The operator may have said it for all requests, the name of the host may say it, and the request
//! itself. Who says it must agree with the others. Nothing here looks whether the project is there.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::middleware::Next;
use axum::response::Response;
use kernel_model::name::{NameError, ProjectName};

use super::host::host_of;
use crate::api::Behalf;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::Params;

/// Names the project.
pub(crate) const PROJECT: HeaderName = HeaderName::from_static("x-tenon-project");
/// What clients of other systems call it.
pub(crate) const ALIAS: HeaderName = HeaderName::from_static("x-project");
/// The same in a query, for what can send no header: links, and streams of browsers.
pub(crate) const PARAM: &str = "project";

/// What says the project, beside the request itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressing {
    /// The server serves this one alone.
    pub only: Option<ProjectName>,
    /// `example.com`, if `web.example.com` is the project `web`.
    pub base: Option<String>,
}

/// What was found out of the project of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Named(ProjectName),
    /// Nobody says it, so it is the one that every server has.
    Unsaid,
    /// Nobody says it, where the host was to.
    Missing {
        base: String,
    },
    Invalid(NameError),
    /// The host is neither that of all projects nor that of one.
    Elsewhere {
        host: String,
        base: String,
    },
    Mismatch {
        wanted: ProjectName,
        other: ProjectName,
    },
}

/// Finds out the project, and says so to all that follows.
pub(crate) async fn find(
    State(addressing): State<Arc<Addressing>>,
    mut request: Request,
    next: Next,
) -> Response {
    let wanted = match request.extensions().get::<Behalf>() {
        // A plugin stays in the project of the run that it works for.
        Some(behalf) => {
            let pinned = Addressing { only: Some(behalf.project.clone()), base: None };
            pinned.wanted(request.uri(), request.headers())
        }
        None => addressing.wanted(request.uri(), request.headers()),
    };
    request.extensions_mut().insert(wanted);
    next.run(request).await
}

impl Addressing {
    fn wanted(&self, uri: &Uri, headers: &HeaderMap) -> Wanted {
        let unsaid = match (&self.only, &self.base) {
            (Some(only), _) => Wanted::Named(only.clone()),
            (None, Some(base)) => Wanted::Missing { base: base.clone() },
            (None, None) => Wanted::Unsaid,
        };
        let hosts = hosts(uri, headers);
        let labels = self.base.iter().flat_map(|base| hosts.iter().map(|host| label(base, host)));
        let labels: Vec<Option<String>> = match labels.collect() {
            Ok(labels) => labels,
            Err(elsewhere) => return elsewhere,
        };
        let header = [PROJECT, ALIAS].into_iter().flat_map(|name| headers.get_all(name));
        // What is no text is no name either.
        let header = header.map(|value| value.to_str().unwrap_or("?").to_owned());
        // A query that cannot be read is refused by whoever reads the rest of it.
        let query = Params::of(uri).map(|mut params| params.all(PARAM)).unwrap_or_default();
        labels.into_iter().flatten().chain(header).chain(query).fold(unsaid, |wanted, text| {
            match ProjectName::new(&text) {
                Ok(name) => wanted.and(name),
                Err(err) => wanted.invalid(err),
            }
        })
    }
}

impl Wanted {
    /// Adds what one more says.
    pub(crate) fn and(self, name: ProjectName) -> Self {
        match self {
            Self::Unsaid | Self::Missing { .. } => Self::Named(name),
            Self::Named(other) if other != name => Self::Mismatch { wanted: name, other },
            Self::Named(_) | Self::Invalid(_) | Self::Elsewhere { .. } | Self::Mismatch { .. } => {
                self
            }
        }
    }

    fn invalid(self, err: NameError) -> Self {
        if matches!(self, Self::Invalid(_)) { self } else { Self::Invalid(err) }
    }

    /// Refuses what makes no sense, whatever the request is about.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        match self {
            Self::Named(_) | Self::Unsaid | Self::Missing { .. } => Ok(()),
            Self::Invalid(err) => Err(ApiError::new(Code::ProjectInvalid, err)),
            Self::Elsewhere { host, base } => {
                let detail = format!("this server does not answer to the name {host:?}");
                Err(ApiError::new(Code::HostRefused, detail)
                    .hint(format_args!("call {base}, or NAME.{base} for a project")))
            }
            Self::Mismatch { wanted, other } => {
                let detail = format!("the request is about {wanted}, and it came to {other}");
                Err(ApiError::new(Code::ProjectMismatch, detail).hint(format_args!(
                    "name no project but {other} there, or call the address of {wanted}"
                )))
            }
        }
    }

    /// Returns the name of the project; refuses a request that had to say one and did not.
    pub(crate) fn name(&self) -> Result<ProjectName, ApiError> {
        self.check()?;
        match self {
            Self::Named(name) => Ok(name.clone()),
            Self::Missing { base } => {
                let detail = "the request does not say which project it is about";
                Err(ApiError::new(Code::ProjectRequired, detail).hint(format_args!(
                    "call NAME.{base}, or name it by the header {PROJECT} (`--project NAME`)"
                )))
            }
            Self::Unsaid | Self::Invalid(_) | Self::Elsewhere { .. } | Self::Mismatch { .. } => {
                Ok(ProjectName::default())
            }
        }
    }

    /// Returns the name of the project, if there is a sensible one.
    pub(crate) fn counted(&self) -> Option<ProjectName> {
        self.name().ok()
    }
}

/// Returns the names that the request calls the server by, in lower case.
fn hosts(uri: &Uri, headers: &HeaderMap) -> Vec<String> {
    let authority = uri.authority().map(|authority| authority.as_str());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let hosts = host.into_iter().chain(authority).filter_map(host_of);
    hosts.map(|host| host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()).collect()
}

/// Returns what stands in front of the base, if something does. A server that is called by its
/// number, or from its own machine, is meant as a whole.
fn label(base: &str, host: &str) -> Result<Option<String>, Wanted> {
    let base = base.to_ascii_lowercase();
    let label = host.strip_suffix(&base).and_then(|label| label.strip_suffix('.'));
    if label.is_some() || host == base || host == "localhost" || host.parse::<IpAddr>().is_ok() {
        return Ok(label.map(str::to_owned));
    }
    Err(Wanted::Elsewhere { host: host.to_owned(), base })
}

#[cfg(test)]
mod tests;
