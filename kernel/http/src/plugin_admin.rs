//! The life of plugins: install, upgrade, swap, grant, remove.

use std::collections::BTreeMap;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use kernel_ports::package::Upload;
use kernel_ports::plugin_admin::{ImportOptions, InstallFrom, InstallOptions, InstallOutcome, Pin};
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin as wire;

use crate::api::PluginLife;
use crate::error::ApiError;
use crate::extract::{
    At, Json, OptionalJson, Params, PluginName, Sent, Wanted, invalid, media_type,
};
use crate::to_wire;

const COMPONENT: Wanted =
    Wanted { field: "component", media_type: "application/wasm", what: "a component" };
const BUNDLE: Wanted = Wanted { field: "bundle", media_type: "application/zstd", what: "a bundle" };
/// Nobody needs more of them.
const SIGNATURES_MAX: usize = 16;

/// Install plugin
///
/// The body is a form, with the component or where the server fetches it, and with all that is said
/// of it. Or it is the component itself (`application/wasm`), or says where it is
/// (`application/json`), and the rest stands in the query, which is part of the head and has its
/// limit. Each stage may refuse; then what served serves on.
#[utoipa::path(
    post, path = "/api/v1/plugins", tag = "plugins", operation_id = "pluginInstall",
    params(
        ("grant" = Option<Vec<String>>, Query, description = "What it may use, such as `process:git`"),
        ("grantAll" = Option<bool>, Query, description = "All that it asks for by name"),
        ("config" = Option<String>, Query, description = "Its configuration: a JSON object"),
        ("digest" = Option<String>, Query, description = "The SHA-256 that it must have"),
        ("origin" = Option<String>, Query, description = "Where the body is from: a name, or `file:///…`"),
        ("signature" = Option<Vec<String>>, Query, description = "Of the body: what its `.minisig` holds, or its `.sig` in base64"),
        ("signer" = Option<String>, Query, description = "The key that must have signed it"),
        ("allowUnsigned" = Option<bool>, Query, description = "Even if nobody has signed it"),
        ("orUpgrade" = Option<bool>, Query, description = "If it is installed, upgrade it"),
        ("approve" = Option<bool>, Query, description = "Then it may have what it asks for beyond"),
        ("replace" = Option<bool>, Query, description = "Forget the versions of the same origin"),
    ),
    request_body(content(
        (wire::PluginForm = "multipart/form-data"),
        (Vec<u8> = "application/wasm"),
        (wire::PluginFetch = "application/json"),
    )),
    responses(
        (status = 201, description = "Installed", body = wire::PluginInstalled),
        (status = 200, description = "It served already", body = wire::PluginInstalled),
    ),
)]
pub(crate) async fn install(
    State(PluginLife(plugins)): State<PluginLife>,
    request: Request,
) -> Result<(StatusCode, Json<wire::PluginInstalled>), ApiError> {
    let (options, from) = from(request).await?;
    let from = from.ok_or_else(|| COMPONENT.nothing())?;
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
        ("origin" = Option<String>, Query, description = "Where the body is from: a name, or `file:///…`"),
        ("signature" = Option<Vec<String>>, Query, description = "Of the body: what its `.minisig` holds, or its `.sig` in base64"),
        ("signer" = Option<String>, Query, description = "The key that must have signed it"),
        ("allowUnsigned" = Option<bool>, Query, description = "Even if nobody has signed it"),
    ),
    request_body(content(
        (wire::PluginForm = "multipart/form-data"),
        (Vec<u8> = "application/wasm"),
        (wire::PluginFetch = "application/json"),
    )),
    responses((status = 200, description = "What came of it", body = wire::PluginInstalled)),
)]
pub(crate) async fn upgrade(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
    request: Request,
) -> Result<Json<wire::PluginInstalled>, ApiError> {
    let (options, from) = from(request).await?;
    let installed = plugins.upgrade(&name, from, options).await?;
    Ok(Json(to_wire::plugin_installed(installed)))
}

