//! The life of plugins: install, upgrade, swap, grant, remove.

use axum::body::to_bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use kernel_ports::package::Package;
use kernel_ports::plugin_admin::{InstallFrom, InstallOptions, InstallOutcome};
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin as wire;

use crate::api::PluginLife;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, Params, PluginName};
use crate::to_wire;

/// Larger uploads are refused: such a plugin would not be one.
const UPLOAD_BYTES_MAX: usize = 256 << 20;
/// The media type of components.
const WASM: &str = "application/wasm";

/// Install plugin
///
/// The body is the component itself (`application/wasm`), or says where the server fetches it
/// (`application/json`). Each stage may refuse; then what served serves on.
#[utoipa::path(
    post, path = "/api/v1/plugins", tag = "plugins", operation_id = "pluginInstall",
    params(
        ("grant" = Option<Vec<String>>, Query, description = "What it may use, such as `process:git`"),
        ("grantAll" = Option<bool>, Query, description = "All that it asks for by name"),
        ("config" = Option<String>, Query, description = "Its configuration: a JSON object"),
        ("digest" = Option<String>, Query, description = "The SHA-256 that it must have"),
        ("origin" = Option<String>, Query, description = "Where the body is from, for people"),
        ("allowUnsigned" = Option<bool>, Query, description = "Even if nobody has signed it"),
    ),
    request_body(content(
        (Vec<u8> = "application/wasm"), (wire::PluginFetch = "application/json"),
    )),
    responses(
        (status = 201, description = "Installed", body = wire::PluginInstalled),
        (status = 200, description = "It served already", body = wire::PluginInstalled),
    ),
)]
pub(crate) async fn install(
    State(PluginLife(plugins)): State<PluginLife>,
    params: Params,
    request: Request,
) -> Result<(StatusCode, Json<wire::PluginInstalled>), ApiError> {
    let (options, origin) = options(params)?;
    let from = from(request, origin).await?.ok_or_else(nothing_sent)?;
    let installed = plugins.install(from, options).await?;
    let status = match installed.outcome {
        InstallOutcome::Active | InstallOutcome::Waiting { .. } => StatusCode::CREATED,
        InstallOutcome::Unchanged => StatusCode::OK,
    };
    Ok((status, Json(to_wire::plugin_installed(installed))))
}

/// Upgrade plugin
///
/// The body is as for an installation. One that asks for more than the version that serves waits
/// until it is approved: by `approve`, at once or later, without a body.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/upgrade", tag = "plugins",
    operation_id = "pluginUpgrade",
    params(
        ("plugin" = String, Path, description = "Its name"),
        ("approve" = Option<bool>, Query, description = "It may have what it asks for beyond"),
        ("grant" = Option<Vec<String>>, Query, description = "What it may use besides"),
        ("config" = Option<String>, Query, description = "Its configuration: a JSON object"),
        ("digest" = Option<String>, Query, description = "The SHA-256 that it must have"),
        ("origin" = Option<String>, Query, description = "Where the body is from, for people"),
        ("allowUnsigned" = Option<bool>, Query, description = "Even if nobody has signed it"),
    ),
    request_body(content(
        (Vec<u8> = "application/wasm"), (wire::PluginFetch = "application/json"),
    )),
    responses((status = 200, description = "What came of it", body = wire::PluginInstalled)),
)]
pub(crate) async fn upgrade(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
    params: Params,
    request: Request,
) -> Result<Json<wire::PluginInstalled>, ApiError> {
    let (options, origin) = options(params)?;
    let from = from(request, origin).await?;
    let installed = plugins.upgrade(&name, from, options).await?;
    Ok(Json(to_wire::plugin_installed(installed)))
}

/// Swap plugin
///
/// Makes another version that is kept serve. Calls in progress end with the old one.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/swap", tag = "plugins", operation_id = "pluginSwap",
    params(("plugin" = String, Path, description = "Its name")),
    request_body = wire::PluginSwap,
    responses((status = 200, description = "The plugin", body = Plugin)),
)]
pub(crate) async fn swap(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
    Json(swap): Json<wire::PluginSwap>,
) -> Result<Json<Plugin>, ApiError> {
    Ok(Json(to_wire::plugin(plugins.swap(&name, &swap.to).await?)))
}

