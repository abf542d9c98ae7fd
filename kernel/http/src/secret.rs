//! Secrets: values go in, and never come out.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use kernel_model::access::Scope;
use kernel_ports::secret::{
    KeyRotation, PROJECT, SecretAt, SecretBook, SecretBookError, SecretScope,
};
use kernel_scheduler::Scheduler;
use kernel_wire as wire;
use kernel_wire::secret::{KeyState, SecretAccepted, SecretList};

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, OptionalJson, Params, SecretName, Who, invalid};
use crate::permission;
use crate::run::by;
use crate::to_wire;

/// Shorter values are more likely to stand in a log by chance.
const SHORT: usize = 8;

/// List secrets
///
/// The names of one scope, never a value.
#[utoipa::path(
    get, path = "/api/v1/secrets", tag = "secrets", operation_id = "secretList",
    params(("scope" = Option<String>, Query,
        description = "`server`, `project/NAME` or `project/NAME/pipeline/NAME`; the project by default")),
    responses((status = 200, description = "All of the scope, by name", body = SecretList)),
)]
pub(crate) async fn list(
    State(scheduler): State<Scheduler>,
    params: Params,
) -> Result<Json<SecretList>, ApiError> {
    let scope = scope(params)?;
    let book = book(&scheduler)?;
    let items = book.secret_list(&scope).await?.into_iter().map(to_wire::secret).collect();
    let backend = book.secret_backend().await?;
    Ok(Json(SecretList { backend, scope: scope.to_string(), items }))
}

/// Set secret
///
/// No route gives the value back.
#[utoipa::path(
    put, path = "/api/v1/secrets/{secret}", tag = "secrets", operation_id = "secretSet",
    params(
        ("secret" = String, Path, description = "Its name; slashes are part of it"),
        ("scope" = Option<String>, Query, description = "As for the list"),
    ),
    request_body = wire::secret::SecretSet,
    responses((status = 200, description = "Set", body = SecretAccepted)),
)]
pub(crate) async fn set(
    State(scheduler): State<Scheduler>,
    At(SecretName(name)): At<SecretName>,
    Who(caller): Who,
    params: Params,
    Json(set): Json<wire::secret::SecretSet>,
) -> Result<Json<SecretAccepted>, ApiError> {
    let at = SecretAt { scope: scope(params)?, name };
    let by = by(&caller, set.by)?;
    let secret = book(&scheduler)?.secret_set(&at, &set.value, &by).await?;
    let is_short = set.value.len() < SHORT;
    let warnings = is_short.then(|| {
        format!("the value has fewer than {SHORT} bytes: whatever looks like it in a log is masked")
    });
    let warnings = warnings.into_iter().collect();
    Ok(Json(SecretAccepted { secret: to_wire::secret(secret), warnings }))
}

/// Remove secret
#[utoipa::path(
    delete, path = "/api/v1/secrets/{secret}", tag = "secrets", operation_id = "secretRemove",
    params(
        ("secret" = String, Path, description = "Its name; slashes are part of it"),
        ("scope" = Option<String>, Query, description = "As for the list"),
    ),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(scheduler): State<Scheduler>,
    At(SecretName(name)): At<SecretName>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let at = SecretAt { scope: scope(params)?, name };
    book(&scheduler)?.secret_remove(&at).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Move secrets to another backend
///
/// Copies each value, compares it there, and uses the other backend from then on. If one of them
/// differs or is refused, the old backend stays in use.
#[utoipa::path(
    post, path = "/api/v1/secret-backend", tag = "secrets", operation_id = "secretMigrate",
    request_body = wire::secret::SecretMigrate,
    responses((status = 200, description = "Moved", body = wire::secret::SecretMigrated)),
)]
pub(crate) async fn migrate(
    State(scheduler): State<Scheduler>,
    Json(migrate): Json<wire::secret::SecretMigrate>,
) -> Result<Json<wire::secret::SecretMigrated>, ApiError> {
    let moved = book(&scheduler)?.secret_migrate(&migrate.from, &migrate.to).await?;
    let secrets = moved.secrets as u64;
    Ok(Json(wire::secret::SecretMigrated { secrets, backend: moved.backend }))
}

