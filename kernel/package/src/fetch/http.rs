//! Requests with limits: on size, on time, and on where a redirect may lead.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, Url};

use super::Access;
use super::gate::{Denied, Gate, Gated, denied, literal_check};

const CONNECT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const IDLE: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 5;
/// Of an answer that is only there to say why not.
const DETAIL_BYTES: usize = 4096;

/// Why a request over the network did not give what it should.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("{host} cannot be reached: {reason}; check the name, the port and the network")]
    Unreachable { host: String, reason: String },
    #[error("{host} speaks no TLS that is trusted here: {reason}; add its certificate by --ca")]
    Tls { host: String, reason: String },
    #[error("{host} speaks no TLS; name it by --plain-http {host} if that is meant")]
    NoTls { host: String },
    #[error("{host} must not be reached: {reason}")]
    Denied { host: String, reason: String },
    #[error("{host} did not answer within {} s; try again later", limit.as_secs())]
    TimedOut { host: String, limit: Duration },
    #[error("{host} redirects {reason}, which is not followed; use the address that it leads to")]
    Redirect { host: String, reason: String },
    #[error("{host} refuses without a login; give --user and --password-file, or --auth-file")]
    NoLogin { host: String },
    #[error("{host} does not accept the login of {user:?}; check name and password")]
    Login { host: String, user: String },
    #[error("{host} does not allow {user:?} to do that; ask for the right to {what}")]
    Forbidden { host: String, user: String, what: String },
    #[error("{what} is not there; check name and version")]
    NotFound { what: String },
    #[error("{host} answers {status}{detail}")]
    Status { host: String, status: u16, detail: String },
    #[error("{what} is larger than {limit} bytes, and so was not read to its end")]
    TooLarge { what: String, limit: u64 },
    #[error("{host} is asked over plain http only when it is named by --plain-http {host}")]
    PlainHttp { host: String },
    #[error("{host} answers what no registry does: {reason}")]
    Protocol { host: String, reason: String },
    #[error("failed to read the certificates in {path}: {reason}")]
    Certificates { path: PathBuf, reason: String },
    #[error("failed to make a client: {reason}")]
    Client { reason: String },
}

/// A client for everything that is fetched and pushed.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    gate: Option<Arc<dyn Gate>>,
}

impl Http {
    /// Makes a client that trusts the certificates of `access` too, and goes where its gate lets it.
    pub(crate) fn new(access: &Access) -> Result<Self, TransferError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // An error means that the process has one already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let gate = access.gate.clone();
        let judge = gate.clone();
        let mut builder = Client::builder()
            .redirect(Policy::custom(move |attempt| redirect(attempt, judge.as_deref())))
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            .referer(false)
            .user_agent(concat!("tenon/", env!("CARGO_PKG_VERSION")));
        if let Some(gate) = &gate {
            // A proxy would dial in its own way.
            builder = builder.no_proxy().dns_resolver(Gated(Arc::clone(gate)));
        }
        if let Some(path) = &access.ca {
            let failed =
                |reason: String| TransferError::Certificates { path: path.clone(), reason };
            let pem = std::fs::read(path).map_err(|err| failed(err.to_string()))?;
            let certificates =
                Certificate::from_pem_bundle(&pem).map_err(|err| failed(err.to_string()))?;
            if certificates.is_empty() {
                return Err(failed("there is no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let client =
            builder.build().map_err(|err| TransferError::Client { reason: err.to_string() })?;
        Ok(Self { client, gate })
    }

    pub(crate) fn request(&self, method: reqwest::Method, url: &Url) -> RequestBuilder {
        self.client.request(method, url.clone())
    }

    /// Sends a request, and says what went wrong when there is no answer.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        host: &str,
    ) -> Result<Response, TransferError> {
        let request = request.build().map_err(|err| failure(&err, host))?;
        literal_check(self.gate.as_deref(), request.url())?;
        self.client.execute(request).await.map_err(|err| failure(&err, host))
    }
}

impl From<Denied> for TransferError {
    fn from(Denied { host, reason }: Denied) -> Self {
        Self::Denied { host, reason }
    }
}

/// Follows a redirect that keeps the scheme. The client drops the login on another host by itself.
fn redirect(attempt: Attempt<'_>, gate: Option<&dyn Gate>) -> reqwest::redirect::Action {
    let first = attempt.previous().first().map(|url| url.scheme().to_owned());
    if first.is_some_and(|scheme| scheme != attempt.url().scheme()) {
        let to = format!("to {}://, another scheme", attempt.url().scheme());
        return attempt.error(to);
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("more than {REDIRECTS} times"));
    }
    if let Err(denied) = literal_check(gate, attempt.url()) {
        return attempt.error(denied);
    }
    attempt.follow()
}

/// Reads an answer that may have up to `limit` bytes.
pub(crate) async fn read(
    mut response: Response,
    what: &str,
    host: &str,
    limit: u64,
) -> Result<Vec<u8>, TransferError> {
    let too_large = || TransferError::TooLarge { what: what.to_owned(), limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|err| failure(&err, host))? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns what an answer that is no success means. `user` is who has asked.
pub(crate) async fn refusal(
    response: Response,
    what: &str,
    host: &str,
    user: Option<&str>,
) -> TransferError {
    let host = host.to_owned();
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if user.is_none() => {
            TransferError::NoLogin { host }
        }
        StatusCode::UNAUTHORIZED => {
            TransferError::Login { host, user: user.unwrap_or_default().to_owned() }
        }
        StatusCode::FORBIDDEN => TransferError::Forbidden {
            host,
            user: user.unwrap_or_default().to_owned(),
            what: format!("reach {what}"),
        },
        StatusCode::NOT_FOUND => TransferError::NotFound { what: what.to_owned() },
        status => {
            let body = read(response, what, &host, DETAIL_BYTES as u64).await.unwrap_or_default();
            TransferError::Status { host, status: status.as_u16(), detail: detail(&body) }
        }
    }
}

/// Returns what a registry's error says, for the end of a sentence.
fn detail(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) else { return String::new() };
    match body["errors"][0]["message"].as_str() {
        // What a stranger says goes to a terminal.
        Some(text) => {
            let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            format!(": {text}")
        }
        None => String::new(),
    }
}

fn failure(err: &reqwest::Error, host: &str) -> TransferError {
    if let Some(denied) = denied(err) {
        return denied.clone().into();
    }
    let host = host.to_owned();
    let mut reason = err.to_string();
    let mut source = err.source();
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    if err.is_redirect() {
        TransferError::Redirect { host, reason }
    } else if err.is_timeout() {
        TransferError::TimedOut { host, limit: IDLE }
    } else if reason.contains("InvalidContentType") {
        // What came was no TLS at all: most often plain http.
        TransferError::NoTls { host }
    } else if reason.contains("certificate") || reason.contains("TLS") {
        TransferError::Tls { host, reason }
    } else {
        TransferError::Unreachable { host, reason }
    }
}
