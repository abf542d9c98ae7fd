//! `http`: requests to granted hosts.

use std::time::Duration;

use bytes::Bytes;
use kernel_ports::egress as outside;
use reqwest::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use reqwest::{Method, Url};
use tokio::time::Instant;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::http::{Host, HostRequest, HostResponse};
use crate::bindings::types::{Attrs, Error};
use crate::call::{CallState, error};
use crate::egress::{EgressError, denied, describe};
use crate::fault::Stop;
use crate::secret_text;
use crate::wish::quoted;

const REQUESTS: u32 = 8;
const URL_BYTES: usize = 16 * 1024;
const HEADER_BYTES: usize = 64 * 1024;
const BODY_BYTES: usize = 8 * 1024 * 1024;
const READ_BYTES: usize = 1024 * 1024;
const TIMEOUT_MS: u64 = 30_000;

/// What says where a request goes and where it ends: with another `Host`, it would reach what was
/// not granted.
const FRAMING: [HeaderName; 7] =
    [HOST, CONNECTION, CONTENT_LENGTH, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE];

/// A request that is being described.
#[derive(Debug)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    header_bytes: usize,
    body: Vec<u8>,
    timeout_ms: u64,
}

/// A response whose body is read on demand.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    rest: Bytes,
    bytes_left: usize,
    ends: Instant,
}

impl HostRequest for CallState {
    async fn new(&mut self, method: String, url: String) -> Result<Resource<Request>> {
        if url.len() > URL_BYTES || method.len() > 64 {
            return Err(Stop::limit(format!("a URL has more than {URL_BYTES} bytes")).into());
        }
        let request = Request {
            method,
            url,
            headers: Vec::new(),
            header_bytes: 0,
            body: Vec::new(),
            timeout_ms: TIMEOUT_MS,
        };
        Ok(self.table.push(request)?)
    }

    async fn header(
        &mut self,
        request: Resource<Request>,
        name: String,
        value: String,
    ) -> Result<()> {
        let bytes = name.len() + value.len() + 4;
        self.held.take(bytes)?;
        let request = self.table.get_mut(&request)?;
        request.header_bytes += bytes;
        if request.header_bytes > HEADER_BYTES {
            let message = format!("a request has more than {HEADER_BYTES} bytes of headers");
            return Err(Stop::limit(message).into());
        }
        request.headers.push((name, value));
        Ok(())
    }

    async fn body(&mut self, request: Resource<Request>, bytes: Vec<u8>) -> Result<()> {
        if bytes.len() > BODY_BYTES {
            let message = format!("a request has more than {BODY_BYTES} bytes of body");
            return Err(Stop::limit(message).into());
        }
        self.held.take(bytes.len())?;
        let before = std::mem::replace(&mut self.table.get_mut(&request)?.body, bytes);
        self.held.give_back(before.len());
        Ok(())
    }

    async fn timeout_ms(&mut self, request: Resource<Request>, ms: u64) -> Result<()> {
        self.table.get_mut(&request)?.timeout_ms = ms;
        Ok(())
    }

    async fn drop(&mut self, request: Resource<Request>) -> Result<()> {
        let request = self.table.delete(request)?;
        self.held.give_back(request.header_bytes + request.body.len());
        Ok(())
    }
}

impl HostResponse for CallState {
    async fn status(&mut self, response: Resource<Response>) -> Result<u16> {
        Ok(self.table.get(&response)?.inner.status().as_u16())
    }

    async fn headers(&mut self, response: Resource<Response>) -> Result<Attrs> {
        let headers = self.table.get(&response)?.inner.headers();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
    }

    async fn read(
        &mut self,
        response: Resource<Response>,
        max: u32,
    ) -> Result<Result<Vec<u8>, Error>> {
        let response = self.table.get_mut(&response)?;
        while response.rest.is_empty() {
            let chunk = tokio::time::timeout_at(response.ends, response.inner.chunk()).await;
            match chunk {
                Ok(Ok(Some(bytes))) => response.rest = bytes,
                Ok(Ok(None)) => return Ok(Ok(Vec::new())),
                Ok(Err(err)) => return Ok(Err(failure(err))),
                Err(_) => return Ok(Err(error("timeout", "the response took too long"))),
            }
        }
        let max = (max as usize).clamp(1, READ_BYTES).min(response.rest.len());
        if max > response.bytes_left {
            let message = format!("the response has more than {BODY_BYTES} bytes of body");
            return Ok(Err(error("limit", message)));
        }
        response.bytes_left -= max;
        Ok(Ok(response.rest.split_to(max).to_vec()))
    }