/// Swap plugin
///
/// Makes another version that is kept serve, with another configuration if one is given. Calls in
/// progress end with the old one.
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
    let config = swap.config.map(|config| config.to_string());
    Ok(Json(to_wire::plugin(plugins.swap(&name, &swap.to, config).await?)))
}

/// Roll plugin back
///
/// Makes the version serve that did so before, with another configuration if one is given.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/rollback", tag = "plugins",
    operation_id = "pluginRollback",
    params(("plugin" = String, Path, description = "Its name")),
    request_body = Option<wire::PluginRollback>,
    responses((status = 200, description = "The plugin", body = Plugin)),
)]
pub(crate) async fn rollback(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
    OptionalJson(wire::PluginRollback { config }): OptionalJson<wire::PluginRollback>,
) -> Result<Json<Plugin>, ApiError> {
    let config = config.map(|config| config.to_string());
    Ok(Json(to_wire::plugin(plugins.rollback(&name, config).await?)))
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

/// Install bundle
///
/// The body is a form with a bundle of plugins with their signatures, or the bundle itself
/// (`application/zstd`). Each is installed, or upgraded where it is installed already. Nothing of it is used unless all of it can be trusted.
#[utoipa::path(
    post, path = "/api/v1/plugin-bundles", tag = "plugins", operation_id = "pluginImport",
    params(
        ("grant" = Option<Vec<String>>, Query,
            description = "What one may use, such as `resource-x=process:git`"),
        ("grantAll" = Option<bool>, Query, description = "All that each asks for by name"),
        ("locked" = Option<bool>, Query, description = "Refuse what is not pinned"),
        ("pin" = Option<Vec<String>>, Query,
            description = "The SHA-256 that one must have, as `NAME=SHA256`; with any, what is not \
                           pinned is refused"),
        ("signer" = Option<Vec<String>>, Query,
            description = "The key that must have signed one that is pinned, as `NAME=KEY`"),
        ("digest" = Option<String>, Query, description = "The SHA-256 that the bundle must have"),
        ("approve" = Option<bool>, Query, description = "Upgrades may have what they ask for beyond"),
        ("allowUnsigned" = Option<bool>, Query, description = "Even if nobody has signed one"),
    ),
    request_body(content(
        (wire::BundleForm = "multipart/form-data"), (Vec<u8> = "application/zstd"),
    )),
    responses((status = 200, description = "Plugin by plugin", body = Vec<wire::PluginImported>)),
)]
pub(crate) async fn import(
    State(PluginLife(plugins)): State<PluginLife>,
    request: Request,
) -> Result<Json<Vec<wire::PluginImported>>, ApiError> {
    let Sent { mut params, file } = BUNDLE.receive(request).await?;
    let options = ImportOptions {
        rules: rules(params.many("grant"))?,
        grant_all: params.flag("grantAll", false)?,
        digest: params.one("digest")?,
        approve: params.flag("approve", false)?,
        allow_unsigned: params.flag("allowUnsigned", false)?,
        pins: pins(&mut params)?,
    };
    params.finish()?;
    let bundle = file.ok_or_else(|| BUNDLE.nothing())?;
    let imported = plugins.import(bundle, options).await?;
    Ok(Json(imported.into_iter().map(to_wire::plugin_imported).collect()))
}

