//! Which address does what: the one list.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{self, MethodRouter};
use axum::{Extension, Router};
use kernel_model::network::Cidr;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::{role, rule, token, user};
use crate::api::{Api, App};
use crate::code::Code;
use crate::error::ApiError;
use crate::layer::gate::denial::Denials;
use crate::layer::gate::{self, Gate};
use crate::layer::origin::Origins;
use crate::layer::rate::Limiter;
use crate::layer::{self as layers, answer_time, client, guard, host, panic, rate, request_id};
use crate::near::nearest;
use crate::oauth::{consent, metadata};
use crate::permission::{Needs, needs};
use crate::{
    access, app, artifact, audit, binding, device, health, identity, login, metrics, oauth,
    openapi, password, pipeline, plugin, plugin_admin, project, run, run_read, secret, step,
    visitor, workspace,
};

/// A method at an address.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Who may call it. No row can do without.
    pub(crate) needs: Needs,
    /// What is done, such as `pipeline.set`.
    name: &'static str,
    handler: fn() -> MethodRouter<App>,
}

/// When a call of a route is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    Never,
    Always,
    /// Only if it did what it is for.
    Done,
    /// Only if it did not.
    Refused,
    /// Always, but of the refusals of one somebody only one now and then.
    Sparse,
}

macro_rules! routes {
    ($($method:ident $path:literal [$($needs:ident)+] => $module:ident::$handler:ident,)*) => {
        pub(crate) const ROUTES: &[Route] = &[$(Route {
            method: method!($method),
            path: $path,
            needs: needs!($($needs)+),
            name: concat!(stringify!($module), ".", stringify!($handler)),
            handler: || routing::$method($module::$handler),
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
    get "/api/v1/projects" [view anywhere] => project::list,
    post "/api/v1/projects" [admin server] => project::create,
    get "/api/v1/projects/{project}" [view named] => project::get,
    delete "/api/v1/projects/{project}" [admin server] => project::remove,
    get "/api/v1/pipelines" [view within] => pipeline::list,
    post "/api/v1/pipelines/validate" [edit within] => pipeline::validate,
    get "/api/v1/pipelines/{name}" [view pipeline] => pipeline::get,
    put "/api/v1/pipelines/{name}" [edit pipeline] => pipeline::set,
    delete "/api/v1/pipelines/{name}" [edit pipeline] => pipeline::remove,
    post "/api/v1/pipelines/{name}/pause" [edit pipeline] => pipeline::pause,
    post "/api/v1/pipelines/{name}/unpause" [edit pipeline] => pipeline::unpause,
    get "/api/v1/pipelines/{name}/versions" [view pipeline] => pipeline::version_list,
    get "/api/v1/pipelines/{name}/versions/{version}" [view pipeline] => pipeline::version_get,
    post "/api/v1/pipelines/{name}/runs" [run pipeline_run] => run::start,
    get "/api/v1/runs" [view within] => run_read::list,
    get "/api/v1/runs/{run}" [view of_run] => run_read::get,
    get "/api/v1/runs/{run}/tree" [view of_run] => run_read::tree,
    post "/api/v1/runs/{run}/cancel" [run of_run] => run::cancel,
    post "/api/v1/runs/{run}/retry" [run of_run] => run::retry,
    post "/api/v1/runs/{run}/rerun" [run of_run] => run::rerun,
    get "/api/v1/runs/{run}/events" [view of_run] => run_read::events,
    get "/api/v1/runs/{run}/logs" [view of_run] => run_read::logs,
    get "/api/v1/runs/{run}/steps/{step}" [view of_run] => step::get,
    post "/api/v1/runs/{run}/steps/{step}/cancel" [run of_run] => step::cancel,
    get "/api/v1/runs/{run}/steps/{step}/log" [view of_run] => step::log,
    get "/api/v1/runs/{run}/artifacts" [view of_run] => artifact::list,
    get "/api/v1/runs/{run}/artifacts/{*artifact}" [view of_run] => artifact::get,
    get "/api/v1/workspaces" [view within] => workspace::list,
    post "/api/v1/workspaces" [edit within] => workspace::make,
    get "/api/v1/workspaces/{*workspace}" [view in_workspace] => workspace::get,
    put "/api/v1/workspaces/{*workspace}" [edit in_workspace] => workspace::set,
    get "/api/v1/plugins" [view server] => plugin::list,
    post "/api/v1/plugins" [admin server] => plugin_admin::install,
    get "/api/v1/plugins/{plugin}" [view server] => plugin::get,
    delete "/api/v1/plugins/{plugin}" [admin server] => plugin_admin::remove,
    post "/api/v1/plugins/{plugin}/upgrade" [admin server] => plugin_admin::upgrade,
    post "/api/v1/plugins/{plugin}/swap" [admin server] => plugin_admin::swap,
    post "/api/v1/plugins/{plugin}/rollback" [admin server] => plugin_admin::rollback,
    post "/api/v1/plugins/{plugin}/enable" [admin server] => plugin_admin::enable,
    post "/api/v1/plugins/{plugin}/disable" [admin server] => plugin_admin::disable,
    post "/api/v1/plugins/{plugin}/verify" [admin server] => plugin_admin::verify,
    get "/api/v1/plugins/{plugin}/logs" [admin server] => plugin_admin::logs,
    get "/api/v1/plugins/{plugin}/denials" [admin server] => plugin_admin::denials,
    post "/api/v1/plugin-bundles" [admin server] => plugin_admin::import,
    get "/api/v1/plugin-calls" [admin server] => plugin_admin::calls,
    get "/api/v1/bindings" [view server] => binding::list,
    put "/api/v1/bindings/{binding}" [admin server] => binding::set,
    delete "/api/v1/bindings/{binding}" [admin server] => binding::remove,
    post "/api/v1/bindings/{binding}/grant" [admin server] => binding::grant,
    post "/api/v1/bindings/{binding}/revoke" [admin server] => binding::revoke,
    post "/api/v1/login" [open] => access::login,
    post "/api/v1/session" [open] => access::session,
    post "/api/v1/logout" [own] => access::logout,
    get "/api/v1/whoami" [account] => access::whoami,
    post "/api/v1/password" [own] => password::change,
    get "/api/v1/apps" [own] => app::list,
    delete "/api/v1/apps/{app}" [own] => app::revoke,
    get "/api/v1/identities" [open] => identity::list,
    post "/api/v1/device" [open] => device::start,
    post "/api/v1/device/token" [open] => device::token,
    get "/auth/login" [open] => login::page,
    post "/auth/login" [open] => login::submit,
    get "/auth/account" [open] => login::account,
    post "/auth/logout" [open] => login::logout,
    get "/auth/style.css" [open] => login::style,
    post "/auth/apps" [open] => app::submit,
    get "/auth/password" [open] => password::page,
    post "/auth/password" [open] => password::submit,
    get "/auth/device" [open] => device::page,
    post "/auth/device" [open] => device::answer,
    get "/auth/callback" [open] => identity::login_any,
    get "/auth/{identity}" [open] => identity::start,
    get "/auth/{identity}/callback" [open] => identity::login,
    get "/.well-known/oauth-protected-resource" [open] => metadata::resource,
    get "/.well-known/oauth-protected-resource/{*part}" [open] => metadata::part,
    get "/.well-known/oauth-authorization-server" [open] => metadata::server,
    get "/oauth/authorize" [open] => consent::page,
    post "/oauth/authorize" [open] => consent::answer,
    post "/oauth/token" [open] => oauth::token,
    post "/oauth/register" [open] => oauth::register,
    post "/oauth/revoke" [open] => oauth::revoke,
    get "/api/v1/visitors" [admin server] => visitor::list,
    put "/api/v1/visitors/{*visitor}" [admin server] => visitor::set,
    get "/api/v1/users" [admin server] => user::list,
    post "/api/v1/users" [admin server] => user::add,
    get "/api/v1/users/{user}" [admin server] => user::get,
    put "/api/v1/users/{user}" [admin server] => user::set,
    delete "/api/v1/users/{user}" [admin server] => user::remove,
    post "/api/v1/users/{user}/password" [admin server] => user::password,
    get "/api/v1/tokens" [own] => token::list,
    post "/api/v1/tokens" [own] => token::create,
    delete "/api/v1/tokens/{token}" [own] => token::revoke,
    get "/api/v1/roles" [view anywhere] => role::list,
    put "/api/v1/roles/{role}" [admin server] => role::set,
    delete "/api/v1/roles/{role}" [admin server] => role::remove,
    get "/api/v1/rules" [admin server] => rule::list,
    post "/api/v1/rules/test" [admin server] => rule::test,
    put "/api/v1/rules/{role}" [admin server] => rule::set,
    delete "/api/v1/rules/{role}" [admin server] => rule::remove,
    get "/api/v1/pipelines/{name}/rules" [admin pipeline] => rule::list_of,
    put "/api/v1/pipelines/{name}/rules/{role}" [admin pipeline] => rule::set_of,
    delete "/api/v1/pipelines/{name}/rules/{role}" [admin pipeline] => rule::remove_of,
    get "/api/v1/audit" [admin server] => audit::list,
    get "/api/v1/audit/verify" [admin server] => audit::verify,
    get "/api/v1/secrets" [secret_write of_secret] => secret::list,
    put "/api/v1/secrets/{*secret}" [secret_write of_secret] => secret::set,
    delete "/api/v1/secrets/{*secret}" [secret_write of_secret] => secret::remove,
    post "/api/v1/secret-backend" [admin server] => secret::migrate,
    post "/api/v1/keyring/rotate" [admin server] => secret::key_rotate,
    get "/livez" [open] => health::livez,
    get "/readyz" [open] => health::readyz,
    get "/health" [open] => health::health,
    get "/metrics" [view server] => metrics::metrics,
    get "/openapi.json" [open] => openapi::document,
}

impl Route {
    /// Returns what the audit calls it.
    pub(crate) fn action(&self) -> String {
        match self.name {
            "app.submit" => "app.revoke".to_owned(),
            "password.submit" => "password.change".to_owned(),
            "consent.page" | "consent.answer" => "app.consent".to_owned(),
            name => name.replace("run_read.", "run.").replace("_of", ""),
        }
    }

    /// Returns when a call of it is written down.
    pub(crate) fn noted(&self) -> Noted {
        match self.name {
            // They change nothing, though their method could; whoever waits for a token asks often.
            "pipeline.validate" | "rule.test" | "device.start" => Noted::Never,
            "device.token" => Noted::Done,
            // Somebody is logged in by these, or is not.
            "identity.login" | "identity.login_any" => Noted::Always,
            "identity.start" | "consent.page" => Noted::Refused,
            // Anybody can ask, and be refused as often as they like.
            "oauth.token" | "oauth.register" | "oauth.revoke" => Noted::Sparse,
            _ if matches!(self.method, Method::GET | Method::HEAD) => Noted::Never,
            _ => Noted::Always,
        }
    }
}

/// Returns the API as a service.
pub fn router(api: Api) -> Router {
    let app = App::new(&api);
    let denials = Arc::new(Denials::default());
    let (clock, entropy) = (Arc::clone(&app.clock), Arc::clone(&app.entropy));
    let config = api.config;
    let origins = Origins::new(&config.allow_origins);
    let trusted: Arc<[Cidr]> = config.trusted_proxies.into();
    let limiter = Arc::new(Limiter::new(config.rates, clock));
    let mut by_path = BTreeMap::<&str, (MethodRouter<App>, Vec<&str>)>::new();
    for route in ROUTES {
        let (handlers, allowed) = by_path.entry(route.path).or_default();
        let gate = Gate { app: app.clone(), route, denials: Arc::clone(&denials) };
        let guarded = (route.handler)().layer(from_fn_with_state(gate, gate::check));
        *handlers = std::mem::take(handlers).merge(guarded);
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
        .layer(DefaultBodyLimit::max(config.body.bytes_max))
        .layer(Extension(config.body))
        .layer(RequestBodyTimeoutLayer::new(config.body_timeout))
        .layer(from_fn_with_state(config.answer_timeout, answer_time::limit))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(from_fn_with_state(limiter, rate::limit))
        .layer(from_fn_with_state(Arc::new(config.addressing), layers::project::find))
        .layer(from_fn_with_state((Arc::new(config.hosts), origins.clone()), host::check))
        .layer(origins.layer())
        .layer(from_fn(guard::answer))
        .layer(from_fn_with_state(entropy, request_id::name))
        .layer(from_fn_with_state(trusted, client::find))
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
