//! `tenon server`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel_cli::exit::Exit;
use kernel_cli::interrupt::Interrupts;
use kernel_scheduler::Settings;
use tokio::net::TcpListener;

use crate::access::{self, AccessConfig};
use crate::args::ServerArgs;
use crate::engine::{Config, Engine};
use crate::telemetry;

/// Serves until a signal asks it to stop; a second signal ends it at once.
pub(crate) async fn serve(args: ServerArgs) -> anyhow::Result<Exit> {
    telemetry::install(args.log, &args.log_level)?;
    let mut interrupts = Interrupts::listen().context("failed to listen for signals")?;
    access::check_address(&args)?;
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().context("failed to read the address")?;
    let (drain, keep) = (args.drain, args.audit_keep);
    if args.no_auth {
        tracing::warn!("--no-auth: whoever reaches this server may do everything");
    }
    let engine = Engine::start(config(args)?).await?;
    access::bootstrap(&engine.access, address).await?;
    access::prune_daily(&engine.access, keep);
    tracing::info!(%address, plugins = engine.plugins, "server ready");
    engine.preload();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let work = run(listener, engine, drain, async {
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
    drain: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (told, tell) = tokio::sync::oneshot::channel::<()>();
    let drained = engine.clone();
    let shutdown = async move {
        shutdown.await;
        let _ = told.send(());
    };
    let serve = kernel_http::serve(listener, engine.router, shutdown);
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

fn config(args: ServerArgs) -> anyhow::Result<Config> {
    let grace_ms = u64::try_from(args.grace.as_millis()).unwrap_or(u64::MAX);
    Ok(Config {
        access: AccessConfig::new(&args)?,
        code: args.data.join("cache/code"),
        data: args.data,
        plugins: args.plugins,
        grants: args.grants,
        installs: true,
        settings: Settings {
            runs_max: args.runs_max,
            queue_max: args.queue_max,
            attempts_max: args.attempts_max,
            grace_ms,
            launcher: args.launcher,
            tags: args.tags,
            ..Settings::default()
        },
    })
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