/// Verify plugin
///
/// Reads the binaries of all its versions again, and checks digests and signatures by the keys that
/// are trusted now.
#[utoipa::path(
    post, path = "/api/v1/plugins/{plugin}/verify", tag = "plugins", operation_id = "pluginVerify",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "What holds", body = wire::PluginVerified)),
)]
pub(crate) async fn verify(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<wire::PluginVerified>, ApiError> {
    let versions = plugins.verify(&name).await?;
    Ok(Json(to_wire::plugin_verified(name, versions)))
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

/// Reads the options of an installation, and what is said of the body.
fn options(mut params: Params) -> Result<(InstallOptions, Upload), ApiError> {
    let options = InstallOptions {
        rules: params.many("grant"),
        grant_all: params.flag("grantAll", false)?,
        config: params.one("config")?,
        allow_unsigned: params.flag("allowUnsigned", false)?,
        signer: params.one("signer")?,
        or_upgrade: params.flag("orUpgrade", false)?,
        replaces: params.flag("replace", false)?,
        approve: params.flag("approve", false)?,
        digest: params.one("digest")?,
    };
    let origin = params.one("origin")?.unwrap_or_else(|| "upload".to_owned());
    let signatures = params.all("signature");
    params.finish()?;
    // Keys are trusted by origin, and this one is only said.
    if origin.split_once("://").is_some_and(|(scheme, _)| scheme != "file") {
        return Err(invalid(
            "origin",
            format_args!("what is sent comes from a file, not {origin}"),
        )
        .hint("send as `application/json` where the server fetches it"));
    }
    if signatures.len() > SIGNATURES_MAX {
        let count = signatures.len();
        return Err(invalid("signature", format_args!("{count} are more than {SIGNATURES_MAX}")));
    }
    Ok((options, Upload { origin, signatures, ..Upload::default() }))
}

/// Reads rules that each name the plugin that they are for.
fn rules(texts: Vec<String>) -> Result<BTreeMap<String, Vec<String>>, ApiError> {
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in texts {
        let (plugin, rule) = of_plugin("grant", &text, "CAPABILITY[:PARAMETER]")?;
        rules.entry(plugin.to_owned()).or_default().push(rule.to_owned());
    }
    Ok(rules)
}

/// Reads what plugins must be. None: whatever they are.
fn pins(params: &mut Params) -> Result<Option<BTreeMap<String, Pin>>, ApiError> {
    let locked = params.flag("locked", false)?;
    let mut pins = BTreeMap::new();
    for text in params.all("pin") {
        let (plugin, digest) = of_plugin("pin", &text, "SHA256")?;
        pins.insert(plugin.to_owned(), Pin { digest: digest.to_owned(), signer: None });
    }
    for text in params.all("signer") {
        let (plugin, signer) = of_plugin("signer", &text, "KEY")?;
        let pin = pins.get_mut(plugin).ok_or_else(|| {
            invalid("signer", format_args!("{plugin:?} is not pinned; add pin={plugin}=SHA256"))
        })?;
        pin.signer = Some(signer.to_owned());
    }
    Ok((locked || !pins.is_empty()).then_some(pins))
}

fn of_plugin<'a>(name: &str, text: &'a str, what: &str) -> Result<(&'a str, &'a str), ApiError> {
    let parts =
        text.split_once('=').filter(|(plugin, rest)| !plugin.is_empty() && !rest.is_empty());
    parts.ok_or_else(|| invalid(name, format_args!("{text:?} is none; expected PLUGIN={what}")))
}

/// Returns the plugin in the body, or what it names. None: there is neither.
async fn from(request: Request) -> Result<(InstallOptions, Option<InstallFrom>), ApiError> {
    if media_type(request.headers()) == "application/json" {
        let (options, _) = options(Params::of(request.uri())?)?;
        let fetch = Json::<wire::PluginFetch>::from_request(request, &()).await?;
        let Json(wire::PluginFetch { from: reference, digest }) = fetch;
        return Ok((options, Some(InstallFrom::Reference { reference, digest })));
    }
    let Sent { mut params, file } = COMPONENT.receive(request).await?;
    let reference = params.one("from")?;
    let (options, upload) = options(params)?;
    let from = match (file, reference) {
        (Some(_), Some(_)) => {
            let reason = format_args!("the component itself is sent, so nothing is fetched");
            return Err(invalid("from", reason).hint("say one of both"));
        }
        (Some(bytes), None) => Some(InstallFrom::Upload(Upload { bytes, ..upload })),
        (None, Some(reference)) => {
            let digest = options.digest.clone();
            Some(InstallFrom::Reference { reference, digest })
        }
        (None, None) => None,
    };
    Ok((options, from))
}
