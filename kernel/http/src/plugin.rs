//! Installed plugins.

use axum::extract::State;
use kernel_scheduler::Scheduler;
use kernel_wire as wire;

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
pub(crate) async fn list(State(scheduler): State<Scheduler>) -> Json<Vec<wire::plugin::Plugin>> {
    let mut found = scheduler.parts().plugins.plugin_list();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Json(found.into_iter().map(to_wire::plugin).collect())
}

/// Show plugin
#[utoipa::path(
    get, path = "/api/v1/plugins/{plugin}", tag = "plugins", operation_id = "pluginGet",
    params(("plugin" = String, Path, description = "The name of its binding")),
    responses((status = 200, description = "The plugin", body = wire::plugin::Plugin)),
)]
pub(crate) async fn get(
    State(scheduler): State<Scheduler>,
    At(PluginName(name)): At<PluginName>,
) -> Result<Json<wire::plugin::Plugin>, ApiError> {
    let plugins = &scheduler.parts().plugins;
    if let Some(found) = plugins.plugin_get(&name) {
        return Ok(Json(to_wire::plugin(found)));
    }
    let known = plugins.plugin_list();
    let near = nearest(&name, known.iter().map(|plugin| plugin.name.as_str()));
    Err(ApiError::new(Code::PluginUnknown, format_args!("there is no plugin {name:?}"))
        .hint("GET /api/v1/plugins lists them")
        .near(near.map(|near| format!("{near:?}"))))
}
