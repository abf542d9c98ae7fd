//! Bindings: plugins under names, with configurations and grants of their own.

use axum::extract::State;
use axum::http::StatusCode;
use kernel_model::name::ProjectName;
use kernel_ports::plugin_admin::BindingDraft;
use kernel_wire::plugin_admin as wire;

use crate::api::{App, PluginLife};
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, BindingName, Json};
use crate::to_wire;

/// List bindings
#[utoipa::path(
    get, path = "/api/v1/bindings", tag = "plugins", operation_id = "bindingList",
    responses((status = 200, description = "All of them", body = Vec<wire::Binding>)),
)]
pub(crate) async fn list(
    State(PluginLife(plugins)): State<PluginLife>,
) -> Json<Vec<wire::Binding>> {
    Json(plugins.binding_list().into_iter().map(to_wire::binding).collect())
}

/// Set binding
///
/// Binds a plugin under a name, or changes its configuration or grants. Applied at once.
#[utoipa::path(
    put, path = "/api/v1/bindings/{binding}", tag = "plugins", operation_id = "bindingSet",
    params(("binding" = String, Path, description = "Its name, with `%2F` for each `/`")),
    request_body = wire::BindingSet,
    responses((status = 200, description = "The binding", body = wire::Binding)),
)]
pub(crate) async fn set(
    State(app): State<App>,
    At(BindingName(name)): At<BindingName>,
    Json(set): Json<wire::BindingSet>,
) -> Result<Json<wire::Binding>, ApiError> {
    let default_for = match set.default_for {
        Some(default) => {
            let project = default.project.unwrap_or_default();
            known(&app, &project)?;
            Some((to_wire::kind_back(default.kind), project))
        }
        None => None,
    };
    let wire::BindingSet { plugin, config, rules, .. } = set;
    let config = config.map(|config| config.to_string());
    let draft = BindingDraft { name, plugin, config, rules, default_for };
    Ok(Json(to_wire::binding(app.plugins.bind(draft).await?)))
}

/// Remove binding
#[utoipa::path(
    delete, path = "/api/v1/bindings/{binding}", tag = "plugins", operation_id = "bindingRemove",
    params(("binding" = String, Path, description = "Its name, with `%2F` for each `/`")),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(PluginLife(plugins)): State<PluginLife>,
    At(BindingName(name)): At<BindingName>,
) -> Result<StatusCode, ApiError> {
    plugins.unbind(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Grant to binding
///
/// Lets it use more, within what its plugin asks for. Applied at once.
#[utoipa::path(
    post, path = "/api/v1/bindings/{binding}/grant", tag = "plugins", operation_id = "bindingGrant",
    params(("binding" = String, Path, description = "Its name, with `%2F` for each `/`")),
    request_body = wire::Rules,
    responses((status = 200, description = "The binding", body = wire::Binding)),
)]
pub(crate) async fn grant(
    State(PluginLife(plugins)): State<PluginLife>,
    At(BindingName(name)): At<BindingName>,
    Json(wire::Rules { rules }): Json<wire::Rules>,
) -> Result<Json<wire::Binding>, ApiError> {
    Ok(Json(to_wire::binding(plugins.grant(&name, &rules).await?)))
}

/// Revoke from binding
///
/// Takes rules back. Applied at once: the next call is denied.
#[utoipa::path(
    post, path = "/api/v1/bindings/{binding}/revoke", tag = "plugins",
    operation_id = "bindingRevoke",
    params(("binding" = String, Path, description = "Its name, with `%2F` for each `/`")),
    request_body = wire::Rules,
    responses((status = 200, description = "The binding", body = wire::Binding)),
)]
pub(crate) async fn revoke(
    State(PluginLife(plugins)): State<PluginLife>,
    At(BindingName(name)): At<BindingName>,
    Json(wire::Rules { rules }): Json<wire::Rules>,
) -> Result<Json<wire::Binding>, ApiError> {
    Ok(Json(to_wire::binding(plugins.revoke(&name, &rules).await?)))
}

/// Refuses a default for a project that is not there. Empty is the server as a whole.
fn known(app: &App, project: &str) -> Result<(), ApiError> {
    if project.is_empty() {
        return Ok(());
    }
    let name = ProjectName::new(project);
    let name = name.map_err(|err| ApiError::new(Code::ProjectInvalid, err))?;
    app.projects.project_get(&name).map(drop).ok_or_else(|| crate::project::unknown(&name))
}