/// Roll plugin back
///
/// Makes the version serve that did so before.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/rollback", tag = "plugins",
    operation_id = "pluginRollback",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "The plugin", body = Plugin)),
)]
pub(crate) async fn rollback(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<Plugin>, ApiError> {
    Ok(Json(to_wire::plugin(plugins.rollback(&name).await?)))
}

/// Enable plugin
///
/// Lets it serve again; lifts a quarantine.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/enable", tag = "plugins", operation_id = "pluginEnable",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "The plugin", body = Plugin)),
)]
pub(crate) async fn enable(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<Plugin>, ApiError> {
    Ok(Json(to_wire::plugin(plugins.enable(&name, true).await?)))
}

/// Disable plugin
///
/// Its calls are refused until it is enabled again.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/disable", tag = "plugins",
    operation_id = "pluginDisable",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "The plugin", body = Plugin)),
)]
pub(crate) async fn disable(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<Plugin>, ApiError> {
    Ok(Json(to_wire::plugin(plugins.enable(&name, false).await?)))
}

/// Remove plugin
///
/// Forgets it with its versions and grants. A built-in plugin of the name serves again.
#[utoipa::path(
    delete, path = "/api/v1/plugins/{plugin}", tag = "plugins", operation_id = "pluginRemove",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<StatusCode, ApiError> {
    plugins.remove(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Verify plugin
///
/// Reads the binary that serves again, and checks its digest and signature.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/verify", tag = "plugins", operation_id = "pluginVerify",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "It is as it was", body = wire::PluginVerified)),
)]
pub(crate) async fn verify(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<wire::PluginVerified>, ApiError> {
    let signature = plugins.verify(&name).await?;
    let digest = plugins.state_get(&name).map(|state| state.info.digest).unwrap_or_default();
    Ok(Json(wire::PluginVerified { name, digest, signed_by: to_wire::signed_by(signature) }))
}

/// List log of plugin
///
/// The newest lines of its own log, the oldest first; they are kept in memory.
#[utoipa::path(
    get, path = "/api/v1/plugins/{plugin}/logs", tag = "plugins", operation_id = "pluginLogs",
    params(("plugin" = String, Path, description = "Its name, or that of a binding")),
    responses((status = 200, description = "The lines", body = Vec<wire::PluginLogLine>)),
)]
pub(crate) async fn logs(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<Vec<wire::PluginLogLine>>, ApiError> {
    let lines = plugins.log_lines(&name)?;
    Ok(Json(lines.into_iter().map(to_wire::plugin_log_line).collect()))
}

/// List denials of plugin
///
/// What it wanted and did not get since the server started, the newest first.
#[utoipa::path(
    get, path = "/api/v1/plugins/{plugin}/denials", tag = "plugins",
    operation_id = "pluginDenials",
    params(("plugin" = String, Path, description = "Its name, or that of a binding")),
    responses((status = 200, description = "The denials", body = Vec<wire::Denial>)),
)]
pub(crate) async fn denials(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<Vec<wire::Denial>>, ApiError> {
    let denials = plugins.denials(&name)?;
    Ok(Json(denials.into_iter().map(to_wire::denial).collect()))
}

/// List calls of plugins
///
/// What calls have cost since the server started, the busiest function first.
#[utoipa::path(
    get, path = "/api/v1/plugin-calls", tag = "plugins", operation_id = "pluginCalls",
    responses((status = 200, description = "By binding and function", body = Vec<wire::PluginCalls>)),
)]
pub(crate) async fn calls(
    State(PluginLife(plugins)): State<PluginLife>,
) -> Json<Vec<wire::PluginCalls>> {
    Json(plugins.figures().into_iter().map(to_wire::plugin_calls).collect())
}

/// Reads the options of an installation, and where the body is from.
fn options(mut params: Params) -> Result<(InstallOptions, Option<String>), ApiError> {
    let options = InstallOptions {
        rules: params.many("grant"),
        grant_all: params.flag("grantAll", false)?,
        config: params.one("config")?,
        allow_unsigned: params.flag("allowUnsigned", false)?,
        approve: params.flag("approve", false)?,
        digest: params.one("digest")?,
    };
    let origin = params.one("origin")?;
    params.finish()?;
    Ok((options, origin))
}

/// Returns the plugin in the body, or what it names. None: there is no body.
async fn from(request: Request, origin: Option<String>) -> Result<Option<InstallFrom>, ApiError> {
    let media_type = media_type(request.headers()).to_owned();
    if media_type == "application/json" {
        let fetch = Json::<wire::PluginFetch>::from_request(request, &()).await?;
        let Json(wire::PluginFetch { from: reference, digest }) = fetch;
        return Ok(Some(InstallFrom::Reference { reference, digest }));
    }
    let bytes = to_bytes(request.into_body(), UPLOAD_BYTES_MAX).await.map_err(|_| {
        let detail = format!("the body broke off, or is larger than {UPLOAD_BYTES_MAX} bytes");
        ApiError::new(Code::BodyTooLarge, detail).hint("send a component, and all of it")
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    // Required because browsers let any site send other types without asking first.
    if media_type != WASM {
        let detail = format!("the body is said to be {media_type:?}");
        let hint = format!("send a component as `{WASM}`, or where it is as `application/json`");
        return Err(ApiError::new(Code::MediaType, detail).hint(hint));
    }
    let origin = origin.unwrap_or_else(|| "upload".to_owned());
    Ok(Some(InstallFrom::Given(Package { bytes, origin, proof: None })))
}

fn media_type(headers: &HeaderMap) -> &str {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    found.split(';').next().unwrap_or_default().trim()
}

fn nothing_sent() -> ApiError {
    ApiError::new(Code::BodyUnreadable, "there is no plugin in the body")
        .hint(format_args!("send a component as `{WASM}`, or where it is as `application/json`"))
}
