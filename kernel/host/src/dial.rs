//! Connections for protocols other than HTTP, by the same rules as those for HTTP.
//!
//! The name is resolved here, the resolved addresses are checked, and then those very addresses are
//! dialled.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use kernel_ports::egress::Wire;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::egress::{AddressDenied, CONNECT, Egress, tls_install};

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A connection that is none of the network. It never waits.
pub(crate) struct Instead(pub(crate) Box<dyn Wire>);

impl AsyncRead for Instead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = self.0.read(into.remaining());
        into.put_slice(&bytes[..bytes.len().min(into.remaining())]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Instead {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error(transparent)]
    Denied(#[from] AddressDenied),
    #[error("{host} did not answer within {} s", CONNECT.as_secs())]
    Timeout { host: String },
    #[error("{host} cannot be reached: {reason}")]
    Unavailable { host: String, reason: String },
    #[error("{host} does not speak TLS that can be trusted: {reason}")]
    Tls { host: String, reason: String },
}

impl Egress {
    /// Connects to a host, at public addresses only unless `any`.
    pub(crate) async fn dial(
        &self,
        host: &str,
        port: u16,
        tls: bool,
        any: bool,
    ) -> Result<Box<dyn Stream>, DialError> {
        let bare = host.trim_matches(['[', ']']);
        let dialled = tokio::time::timeout(CONNECT, async {
            let addresses = self.addresses(bare, port, any).await?;
            let stream = connect(bare, &addresses).await?;
            // Protocols of questions and answers would wait for each other.
            let _ = stream.set_nodelay(true);
            if tls { self.encrypt(bare, stream).await } else { Ok(Box::new(stream) as _) }
        });
        dialled.await.unwrap_or_else(|_| Err(DialError::Timeout { host: bare.to_owned() }))
    }

    async fn addresses(
        &self,
        host: &str,
        port: u16,
        any: bool,
    ) -> Result<Vec<SocketAddr>, DialError> {
        let unavailable = |err: io::Error| unavailable(host, &err);
        let all = tokio::net::lookup_host((host, port)).await.map_err(unavailable)?;
        Ok(self.dialable(host, all, any)?)
    }

    async fn encrypt(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>, DialError> {
        let failed = |reason: String| DialError::Tls { host: host.to_owned(), reason };
        let config = self.tls.get_or_init(|| {
            tls_install();
            let config = ClientConfig::with_platform_verifier();
            config.map(Arc::new).map_err(|err| err.to_string())
        });
        let connector = TlsConnector::from(config.clone().map_err(failed)?);
        let name = ServerName::try_from(host.to_owned()).map_err(|err| failed(err.to_string()))?;
        let stream = connector.connect(name, stream).await;
        Ok(Box::new(stream.map_err(|err| failed(err.to_string()))?))
    }
}

async fn connect(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
    let mut last = io::Error::other("it has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(err) => last = err,
        }
    }
    Err(unavailable(host, &last))
}

fn unavailable(host: &str, err: &io::Error) -> DialError {
    DialError::Unavailable { host: host.to_owned(), reason: err.to_string() }
}
