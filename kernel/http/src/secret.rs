//! Secrets: values go in, and never come out.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use kernel_model::name::ProjectName;
use kernel_ports::secret::{KeyRotation, SecretAt, SecretBook, SecretBookError, SecretScope};
use kernel_wire as wire;
use kernel_wire::secret::{KeyState, SecretAccepted, SecretList};

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, OptionalJson, Params, Scoped, SecretName, Who, invalid};
use crate::layer::project::Wanted;
use crate::run::by;
use crate::to_wire;

/// Shorter values are more likely to stand in a log by chance.
const SHORT: usize = 8;
const SCOPE: &str = "scope";
const PROJECT: &str = "project";
const PIPELINE: &str = "pipeline";

/// List secrets
///
/// The names of one scope, never a value.
#[utoipa::path(
    get, path = "/api/v1/secrets", tag = "secrets", operation_id = "secretList",
    params(("scope" = Option<String>, Query,
        description = "`server`, `project`, `pipeline/NAME`, or those of any project: `project/NAME`, \
            `project/NAME/pipeline/NAME`; `project` by default")),
    responses((status = 200, description = "All of the scope, by name", body = SecretList)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Scoped(scope): Scoped,
    params: Params,
) -> Result<Json<SecretList>, ApiError> {
    only_scope(params)?;
    let book = book(&app)?;
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
    State(app): State<App>,
    At(SecretName(name)): At<SecretName>,
    Scoped(scope): Scoped,
    Who(caller): Who,
    params: Params,
    Json(set): Json<wire::secret::SecretSet>,
) -> Result<Json<SecretAccepted>, ApiError> {
    only_scope(params)?;
    let at = SecretAt { scope, name };
    let by = by(&caller, set.by)?;
    let secret = book(&app)?.secret_set(&at, &set.value, &by).await?;
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
    State(app): State<App>,
    At(SecretName(name)): At<SecretName>,
    Scoped(scope): Scoped,
    params: Params,
) -> Result<StatusCode, ApiError> {
    only_scope(params)?;
    let at = SecretAt { scope, name };
    book(&app)?.secret_remove(&at).await?;
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
    State(app): State<App>,
    Json(migrate): Json<wire::secret::SecretMigrate>,
) -> Result<Json<wire::secret::SecretMigrated>, ApiError> {
    let moved = book(&app)?.secret_migrate(&migrate.from, &migrate.to).await?;
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
    State(app): State<App>,
    OptionalJson(rotate): OptionalJson<wire::secret::KeyRotate>,
) -> Result<Json<wire::secret::KeyRotated>, ApiError> {
    let rotated = book(&app)?.secret_key_rotate(rotate.key.as_deref()).await?;
    let state = match rotated.state {
        KeyRotation::Done => KeyState::Done,
        KeyRotation::Pending => KeyState::Pending,
    };
    Ok(Json(wire::secret::KeyRotated { state, secrets: rotated.secrets as u64 }))
}

/// The scope was read by the gate; here it is the only thing that may be said.
fn only_scope(mut params: Params) -> Result<(), ApiError> {
    params.one(SCOPE)?;
    params.finish()
}

/// Returns the scope that a request is about, for the check before it; that of the project which is
/// wanted if it names none. A scope of a project is one more way to say the project.
pub(crate) fn scope_of(uri: &Uri, wanted: &Wanted) -> Result<SecretScope, ApiError> {
    let text = Params::of(uri)?.one(SCOPE)?.unwrap_or_else(|| PROJECT.to_owned());
    // Without a project in front, it is that of the request.
    let text = match text.split_once('/') {
        None if text == PROJECT => format!("{PROJECT}/{}", wanted.name()?),
        Some((PIPELINE, _)) => format!("{PROJECT}/{}/{text}", wanted.name()?),
        _ => text,
    };
    let scope = text.parse().map_err(|err| invalid(SCOPE, format_args!("{err}")))?;
    if let SecretScope::Project(project) | SecretScope::Pipeline { project, .. } = &scope {
        let project = ProjectName::new(project.as_str());
        let project = project.map_err(|err| invalid(SCOPE, format_args!("{err}")))?;
        wanted.clone().and(project).check()?;
    }
    Ok(scope)
}

fn book(app: &App) -> Result<&dyn SecretBook, ApiError> {
    let missing = || ApiError::new(Code::SecretUnknown, "this server keeps no secrets");
    app.secrets.as_deref().ok_or_else(missing)
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
            E::Given { .. } => Self::new(Code::SecretsReadOnly, err)
                .hint("change the setting and start the server again, or use another scope"),
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
