//! Listens, and stops in good order.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::follow::Stopping;
use crate::layer::client::Peer;

pub use self::tls::{Tls, TlsError};

mod tls;

/// Requests in progress that take longer than this after the stop are cut off.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Whoever greets and then says nothing is not waited for.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failure to accept: the system is out of something, such as open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How connections are treated.
#[derive(Debug, Clone)]
pub struct Serving {
    /// None: plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Time for the head of a request.
    pub head_timeout: Duration,
    /// Size of the head of a request.
    pub head_bytes_max: usize,
}

impl Default for Serving {
    fn default() -> Self {
        Self { tls: None, head_timeout: Duration::from_secs(30), head_bytes_max: 64 * 1024 }
    }
}

/// Serves until `shutdown` is ready; then takes no more connections, ends the streams, and returns
/// when the other requests are answered, or after 10 s.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    serving: Serving,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let stopping = CancellationToken::new();
    let router = router.layer(Extension(Stopping(stopping.clone())));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let connection = Connection {
                    address,
                    router: router.clone(),
                    serving: serving.clone(),
                    watcher: graceful.watcher(),
                    stopping: stopping.clone(),
                };
                tokio::spawn(connection.serve(stream));
            }
            Err(err) if is_of_connection(&err) => {}
            Err(err) => {
                tracing::error!("failed to accept a connection: {err}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    stopping.cancel();
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(STOP_TIMEOUT) => {
            tracing::warn!("cut off requests that took too long to stop");
        }
    }
    Ok(())
}

/// Whether only that one connection is broken.
fn is_of_connection(err: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(err.kind(), E::ConnectionRefused | E::ConnectionAborted | E::ConnectionReset)
}

/// What one connection needs.
struct Connection {
    address: SocketAddr,
    router: Router,
    serving: Serving,
    watcher: Watcher,
    stopping: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Answers are small, and are waited for.
        let _ = stream.set_nodelay(true);
        let Some(tls) = self.serving.tls.clone() else { return self.answer(stream, false).await };
        let stopping = self.stopping.clone();
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => greeted,
            () = stopping.cancelled() => return,
        };
        match greeted {
            Ok(Ok(stream)) => self.answer(stream, true).await,
            Ok(Err(err)) => tracing::debug!(client = %self.address, "no TLS connection: {err}"),
            Err(_) => tracing::debug!(client = %self.address, "no TLS connection in time"),
        }
    }

    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, tls: bool) {
        let peer = Peer { address: self.address, tls };
        let service = TowerToHyperService::new(self.router.layer(Extension(peer)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.serving.head_timeout)
            .max_buf_size(self.serving.head_bytes_max)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(err) = self.watcher.watch(connection).await {
            tracing::debug!(client = %self.address, "a connection broke: {err}");
        }
    }
}