/// Rotate server key
///
/// Seals the data keys with a new server key, and all values again with a new data key.
#[utoipa::path(
    post, path = "/api/v1/keyring/rotate", tag = "secrets", operation_id = "keyRotate",
    request_body = wire::secret::KeyRotate,
    responses((status = 200, description = "Rotated", body = wire::secret::KeyRotated)),
)]
pub(crate) async fn key_rotate(
    State(scheduler): State<Scheduler>,
    OptionalJson(rotate): OptionalJson<wire::secret::KeyRotate>,
) -> Result<Json<wire::secret::KeyRotated>, ApiError> {
    let rotated = book(&scheduler)?.secret_key_rotate(rotate.key.as_deref()).await?;
    let state = match rotated.state {
        KeyRotation::Done => KeyState::Done,
        KeyRotation::Pending => KeyState::Pending,
    };
    Ok(Json(wire::secret::KeyRotated { state, secrets: rotated.secrets as u64 }))
}

fn scope(mut params: Params) -> Result<SecretScope, ApiError> {
    let scope = params.one("scope")?.unwrap_or_else(|| format!("project/{PROJECT}"));
    params.finish()?;
    let scope = scope.parse().map_err(|err| invalid("scope", format_args!("{err}")))?;
    match &scope {
        SecretScope::Project(project) | SecretScope::Pipeline { project, .. }
            if project.as_str() != PROJECT =>
        {
            Err(invalid("scope", format_args!("there is no project {:?}", project.as_str())))
        }
        SecretScope::Server | SecretScope::Project(_) | SecretScope::Pipeline { .. } => Ok(scope),
    }
}

/// Returns where a request wants to reach, for the check before it. What names no scope lies in the
/// project as a whole, and is refused later.
pub(crate) fn scope_of(uri: &Uri) -> Scope {
    let scope = Params::of(uri).and_then(scope);
    match scope {
        Ok(SecretScope::Server) => Scope::Server,
        Ok(SecretScope::Pipeline { pipeline, .. }) => permission::pipeline(&pipeline),
        Ok(SecretScope::Project(_)) | Err(_) => permission::project(),
    }
}

fn book(scheduler: &Scheduler) -> Result<&dyn SecretBook, ApiError> {
    let missing = || ApiError::new(Code::SecretUnknown, "this server keeps no secrets");
    scheduler.parts().secrets.secret_book().ok_or_else(missing)
}

impl From<SecretBookError> for ApiError {
    fn from(err: SecretBookError) -> Self {
        use SecretBookError as E;
        match err {
            E::Unknown { .. } => {
                Self::new(Code::SecretUnknown, err).hint("GET /api/v1/secrets lists them by scope")
            }
            E::Name { .. } | E::Value { .. } => Self::new(Code::SecretInvalid, err),
            E::ReadOnly { .. } => Self::new(Code::SecretsReadOnly, err)
                .hint("set the value where this backend reads it, or use another backend"),
            E::Differs { .. } => Self::new(Code::SecretsDiffer, err),
            E::SameBackend { .. } => Self::new(Code::SecretsSame, err),
            E::Backend { backend, err } => {
                let mut inner = Self::from(err);
                inner.detail = format!("the secret backend {backend} failed: {}", inner.detail);
                inner
            }
            E::Reseal { .. } => {
                Self::new(Code::KeyRefused, err).hint("see to the backend, then rotate again")
            }
            E::Key { err } => {
                Self::new(Code::KeyRefused, format_args!("the server key was not replaced: {err}"))
            }
            E::Store(err) => err.into(),
        }
    }
}
