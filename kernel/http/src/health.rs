//! Whether the server lives and is ready.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use futures::future::try_join_all;
use kernel_ports::plugin::{PluginInfo, PluginKind};
use kernel_ports::store::StoreError;
use kernel_wire::health::{Check, Health, Readiness};

use crate::api::App;
use crate::error::ApiError;
use crate::extract::Json;
use crate::projects::Project;
use crate::to_wire;

/// A store that has not answered by then is not ready.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the server answers at all
#[utoipa::path(
    get, path = "/livez", tag = "health", operation_id = "livez",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")),
)]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the server takes work, and what it lacks
#[utoipa::path(
    get, path = "/readyz", tag = "health", operation_id = "readyz",
    responses(
        (status = 200, description = "It does", body = Readiness),
        (status = 503, description = "It does not", body = Readiness),
    ),
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let projects = app.projects.project_list();
    let checks = vec![
        store(&projects).await,
        plugins(&app.calls.plugin_list()),
        intake(projects.iter().any(|project| project.scheduler.is_draining())),
    ];
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks }))
}

/// Version and uptime of the server
#[utoipa::path(
    get, path = "/health", tag = "health", operation_id = "health",
    responses((status = 200, description = "The server", body = Health)),
)]
pub(crate) async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    Ok(Json(Health {
        version: app.version.to_string(),
        started_at: to_wire::time(app.started_at),
        uptime_ms: app.clock.now().since_ms(app.started_at),
        runs_open: runs_open(&app.projects.project_list()).await?,
    }))
}

/// Counts the runs of all projects that have not ended.
async fn runs_open(projects: &[Project]) -> Result<u64, StoreError> {
    let counts = projects.iter().map(|project| project.scheduler.parts().store.run_count_open());
    Ok(try_join_all(counts).await?.into_iter().sum())
}

async fn store(projects: &[Project]) -> Check {
    let answer = tokio::time::timeout(STORE_TIMEOUT, runs_open(projects));
    let (ok, detail) = match answer.await {
        Ok(Ok(n)) => (true, format!("it answers; {n} runs have not ended")),
        Ok(Err(err)) => (false, format!("it does not work: {err}; the log says more")),
        Err(_) => (false, format!("it did not answer within {} s", STORE_TIMEOUT.as_secs())),
    };
    Check { name: "store".to_owned(), ok, detail }
}

fn plugins(found: &[PluginInfo]) -> Check {
    let needed = [(PluginKind::Language, "language"), (PluginKind::Launcher, "launcher")];
    let missing: Vec<_> = needed
        .iter()
        .filter(|(kind, _)| !found.iter().any(|plugin| plugin.kinds.contains(kind)))
        .map(|(_, word)| *word)
        .collect();
    let detail = if missing.is_empty() {
        format!("{} are loaded", found.len())
    } else {
        format!("there is no {}; nothing can run without", missing.join(" and no "))
    };
    Check { name: "plugins".to_owned(), ok: missing.is_empty(), detail }
}

fn intake(is_draining: bool) -> Check {
    let ok = !is_draining;
    let detail = if ok { "it takes new runs" } else { "the server is stopping" };
    Check { name: "intake".to_owned(), ok, detail: detail.to_owned() }
}
