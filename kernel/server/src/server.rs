//! `tenon server`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel_cli::exit::Exit;
use kernel_cli::interrupt::Interrupts;
use kernel_http::{Serving, Tls};
use kernel_settings::table::runs;
use kernel_settings::{Selection, Settings};
use tokio::net::TcpListener;

use crate::access;
use crate::args::ServerArgs;
use crate::config::{self, Config};
use crate::engine::Engine;
use crate::telemetry;

/// Serves until a signal asks it to stop; a second signal ends it at once.
pub(crate) async fn serve(args: ServerArgs) -> anyhow::Result<Exit> {
    let loaded = config::load(&args)?;
    let config = Config::of(&loaded.settings)?;
    telemetry::install(&config.telemetry)?;
    for note in &loaded.notes {
        tracing::warn!("{note}");
    }
    let mut interrupts = Interrupts::listen().context("failed to listen for signals")?;
    access::check_address(config.listen, &loaded.settings)?;
    let listener = listen(config.listen).await?;
    let address = listener.local_addr().context("failed to read the address")?;
    let (drain, keep) = (config.drain, config.audit_keep);
    let serving = serving(&config.serving)?;
    let is_open = config.engine.access.is_open();
    let engine = Engine::start(config.engine).await?;
    check_launcher(&engine, &loaded.settings)?;
    if is_open {
        tracing::warn!("--no-auth: whoever reaches this server may do everything");
    }
    let scheme = if serving.tls.is_some() { "https" } else { "http" };
    access::bootstrap(&engine.access, &format!("{scheme}://{address}")).await?;
    access::prune_daily(&engine.access, keep);
    tracing::info!(%address, scheme, plugins = engine.plugins, "server ready");
    engine.preload();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let work = run(listener, engine, serving, drain, async {
        // Gone is as good as told.
        let _ = stopped.await;
    });
    tokio::pin!(work);
    let by = tokio::select! {
        result = &mut work => return result.map(|()| Exit::Succeeded),
        by = interrupts.next() => by,
    };
    tracing::info!(%by, "stopping; once more ends the server at once");
    let _ = stop.send(());
    tokio::select! {
        result = &mut work => result.map(|()| Exit::Succeeded),
        by = interrupts.next() => {
            tracing::warn!(%by, "ended at once; steps in progress go on after the next start");
            Ok(Exit::Killed)
        }
    }
}

/// Serves on a listener until `shutdown`, then drains.
pub(crate) async fn run(
    listener: TcpListener,
    engine: Engine,
    serving: Serving,
    drain: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (told, tell) = tokio::sync::oneshot::channel::<()>();
    let drained = engine.clone();
    let shutdown = async move {
        shutdown.await;
        let _ = told.send(());
    };
    let serve = kernel_http::serve(listener, engine.router, serving, shutdown);
    let drain = async {
        if tell.await.is_ok() {
            drained.drain(drain).await;
        }
    };
    let (served, ()) = tokio::join!(serve, drain);
    served.context("the server broke")?;
    tracing::info!("stopped");
    Ok(())
}

/// Reads the certificate now, so that a wrong one is known before anything starts.
fn serving(config: &config::Serving) -> anyhow::Result<Serving> {
    let tls = match &config.tls {
        Some((cert, key)) => {
            Some(Arc::new(Tls::open(cert, key).context("HTTPS cannot be served")?))
        }
        None => None,
    };
    let (head_timeout, head_bytes_max) = (config.head_timeout, config.head_bytes_max);
    Ok(Serving { tls, head_timeout, head_bytes_max })
}

/// A launcher that nobody has would be met by the first step only.
fn check_launcher(engine: &Engine, settings: &Settings) -> anyhow::Result<()> {
    let name: String = settings.get(&runs::LAUNCHER)?;
    let name = name.strip_prefix("launcher-").unwrap_or(&name);
    let known = engine.launchers();
    if !known.iter().any(|known| known == name) {
        bail!(
            "{} names the launcher {name:?}, which is not there; there are: {}",
            runs::LAUNCHER.key,
            known.join(", ")
        );
    }
    let allowed: Selection = settings.get(&runs::LAUNCHERS_ALLOWED)?;
    for other in allowed.names().filter(|other| !known.iter().any(|known| known == other)) {
        tracing::warn!(
            "{} names the launcher {other:?}, which is not there",
            runs::LAUNCHERS_ALLOWED.key
        );
    }
    if !allowed.allows(name) {
        tracing::warn!(
            "{} is {name:?}, which {} does not allow: steps must name another",
            runs::LAUNCHER.key,
            runs::LAUNCHERS_ALLOWED.key
        );
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(err) if err.kind() == io::ErrorKind::AddrInUse => bail!(
            "{address} is in use by another program; stop that one, or choose another port with \
             --listen {}:{}",
            address.ip(),
            address.port().checked_add(1).unwrap_or(7070)
        ),
        Err(err) => {
            Err(err).with_context(|| format!("failed to listen on {address}; try another --listen"))
        }
    }
}

#[cfg(test)]
mod tests;