    async fn drop(&mut self, response: Resource<Response>) -> Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

impl Host for CallState {
    async fn send(
        &mut self,
        request: Resource<Request>,
    ) -> Result<Result<Resource<Response>, Error>> {
        let request = self.table.delete(request)?;
        self.held.give_back(request.header_bytes + request.body.len());
        match self.request_send(request).await {
            Ok(response) => Ok(Ok(self.table.push(response)?)),
            Err(err) => Ok(Err(err)),
        }
    }
}

impl CallState {
    async fn request_send(&mut self, request: Request) -> Result<Response, Error> {
        self.requests += 1;
        if self.requests > REQUESTS {
            let message = format!("one call can send at most {REQUESTS} requests");
            return Err(error("limit", message));
        }
        let (method, url, any) = self.check(&request)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| {
                error("invalid", format!("{name:?} cannot be the name of a header"))
            })?;
            if FRAMING.contains(&name) {
                return Err(error("invalid", format!("the kernel itself sets the header {name}")));
            }
            let value = self.header_value(value).await?;
            headers.append(name, value);
        }
        // The deadline of the call needs no care: it ends the call, and this request with it.
        let timeout = Duration::from_millis(request.timeout_ms).min(Duration::from_secs(3600));
        let ends = Instant::now() + timeout;
        if let Some(outside) = self.services.outside.clone() {
            let inner = answered(&*outside, method, url, &headers, request.body).await?;
            return Ok(Response { inner, rest: Bytes::new(), bytes_left: BODY_BYTES, ends });
        }
        let egress = &self.services.egress;
        let client = match egress.client(&url, any) {
            Ok(client) => client,
            Err(EgressError::Denied(err)) => return Err(self.deny_address(&url, err.to_string())),
            Err(err @ EgressError::Client(_)) => return Err(error("unavailable", err.to_string())),
        };
        let sent = client.request(method, url.clone()).headers(headers).body(request.body).send();
        let inner = match tokio::time::timeout_at(ends, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(err)) => {
                return Err(match denied(&err).map(ToString::to_string) {
                    Some(reason) => self.deny_address(&url, reason),
                    None => failure(err),
                });
            }
            Err(_) => {
                let host = url.host_str().unwrap_or_default();
                return Err(error("timeout", format!("{host} did not answer in time")));
            }
        };
        let header_bytes: usize =
            inner.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if header_bytes > HEADER_BYTES {
            let message = format!("the response has more than {HEADER_BYTES} bytes of headers");
            return Err(error("limit", message));
        }
        Ok(Response { inner, rest: Bytes::new(), bytes_left: BODY_BYTES, ends })
    }

    /// Checks method, URL and grant. Returns also whether any address will do.
    fn check(&mut self, request: &Request) -> Result<(Method, Url, bool), Error> {
        let invalid = |what: String| error("invalid", what);
        let method = Method::from_bytes(request.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| invalid(format!("{:?} is no HTTP method", request.method)))?;
        let url = Url::parse(&request.url)
            .map_err(|err| invalid(format!("{:?} is no URL: {err}", request.url)))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(format!("{:?} is neither http nor https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("credentials belong into a header, not into the URL".to_owned()));
        }
        let host = url.host_str().unwrap_or_default();
        match self.plugin.grants.allows_host(method.as_str(), host, url.port()) {
            Some(grant) => Ok((method, url, grant.explicit)),
            None => Err(self.deny("http", Some(&wish(&method, &url)))),
        }
    }

    async fn header_value(&mut self, text: &str) -> Result<HeaderValue, Error> {
        let is_secret = secret_text::refers(text);
        let value = if is_secret {
            let value = self.facts.outside(self.secret_reader().resolve(text)).await?;
            let value = value.map_err(|err| error("not-found", Stop::host(&err).to_string()))?;
            HeaderValue::from_str(&value)
        } else {
            HeaderValue::from_str(text)
        };
        let mut value = value
            .map_err(|_| error("invalid", "the value of a header has a line break or the like"))?;
        value.set_sensitive(is_secret);
        Ok(value)
    }

    fn deny_address(&mut self, url: &Url, reason: String) -> Error {
        let place = place(url);
        let plugin = &self.plugin.name;
        let rule = quoted(&format!("http:* {place}"));
        let way_out = format!("{reason}: `tenon plugin grant {plugin} {rule}`");
        self.deny_because(format!("http:{place}"), way_out)
    }
}

/// Returns what answers in place of the network.
async fn answered(
    outside: &dyn outside::Egress,
    method: Method,
    url: Url,
    headers: &HeaderMap,
    body: Vec<u8>,
) -> Result<reqwest::Response, Error> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let request =
        outside::EgressRequest { method: method.to_string(), url: url.to_string(), headers, body };
    let answer = outside.send(request).await.map_err(|err| match err {
        outside::EgressError::Unavailable { .. } => error("unavailable", err.to_string()),
        outside::EgressError::Timeout { .. } => error("timeout", err.to_string()),
    })?;
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let response = response.body(answer.body);
    response.map(reqwest::Response::from).map_err(|err| error("internal", err.to_string()))
}

fn wish(method: &Method, url: &Url) -> String {
    format!("{method} {}", place(url))
}

fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failure(err: reqwest::Error) -> Error {
    let code = if err.is_timeout() { "timeout" } else { "unavailable" };
    error(code, describe(err))
}
