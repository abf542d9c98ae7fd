//! Installed plugins.

use axum::extract::State;
use kernel_ports::plugin_admin::PluginAdminError;
use kernel_wire as wire;

use crate::api::PluginLife;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, PluginName};
use crate::near::nearest;
use crate::to_wire;

/// List plugins
#[utoipa::path(
    get, path = "/api/v1/plugins", tag = "plugins", operation_id = "pluginList",
    responses((status = 200, description = "All of them", body = Vec<wire::plugin::Plugin>)),
)]
pub(crate) async fn list(
    State(PluginLife(plugins)): State<PluginLife>,
) -> Json<Vec<wire::plugin::Plugin>> {
    Json(plugins.state_list().into_iter().map(to_wire::plugin).collect())
}

/// Show plugin
#[utoipa::path(
    get, path = "/api/v1/plugins/{plugin}", tag = "plugins", operation_id = "pluginGet",
    params(("plugin" = String, Path, description = "Its name")),
    responses((status = 200, description = "The plugin", body = wire::plugin::Plugin)),
)]
pub(crate) async fn get(
    State(PluginLife(plugins)): State<PluginLife>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<wire::plugin::Plugin>, ApiError> {
    if let Some(found) = plugins.state_get(&name) {
        return Ok(Json(to_wire::plugin(found)));
    }
    if let Some(binding) = plugins.binding_list().into_iter().find(|it| it.name == name) {
        let plugin = binding.plugin;
        let detail = format!("{name:?} is a binding of {plugin}");
        return Err(ApiError::new(Code::PluginUnknown, detail).hint(format_args!(
            "`tenon plugin inspect {plugin}` shows the plugin with all its bindings"
        )));
    }
    let known = plugins.state_list();
    let near = nearest(&name, known.iter().map(|plugin| plugin.info.name.as_str()));
    let near = near.map(str::to_owned);
    Err(PluginAdminError::Unknown { name, near }.into())
}
