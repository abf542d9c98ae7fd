//! `tenon plugin dev`: build, swap, look, again and again, until Ctrl-C.
//!
//! A round that fails says why and changes nothing: what served before serves on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kernel_wire::plugin_admin::{InstallOutcome, PluginInstalled};
use serde_json::json;

use super::project::Project;
use super::watch::Source;
use crate::api::Api;
use crate::api::error::ApiError;
use crate::args::plugin::{DevArgs, InstallArgs};
use crate::command::plugin::{install, json_file};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::show::duration;
use crate::show::look::Tone;
use crate::show::plugin as show;

/// What came of one round.
enum Round {
    Served {
        installed: PluginInstalled,
        built: Duration,
        swapped: Duration,
    },
    /// What the compiler says.
    NotBuilt(String),
    Refused(anyhow::Error),
}

pub(crate) async fn execute(args: &DevArgs, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen().context("failed to listen for signals")?;
    // A folder that holds no plugin and a server that is not there are known at once.
    Project::find(&args.folder).await?;
    api.plugins().await?;
    let mut name = None;
    let by = tokio::select! {
        result = rounds(args, api, out, &mut name) => {
            result?;
            return Ok(Exit::Succeeded);
        }
        by = interrupts.next() => by,
    };
    end_report(&by, name.as_deref(), out);
    Ok(Exit::Succeeded)
}

/// Says how things stand at the end.
fn end_report(by: &str, name: Option<&str>, out: &Out) {
    if out.is_json() {
        return;
    }
    out.line(&match name {
        Some(name) => format!(
            "{by}: {name} goes on serving as it was built last; `tenon plugin rollback {name}` or \
             `tenon plugin remove {name}` ends that"
        ),
        None => format!("{by}: nothing was installed"),
    });
}

async fn rounds(
    args: &DevArgs,
    api: &Api,
    out: &Out,
    name: &mut Option<String>,
) -> anyhow::Result<()> {
    let others: Vec<PathBuf> = args.config.iter().cloned().collect();
    let mut source = Source::look(&args.folder, &others);
    let mut last = None;
    loop {
        if !out.is_json() {
            out.line(&format!("building {}", args.folder.display()));
        }
        let round = round(args, api, out.look.colors).await;
        if let Round::Served { installed, .. } = &round {
            *name = Some(installed.name.clone());
        }
        // Building may touch files: the same plugin again is no news, but people were told that a
        // build began.
        let digest = match &round {
            Round::Served { installed, .. } if installed.outcome == InstallOutcome::Unchanged => {
                Some(installed.digest.clone())
            }
            _ => None,
        };
        if !out.is_json() || digest.is_none() || digest != last {
            report(&round, out);
        }
        // What was undone after a mistake is news, though nothing is swapped for it.
        last = match round {
            Round::Served { installed, .. } => Some(installed.digest),
            _ => None,
        };
        source = source.changed(&args.folder, &others).await;
    }
}

/// Builds and installs once.
async fn round(args: &DevArgs, api: &Api, colors: bool) -> Round {
    let began_at = Instant::now();
    let project = match Project::find(&args.folder).await {
        Ok(project) => project,
        Err(err) => return Round::Refused(err),
    };
    match project.build_quietly(colors).await {
        Ok(None) => {}
        Ok(Some(said)) => return Round::NotBuilt(said),
        Err(err) => return Round::Refused(err),
    }
    let built = began_at.elapsed();
    let began_at = Instant::now();
    match swap(args, api, &project).await {
        Ok(installed) => Round::Served { installed, built, swapped: began_at.elapsed() },
        Err(err) => Round::Refused(err),
    }
}

/// Lets the server have what was built, in place of what was built before.
async fn swap(args: &DevArgs, api: &Api, project: &Project) -> anyhow::Result<PluginInstalled> {
    let file = project.built()?;
    let options = InstallArgs::default();
    let mut query: Vec<(&str, String)> =
        args.rules.iter().map(|rule| ("grant", rule.clone())).collect();
    if let Some(config) = &args.config {
        query.push(("config", json_file(config)?.to_string()));
    }
    for (name, on) in [
        ("allowUnsigned", true),
        ("orUpgrade", true),
        ("replace", true),
        ("grantAll", args.grant_all),
        ("approve", args.grant_all),
    ] {
        query.extend(on.then(|| (name, "true".to_owned())));
    }
    let body = install::body(&file.display().to_string(), &options, &mut query)?;
    Ok(api.plugin_install(None, &query, body).await?)
}

/// Prints what came of a round: a line, and what is said about failures.
fn report(round: &Round, out: &Out) {
    if out.is_json() {
        return out.json(&shown(round));
    }
    match round {
        Round::Served { installed, built, swapped } => {
            let (name, version) = (&installed.name, &installed.version);
            let built = human(*built);
            match installed.outcome {
                InstallOutcome::Active => {
                    let swapped = human(*swapped);
                    let good = out.look.paint(Tone::Good, "serves");
                    out.line(&format!(
                        "{name} {version} {good}: built in {built}, swapped in {swapped}"
                    ));
                }
                InstallOutcome::Unchanged => {
                    out.line(&format!("{name} {version} serves already: built in {built}"));
                }
                InstallOutcome::Waiting => {
                    show::installed(installed, None, out.look).iter().for_each(|l| out.line(l));
                }
            }
        }
        Round::NotBuilt(said) => {
            out.line(said.trim_end());
            let bad = out.look.paint(Tone::Bad, "not built");
            out.line(&format!("{bad}: what served before serves on"));
        }
        Round::Refused(err) => {
            let bad = out.look.paint(Tone::Bad, "not installed");
            out.line(&format!("{bad}: {err:#}"));
        }
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn human(time: Duration) -> String {
    duration::human(ms(time))
}

fn shown(round: &Round) -> serde_json::Value {
    match round {
        Round::Served { installed, built, swapped } => {
            json!({ "installed": installed, "builtMs": ms(*built), "swappedMs": ms(*swapped) })
        }
        Round::NotBuilt(said) => json!({ "notBuilt": said }),
        Round::Refused(err) => {
            let refused = err.chain().find_map(|cause| cause.downcast_ref::<ApiError>());
            json!({ "notInstalled": format!("{err:#}"), "refused": refused.is_some() })
        }
    }
}
