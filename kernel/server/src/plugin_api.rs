//! The server's own API for plugins: the same router and the same gate as over HTTP, without a
//! socket, for who asked for the run.

use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use futures::StreamExt as _;
use kernel_http::Behalf;
use kernel_model::name::ProjectName;
use kernel_ports::api::{ApiAnswer, ApiCall, ApiError, ServerApi};
use kernel_ports::store::Store;
use tower::ServiceExt as _;

/// The router, once it is there. It has the projects, which do not keep it alive.
pub(crate) type Api = Arc<OnceLock<Weak<Router>>>;

/// Calls a router on behalf of somebody, about one project.
pub(crate) struct PluginApi {
    project: ProjectName,
    store: Arc<dyn Store>,
    api: Api,
}

impl PluginApi {
    pub(crate) fn new(project: ProjectName, store: Arc<dyn Store>, api: Api) -> Self {
        Self { project, store, api }
    }

    /// Returns whom a plugin acts for.
    async fn behalf(&self, call: &ApiCall) -> Result<String, ApiError> {
        let Some(run) = call.run else {
            return Err(ApiError::Nobody { why: "it is no work of a run" });
        };
        let row = self.store.run_get(run).await?;
        let row = row.ok_or(ApiError::Nobody { why: "the run is gone" })?;
        let why = "the run was started by a trigger, not by somebody";
        kernel_scheduler::behalf(&row).ok_or(ApiError::Nobody { why })
    }
}

#[async_trait]
impl ServerApi for PluginApi {
    async fn api_call(&self, call: ApiCall, bytes_max: usize) -> Result<ApiAnswer, ApiError> {
        let words = self.behalf(&call).await?;
        let plugin = call.plugin.to_string();
        let request = Request::builder()
            .method(call.method.as_str())
            .uri(call.path.as_str())
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(Behalf { words, project: self.project.clone(), plugin })
            .body(Body::from(call.body));
        let request = request.map_err(|err| ApiError::Request { reason: err.to_string() })?;
        let router = self.api.get().and_then(Weak::upgrade);
        let Some(router) = router else {
            return Err(ApiError::Broken {
                reason: "the server is starting or stopping".to_owned(),
            });
        };
        let response = match Router::clone(&router).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let mut pieces = response.into_body().into_data_stream();
        let mut body = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|err| ApiError::Broken { reason: err.to_string() })?;
            if body.len() + piece.len() > bytes_max {
                return Err(ApiError::TooLong { limit: bytes_max });
            }
            body.extend_from_slice(&piece);
        }
        Ok(ApiAnswer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

impl std::fmt::Debug for PluginApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginApi").finish_non_exhaustive()
    }
}
