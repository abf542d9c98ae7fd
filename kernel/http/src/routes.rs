//! Which address does what: the one list.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{self, MethodRouter};
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::{Api, App, BODY_BYTES_MAX};
use crate::code::Code;
use crate::error::ApiError;
use crate::layer::{answer_time, host, panic, request_id};
use crate::near::nearest;
use crate::{
    artifact, binding, health, metrics, openapi, pipeline, plugin, plugin_admin, run, run_read,
    secret, step,
};

/// A method at an address.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    handler: fn() -> MethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $path:literal => $handler:path,)*) => {
        pub(crate) const ROUTES: &[Route] = &[$(Route {
            method: method!($method),
            path: $path,
            handler: || routing::$method($handler),
        },)*];
    };
}

macro_rules! method {
    (get) => {
        Method::GET
    };
    (put) => {
        Method::PUT
    };
    (post) => {
        Method::POST
    };
    (delete) => {
        Method::DELETE
    };
}

routes! {
    get "/api/v1/pipelines" => pipeline::list,
    post "/api/v1/pipelines/validate" => pipeline::validate,
    get "/api/v1/pipelines/{name}" => pipeline::get,
    put "/api/v1/pipelines/{name}" => pipeline::set,
    delete "/api/v1/pipelines/{name}" => pipeline::remove,
    post "/api/v1/pipelines/{name}/pause" => pipeline::pause,
    post "/api/v1/pipelines/{name}/unpause" => pipeline::unpause,
    get "/api/v1/pipelines/{name}/versions" => pipeline::version_list,
    get "/api/v1/pipelines/{name}/versions/{version}" => pipeline::version_get,
    post "/api/v1/pipelines/{name}/runs" => run::start,
    get "/api/v1/runs" => run_read::list,
    get "/api/v1/runs/{run}" => run_read::get,
    get "/api/v1/runs/{run}/tree" => run_read::tree,
    post "/api/v1/runs/{run}/cancel" => run::cancel,
    post "/api/v1/runs/{run}/retry" => run::retry,
    post "/api/v1/runs/{run}/rerun" => run::rerun,
    get "/api/v1/runs/{run}/events" => run_read::events,
    get "/api/v1/runs/{run}/logs" => run_read::logs,
    get "/api/v1/runs/{run}/steps/{step}" => step::get,
    post "/api/v1/runs/{run}/steps/{step}/cancel" => step::cancel,
    get "/api/v1/runs/{run}/steps/{step}/log" => step::log,
    get "/api/v1/runs/{run}/artifacts" => artifact::list,
    get "/api/v1/runs/{run}/artifacts/{*artifact}" => artifact::get,
    get "/api/v1/plugins" => plugin::list,
    post "/api/v1/plugins" => plugin_admin::install,
    get "/api/v1/plugins/{plugin}" => plugin::get,
    delete "/api/v1/plugins/{plugin}" => plugin_admin::remove,
    post "/api/v1/plugins/{plugin}/upgrade" => plugin_admin::upgrade,
    post "/api/v1/plugins/{plugin}/swap" => plugin_admin::swap,
    post "/api/v1/plugins/{plugin}/rollback" => plugin_admin::rollback,
    post "/api/v1/plugins/{plugin}/enable" => plugin_admin::enable,
    post "/api/v1/plugins/{plugin}/disable" => plugin_admin::disable,
    post "/api/v1/plugins/{plugin}/verify" => plugin_admin::verify,
    get "/api/v1/plugins/{plugin}/logs" => plugin_admin::logs,
    get "/api/v1/plugins/{plugin}/denials" => plugin_admin::denials,
    get "/api/v1/plugin-calls" => plugin_admin::calls,
    get "/api/v1/bindings" => binding::list,
    put "/api/v1/bindings/{binding}" => binding::set,
    delete "/api/v1/bindings/{binding}" => binding::remove,
    post "/api/v1/bindings/{binding}/grant" => binding::grant,
    post "/api/v1/bindings/{binding}/revoke" => binding::revoke,
    get "/api/v1/secrets" => secret::list,
    put "/api/v1/secrets/{*secret}" => secret::set,
    delete "/api/v1/secrets/{*secret}" => secret::remove,
    post "/api/v1/secret-backend" => secret::migrate,
    post "/api/v1/keyring/rotate" => secret::key_rotate,
    get "/livez" => health::livez,
    get "/readyz" => health::readyz,
    get "/health" => health::health,
    get "/metrics" => metrics::metrics,
    get "/openapi.json" => openapi::document,
}

