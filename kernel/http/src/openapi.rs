//! The description of the API, generated from the handlers.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use kernel_wire::event::RunEvent;
use kernel_wire::log::LogChunk;
use kernel_wire::problem::Problem;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::access::{role, rule, token, user};
use crate::error::{ApiError, PROBLEM_JSON};
use crate::layer::gate::{COOKIE, CSRF};
use crate::layer::project::{PARAM, PROJECT};
use crate::oauth::{consent, metadata};
use crate::permission::Needs;
use crate::routes::ROUTES;
use crate::{
    access, app, artifact, audit, binding, device, health, identity, login, metrics, oauth,
    password, pipeline, plugin, plugin_admin, project, run, run_read, secret, step, visitor,
    workspace,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tenon",
        version = "1",
        description = "Automation server: pipelines, runs, steps, logs, artifacts, plugins.\n\n\
            Times are RFC 3339 in UTC, durations end in `Ms`, sizes are in bytes. \
            Every refusal is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        project::list, project::get, project::create, project::remove,
        pipeline::list, pipeline::get, pipeline::set, pipeline::remove, pipeline::validate,
        pipeline::pause, pipeline::unpause, pipeline::version_list, pipeline::version_get,
        run::start, run::cancel, run::retry, run::rerun,
        run_read::list, run_read::get, run_read::tree, run_read::events, run_read::logs,
        step::get, step::cancel, step::log,
        artifact::list, artifact::get,
        workspace::list, workspace::make, workspace::get, workspace::set,
        plugin::list, plugin::get,
        plugin_admin::install, plugin_admin::upgrade, plugin_admin::swap, plugin_admin::rollback,
        plugin_admin::enable, plugin_admin::disable, plugin_admin::remove, plugin_admin::verify,
        plugin_admin::logs, plugin_admin::denials, plugin_admin::calls, plugin_admin::import,
        binding::list, binding::set, binding::remove, binding::grant, binding::revoke,
        access::login, access::session, access::logout, access::whoami,
        login::page, login::submit, login::account, login::logout, login::style,
        identity::list, identity::start, identity::login, identity::login_any,
        device::start, device::token, device::page, device::answer,
        app::list, app::revoke, app::submit, password::change, password::page, password::submit,
        metadata::resource, metadata::part, metadata::server,
        consent::page, consent::answer, oauth::token, oauth::register, oauth::revoke,
        visitor::list, visitor::set,
        user::list, user::add, user::get, user::set, user::remove, user::password,
        token::list, token::create, token::revoke,
        role::list, role::set, role::remove,
        rule::list, rule::test, rule::set, rule::remove,
        rule::list_of, rule::set_of, rule::remove_of,
        audit::list, audit::verify,
        health::livez, health::readyz, health::health, metrics::metrics,
        secret::list, secret::set, secret::remove, secret::migrate, secret::key_rotate,
        document,
    ),
    components(schemas(Problem, RunEvent, LogChunk)),
    modifiers(&Problems, &Permissions),
    tags(
        (name = "projects", description = "What is kept apart: pipelines, runs, secrets"),
        (name = "pipelines", description = "Named, versioned definitions of work"),
        (name = "runs", description = "Executions of pipelines"),
        (name = "steps", description = "What runs consist of"),
        (name = "artifacts", description = "Files that outlive their run"),
        (name = "workspaces", description = "Named environments of the project"),
        (name = "plugins", description = "What the server can do"),
        (name = "access", description = "Who may do what"),
        (name = "login", description = "Logging in with a browser, and programs by one"),
        (name = "oauth", description = "Programs that people let in"),
        (name = "audit", description = "What was done"),
        (name = "secrets", description = "Values that go in and never come out"),
        (name = "health", description = "The server itself"),
    ),
)]
struct Api;

/// Says of every operation that it may answer with a problem.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                let content =
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                let response = ResponseBuilder::new()
                    .description("It was refused; `code` says why")
                    .content(PROBLEM_JSON, content)
                    .build();
                operation.responses.responses.insert("default".to_owned(), response.into());
            }
        }
    }
}

/// Says of every operation what it needs, from the table of routes.
struct Permissions;

impl Modify for Permissions {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let http = |scheme, text: &str| {
            let scheme = HttpBuilder::new().scheme(scheme).description(Some(text)).build();
            SecurityScheme::Http(scheme)
        };
        let token = "A token of this server, `tenon_…`, or its super token";
        components.add_security_scheme("token", http(HttpAuthScheme::Bearer, token));
        let basic = "The one user that the server was started with, if it was";
        components.add_security_scheme("basic", http(HttpAuthScheme::Basic, basic));
        let text = format!("A browser session; changes also need the header `{CSRF}`");
        let cookie = ApiKeyValue::with_description(COOKIE.to_owned(), text);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        for route in ROUTES {
            let path = route.path.replace("{*", "{");
            let Some(item) = document.paths.paths.get_mut(&path) else { continue };
            let operation = match route.method.as_str() {
                "GET" => &mut item.get,
                "PUT" => &mut item.put,
                "POST" => &mut item.post,
                _ => &mut item.delete,
            };
            let Some(operation) = operation else { continue };
            if route.needs == Needs::Nothing {
                operation.security = Some(vec![]);
                continue;
            }
            let any = ["token", "session", "basic"];
            let any = any.map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
            operation.security = Some(any.to_vec());
            if route.needs.is_about_a_project() {
                let text = format!("The project; or `?{PARAM}=` for what can send no header");
                let param = ParameterBuilder::new()
                    .name(PROJECT.as_str())
                    .parameter_in(ParameterIn::Header)
                    .description(Some(text))
                    .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
                operation.parameters.get_or_insert_default().push(param.build().into());
            }
            let needs = format!("Needs {}.", route.needs);
            operation.description = Some(match operation.description.take() {
                Some(text) => format!("{text}\n\n{needs}"),
                None => needs,
            });
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// Returns the description.
pub(crate) fn describe() -> Document {
    Api::openapi()
}

/// Describe the API (this document)
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
)]
pub(crate) async fn document() -> Result<Response, ApiError> {
    let text = describe().to_json().map_err(|err| ApiError::internal(&err))?;
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

#[cfg(test)]
mod tests;
