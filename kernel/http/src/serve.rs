//! Listens, and stops in good order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::follow::Stopping;

/// Requests in progress that take longer than this after the stop are cut off.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is ready; then takes no more connections, ends the streams, and returns
/// when the other requests are answered, or after 10 s.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let stopping = CancellationToken::new();
    let router = router.layer(Extension(Stopping(stopping.clone())));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stopping.clone();
    let signal = async move {
        shutdown.await;
        stopped.cancel();
    };
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal).into_future();
    let overdue = async {
        stopping.cancelled().await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = overdue => {
            tracing::warn!("cut off requests that took too long to stop");
            Ok(())
        }
    }
}