/// Returns the API as a service.
pub fn router(api: Api) -> Router {
    let app = App::new(api.scheduler, api.plugins, &api.version);
    let scheduler = app.scheduler.clone();
    let mut by_path = BTreeMap::<&str, (MethodRouter<App>, Vec<&str>)>::new();
    for route in ROUTES {
        let (handlers, allowed) = by_path.entry(route.path).or_default();
        *handlers = std::mem::take(handlers).merge((route.handler)());
        allowed.push(route.method.as_str());
        if route.method == Method::GET {
            allowed.push("HEAD");
        }
    }
    let mut router = Router::new();
    for (path, (handlers, allowed)) in by_path {
        let allow = allowed.join(", ");
        let refuse = async move |method: Method, uri: Uri| not_allowed(&method, &uri, allow);
        router = router.route(path, handlers.fallback(refuse));
    }
    // The last layer is the outermost: even a refused host gets a request id.
    router
        .fallback(unknown)
        .with_state(app)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(answer_time::limit))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(from_fn_with_state(Arc::new(api.hosts), host::check))
        .layer(from_fn_with_state(scheduler, request_id::name))
}

fn not_allowed(method: &Method, uri: &Uri, allow: String) -> ApiError {
    let detail = format!("{} does not take {method}", uri.path());
    ApiError::new(Code::MethodNotAllowed, detail)
        .hint(format_args!("it takes {allow}"))
        .allow(allow)
}

async fn unknown(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    let err = ApiError::new(Code::RouteUnknown, format_args!("there is nothing at {path:?}"));
    match near_route(path) {
        Some(near) => err.near(Some(format_args!("{near}"))),
        None if method == Method::GET => err.hint("GET /openapi.json lists what there is"),
        None => err.hint("/openapi.json lists what there is"),
    }
}

/// Returns the address that may be meant: each part must be near, and parameters are taken over.
fn near_route(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut found: Option<(usize, String)> = None;
    for route in ROUTES {
        let wanted: Vec<_> = route.path.split('/').skip(1).collect();
        // The version of the API may have been left out.
        let cut = wanted.len().checked_sub(parts.len()).filter(|cut| matches!(cut, 0 | 2));
        let Some(cut) = cut.filter(|cut| *cut == 0 || wanted.starts_with(&["api", "v1"])) else {
            continue;
        };
        let pairs: Option<Vec<_>> = wanted[cut..]
            .iter()
            .zip(&parts)
            .map(|(wanted, part)| match wanted.starts_with('{') {
                true => Some((0, *part)),
                false => nearest(part, [*wanted]).map(|near| (usize::from(near != *part), near)),
            })
            .collect();
        let Some(pairs) = pairs else { continue };
        let prefix = wanted[..cut].iter().copied();
        let text: String =
            prefix.chain(pairs.iter().map(|(_, part)| *part)).map(|p| format!("/{p}")).collect();
        // Literal parts that fit are better than parameters that take anything.
        let wrong = pairs.iter().map(|(wrong, _)| *wrong).sum::<usize>() * 10;
        let free = wanted.iter().filter(|part| part.starts_with('{')).count();
        if found.as_ref().is_none_or(|(best, _)| wrong + free < *best) {
            found = Some((wrong + free, text));
        }
    }
    found.map(|(_, text)| text).filter(|text| text != path)
}

#[cfg(test)]
mod tests;
