//! What stands in the path of a request.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::name::{Name, ProjectName, StepPath};
use kernel_model::workspace::WorkspaceName;

use crate::code::Code;
use crate::error::ApiError;

/// Something that the path names.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

/// A step: by number, or by path with `%2F` for each `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepSelector {
    Number(StepNo),
    Path(StepPath),
}

#[derive(Debug)]
pub(crate) struct StepOf {
    pub(crate) run: RunId,
    pub(crate) step: StepSelector,
}

#[derive(Debug)]
pub(crate) struct ArtifactOf {
    pub(crate) run: RunId,
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct VersionOf {
    pub(crate) pipeline: Name,
    pub(crate) version: u32,
}

#[derive(Debug)]
pub(crate) struct PluginName(pub(crate) String);

/// Checked where it is used.
#[derive(Debug)]
pub(crate) struct BindingName(pub(crate) String);

/// A user, role, token, visitor, identity provider, app or part of the server, by its name or id.
#[derive(Debug)]
pub(crate) struct Named(pub(crate) String);

/// A rule of a pipeline.
#[derive(Debug)]
pub(crate) struct RuleOf {
    pub(crate) pipeline: Name,
    pub(crate) role: String,
}

#[derive(Debug)]
pub(crate) struct SecretName(pub(crate) String);

/// Made from the named parts of a path.
pub(crate) trait FromPath: Sized {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError>;
}

impl<T: FromPath, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
            ApiError::new(Code::InvalidPath, "the path is not UTF-8 after percent-decoding")
        })?;
        T::from_path(&params).map(Self)
    }
}

impl FromPath for Name {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Self::new(param(params, "name")).map_err(|err| ApiError::new(Code::InvalidPath, err))
    }
}

impl FromPath for ProjectName {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Self::new(param(params, "project")).map_err(|err| ApiError::new(Code::ProjectInvalid, err))
    }
}

impl FromPath for WorkspaceName {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Self::new(param(params, "workspace")).map_err(|err| ApiError::new(Code::InvalidPath, err))
    }
}

impl FromPath for RunId {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        param(params, "run").parse().map_err(|err| {
            ApiError::new(Code::InvalidPath, err).hint("GET /api/v1/runs lists runs")
        })
    }
}

impl FromPath for StepSelector {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Self::parse(param(params, "step"))
    }
}

impl FromPath for StepOf {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self { run: RunId::from_path(params)?, step: StepSelector::from_path(params)? })
    }
}

impl FromPath for SecretName {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self(param(params, "secret").to_owned()))
    }
}

impl FromPath for ArtifactOf {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self { run: RunId::from_path(params)?, name: param(params, "artifact").to_owned() })
    }
}

impl FromPath for VersionOf {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        let found = param(params, "version");
        let version = found.parse().ok().filter(|version| *version > 0).ok_or_else(|| {
            let detail = format!("{found:?} is not the number of a version");
            ApiError::new(Code::InvalidPath, detail).hint("versions count from 1")
        })?;
        Ok(Self { pipeline: Name::from_path(params)?, version })
    }
}

impl FromPath for PluginName {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self(param(params, "plugin").to_owned()))
    }
}

impl FromPath for BindingName {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self(param(params, "binding").to_owned()))
    }
}

impl FromPath for Named {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        let found = ["user", "role", "token", "visitor", "identity", "app", "part"]
            .map(|name| param(params, name));
        Ok(Self(found.concat()))
    }
}

impl FromPath for RuleOf {
    fn from_path(params: &RawPathParams) -> Result<Self, ApiError> {
        Ok(Self { pipeline: Name::from_path(params)?, role: param(params, "role").to_owned() })
    }
}

impl StepSelector {
    /// Reads a number or a path.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(StepNo(number)));
        }
        StepPath::new(text).map(Self::Path).map_err(|err| {
            ApiError::new(Code::InvalidPath, err).hint("a step is named by its number or its path")
        })
    }
}

/// Routes name what their handlers ask for, which a test holds them to; "" is refused by all.
fn param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params.iter().find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
}
