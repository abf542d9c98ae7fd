//! `kernel`: the server's own API, for who asked for the run.

use kernel_ports::api::{ApiCall, ApiError};
use wasmtime::Result;

use crate::bindings::kernel::{Host, Response};
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::fault::Stop;

const CALLS: u32 = 32;
const ANSWER_BYTES: usize = 8 * 1024 * 1024;
const PATH_BYTES: usize = 8 * 1024;
const BODY_BYTES: usize = 8 * 1024 * 1024;
const ROOT: &str = "/api/v1/";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Host for CallState {
    async fn call(
        &mut self,
        method: String,
        path: String,
        body: String,
    ) -> Result<Result<Response, Error>> {
        Ok(self.api_call(method, path, body).await)
    }
}

impl CallState {
    async fn api_call(
        &mut self,
        method: String,
        path: String,
        body: String,
    ) -> Result<Response, Error> {
        self.api_calls += 1;
        if self.api_calls > CALLS {
            return Err(error("limit", format!("one call can ask the API {CALLS} times at most")));
        }
        if body.len() > BODY_BYTES {
            return Err(error("limit", format!("a body has at most {BODY_BYTES} bytes")));
        }
        check(&method, &path).map_err(|reason| error("invalid", reason))?;
        let place = path.split('?').next().unwrap_or_default();
        if !self.plugin.grants.allows_api(&method, place) {
            return Err(self.deny("kernel", Some(&format!("{method} {place}"))));
        }
        let Some(api) = self.services.api.get().and_then(std::sync::Weak::upgrade) else {
            return Err(error("unavailable", "there is no server here"));
        };
        let call =
            ApiCall { plugin: self.plugin.name.clone(), run: self.facts.run, method, path, body };
        match self.facts.outside(api.api_call(call, ANSWER_BYTES)).await? {
            Ok(answer) => Ok(Response { status: answer.status, body: answer.body }),
            Err(err) => {
                let code = match err {
                    ApiError::Nobody { .. } => "denied",
                    ApiError::Request { .. } => "invalid",
                    ApiError::TooLong { .. } => "limit",
                    ApiError::Broken { .. } | ApiError::Store(_) => "unavailable",
                };
                Err(error(code, Stop::host(&err).to_string()))
            }
        }
    }
}

/// Refuses what a grant could be misled by: a path that means another one.
fn check(method: &str, path: &str) -> Result<(), String> {
    if !METHODS.contains(&method) {
        return Err(format!("{method:?} is none of {}", METHODS.join(", ")));
    }
    let place = path.split('?').next().unwrap_or_default();
    if path.len() > PATH_BYTES || !path.is_ascii() || path.contains(['#', ' ', '\\']) {
        return Err("a path is plain ASCII of at most 8 KiB; write others as %XX".to_owned());
    }
    let Some(rest) = place.strip_prefix(ROOT) else {
        return Err(format!("a path begins with {ROOT}"));
    };
    let lower = rest.to_ascii_lowercase();
    if rest.split('/').any(|part| matches!(part, "" | "." | "..")) || lower.contains("%2e") {
        return Err("no part of a path may be empty, `.` or `..`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_path_means_what_it_says() {
        for path in ["/api/v1/runs", "/api/v1/runs/run_1?x=/../y", "/api/v1/secrets/a%2Fb"] {
            check("GET", path).unwrap();
        }
        for path in [
            "/",
            "/metrics",
            "/api/v1",
            "/api/v1/",
            "/api/v1/runs/",
            "/api/v1//runs",
            "runs",
            "/api/v1/runs/../secrets",
            "/api/v1/./runs",
            "/api/v1/runs/%2E%2e/secrets",
            "/api/v1/runs#x",
            "/api/v1/a b",
            "http://other/api/v1/runs",
            "/api/v1/r\u{fc}ns",
        ] {
            assert!(check("GET", path).is_err(), "{path}");
        }
        assert!(check("TRACE", "/api/v1/runs").is_err());
        assert!(check("get", "/api/v1/runs").is_err());
    }
}
