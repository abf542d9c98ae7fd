//! Follows a run until its end, and shows what happens.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use kernel_wire::event::{END, RunEvent};
use kernel_wire::log::LogChunk;
use kernel_wire::run::RunTree;
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior};

use crate::api::Api;
use crate::exit::Exit;
use crate::from_wire;
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::show::duration;
use crate::show::view::Mark;
use screen::Screen;

mod screen;

/// How often the terminal is drawn, and the tree is asked for after events at the most.
const TICK: Duration = Duration::from_millis(80);
/// Reasons for waiting change without an event.
const REFRESH: Duration = Duration::from_secs(2);

/// One line of `--output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line<'a> {
    Event(RunEvent),
    Log(LogChunk),
    /// The last one.
    End(&'a RunTree),
}

/// Shows a run until it has ended, and returns how. Asks it to stop after `timeout`.
///
/// # Errors
/// Fails when the server cannot be reached any more.
pub async fn follow(
    api: &Api,
    run: &str,
    timeout: Option<Duration>,
    out: &Out,
) -> anyhow::Result<Exit> {
    let mut events = api.run_events(run);
    let mut logs = api.run_logs(run, None, true);
    let mut interrupts = Interrupts::listen().context("failed to listen for Ctrl-C")?;
    let mut screen = Screen::new(*out)?;
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let deadline = tokio::time::sleep(timeout.unwrap_or(Duration::MAX));
    tokio::pin!(deadline);
    let (mut events_end, mut logs_end, mut stops, mut late) = (false, false, 0, false);
    let mut dirty = true;
    let mut fetched = Instant::now();

    while !(events_end && logs_end) {
        tokio::select! {
            event = events.next(), if !events_end => {
                let Some(event) = event.transpose()? else { events_end = true; continue };
                events_end = event.event == END;
                dirty = true;
                if out.is_json() && !events_end {
                    out.json(&Line::Event(serde_json::from_str(&event.data)?));
                }
            }
            chunk = logs.next(), if !logs_end => {
                let Some(event) = chunk.transpose()? else { logs_end = true; continue };
                logs_end = event.event == END;
                if logs_end {
                    continue;
                }
                let chunk: LogChunk = serde_json::from_str(&event.data)?;
                if out.is_json() {
                    out.json(&Line::Log(chunk));
                    continue;
                }
                // A step is introduced before it speaks.
                if !screen.knows(chunk.step) {
                    screen.update(&api.run_tree(run).await?);
                    (dirty, fetched) = (false, Instant::now());
                }
                screen.print(chunk)?;
            }
            _ = tick.tick(), if !out.is_json() => {
                if dirty || fetched.elapsed() > REFRESH {
                    screen.update(&api.run_tree(run).await?);
                    (dirty, fetched) = (false, Instant::now());
                }
                screen.draw()?;
            }
            by = interrupts.next() => {
                stops += 1;
                match stops {
                    1 => screen.notice(&format!(
                        "{by}: asked the run to stop; once more, and nothing is waited for"
                    )),
                    2 => screen.notice(&format!("{by} again: ending the run at once")),
                    _ => {
                        screen.close()?;
                        return Ok(Exit::Killed);
                    }
                }
                cancel(api, run, &by).await?;
            }
            () = &mut deadline, if timeout.is_some() && !late => {
                late = true;
                let time = duration::human(u64::try_from(timeout.unwrap_or_default().as_millis())?);
                screen.notice(&format!("the time of {time} is up: asked the run to stop"));
                cancel(api, run, &format!("the timeout of {time}")).await?;
            }
        }
    }
    let tree = api.run_tree(run).await?;
    let artifacts = api.artifacts(run).await?;
    if out.is_json() {
        out.json(&Line::End(&tree));
    } else {
        screen.finish(&tree, &artifacts)?;
    }
    let mark = from_wire::run_mark(tree.run.status);
    // Cancelled by its own timeout: that is what the caller wants to know.
    Ok(if late && mark == Mark::Cancelled { Exit::TimedOut } else { Exit::of(mark) })
}

/// Asks a run to stop. One that has ended in the meantime is no error.
async fn cancel(api: &Api, run: &str, by: &str) -> anyhow::Result<()> {
    match api.run_cancel(run, by).await {
        Ok(_) => Ok(()),
        Err(err) if err.exit() == Exit::Refused => Ok(()),
        Err(err) => Err(err.into()),
    }
}
