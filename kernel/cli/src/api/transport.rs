//! How requests reach a server: over the network, or a call inside this process.

use std::error::Error as _;
use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// Such as `GET`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Bytes>,
}

/// What is answered. The body comes piece by piece.
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// Returns the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the whole body.
    ///
    /// # Errors
    /// Fails when the connection breaks.
    pub async fn bytes(mut self) -> Result<Vec<u8>, TransportError> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.body.next().await {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error(
        "no tenon server answers at {server}; start one with `tenon server`, or name another with --server or TENON_SERVER"
    )]
    Unreachable {
        server: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "{server:?} is not the address of a server; expected one such as http://127.0.0.1:7070"
    )]
    Address { server: String },
    /// Something answers there, and not as a server with a certificate that is trusted.
    #[error(
        "{server} was reached, but no connection that can be trusted came about; check that it \
         serves https, with a certificate that this machine trusts"
    )]
    Untrusted {
        server: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the connection to {server} broke before the whole answer was there")]
    Broken {
        server: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Carries requests.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Returns as soon as status and headers are there.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// Carries requests over TCP.
#[derive(Debug)]
pub struct Network {
    server: String,
    client: reqwest::Client,
}

impl Network {
    /// Returns a transport to the server at that address.
    ///
    /// # Errors
    /// Fails when the text is not an address.
    pub fn new(server: &str) -> Result<Self, TransportError> {
        let server = server.trim_end_matches('/').to_owned();
        let wrong = || TransportError::Address { server: server.clone() };
        let url = reqwest::Url::parse(&server).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
        // Requests to one named server: a proxy of the environment is for the rest of the world.
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(std::time::Duration::from_secs(10))
            .build()
            .map_err(|err| TransportError::Broken { server: server.clone(), err: err.into() })?;
        Ok(Self { server, client })
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let server = &self.server;
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|err| TransportError::Broken { server: server.clone(), err: err.into() })?;
        let mut builder = self.client.request(method, format!("{server}{}", request.path));
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let response = builder.send().await.map_err(|err| unsent(server, err))?;
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let server = server.clone();
        Ok(Response {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response
                .bytes_stream()
                .map(move |piece| {
                    piece.map_err(|err| TransportError::Broken {
                        server: server.clone(),
                        err: err.without_url().into(),
                    })
                })
                .boxed(),
        })
    }
}

/// Says why there is no answer. Nobody is told that no server is there if one was reached.
fn unsent(server: &str, err: reqwest::Error) -> TransportError {
    let (server, is_connect) = (server.to_owned(), err.is_connect());
    // The address that was asked for may be long, and is said already.
    let err = err.without_url();
    let is_tls = io_kinds(&err)
        .iter()
        .any(|kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof));
    match (is_connect, is_tls) {
        (true, true) => TransportError::Untrusted { server, err: err.into() },
        (true, false) => TransportError::Unreachable { server, err: err.into() },
        (false, _) => TransportError::Broken { server, err: err.into() },
    }
}

/// Returns what kinds of errors of the system are among the causes.
fn io_kinds(err: &reqwest::Error) -> Vec<io::ErrorKind> {
    let mut kinds = Vec::new();
    let mut cause = err.source();
    while let Some(err) = cause {
        cause = err.source();
        // One may be wrapped in another, which does not name it as its source.
        let mut system = err.downcast_ref::<io::Error>();
        while let Some(err) = system {
            kinds.push(err.kind());
            system = err.get_ref().and_then(|inner| inner.downcast_ref());
        }
    }
    kinds
}
