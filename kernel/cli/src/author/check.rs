//! `tenon plugin check`: what a plugin is, and what its author could still do better.

mod manifest;

use kernel_wire::plugin::{Plugin, PluginKind};
use serde::Serialize;

use super::{Component, Inspect, Inspected};
use crate::args::author::CheckArgs;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::Tone;

/// Larger ones are slow to install; the largest that our SDKs make have 20 MB.
const LARGE_BYTES: u64 = 32 * 1024 * 1024;

pub(super) async fn execute(args: &CheckArgs, inspect: Inspect, out: &Out) -> anyhow::Result<Exit> {
    let component = Component::read(&args.plugin, inspect).await?;
    Ok(print(&component.inspected, args.strict, out))
}

#[derive(Serialize)]
struct Checked<'a> {
    #[serde(flatten)]
    plugin: &'a Plugin,
    /// What cannot work.
    mistakes: &'a [String],
    remarks: Vec<String>,
}

/// Prints a plugin with what is wrong and what could be better; the exit says whether it may stay
/// so.
pub(super) fn print(inspected: &Inspected, strict: bool, out: &Out) -> Exit {
    let Inspected { plugin, manifest, broken_schemas: mistakes } = inspected;
    let remarks = [manifest::remarks(manifest), remarks(plugin)].concat();
    let checked = Checked { plugin, mistakes, remarks };
    out.result(&checked, |look| {
        let mut lines = crate::show::plugin::detail(plugin, look);
        if !mistakes.is_empty() || !checked.remarks.is_empty() {
            lines.push(String::new());
        }
        for mistake in mistakes {
            lines.push(format!("  {}  {mistake}", look.paint(Tone::Bad, "wrong")));
        }
        for remark in &checked.remarks {
            lines.push(format!("  {}  {remark}", look.paint(Tone::Late, "better")));
        }
        lines
    });
    let may_stay = mistakes.is_empty() && (checked.remarks.is_empty() || !strict);
    if may_stay { Exit::Succeeded } else { Exit::Failed }
}

/// Says what works, but should not stay so.
fn remarks(plugin: &Plugin) -> Vec<String> {
    let mut remarks = Vec::new();
    if plugin.summary.is_empty() {
        remarks.push("it has no summary; one sentence tells operators what it is".to_owned());
    }
    if !is_version(&plugin.version) {
        let version = &plugin.version;
        remarks.push(format!("its version {version:?} is not like 1.0.0; upgrades compare them"));
    }
    for grant in &plugin.grants {
        let name = &grant.capability;
        if grant.reason.is_empty() {
            remarks.push(format!(
                "it uses {name:?} and says not why; add it to `requests` with a reason"
            ));
        }
        let wide = |parameter: &&String| parameter.split(' ').any(|part| part == "*");
        // Pipelines name the programs that a launcher starts.
        let is_any_program = name == "process" && plugin.kinds.contains(&PluginKind::Launcher);
        if let Some(parameter) = grant.parameters.iter().find(wide).filter(|_| !is_any_program) {
            remarks.push(format!(
                "it asks for {name:?} with {parameter:?}, which operators are slow to grant; name \
                 what it needs"
            ));
        }
    }
    // Several wishes of a capability may lack a reason.
    remarks.dedup();
    if plugin.size > LARGE_BYTES {
        remarks.push(format!(
            "it has {} MB; build in release mode, with `opt-level = \"s\"` and `lto = true`",
            plugin.size / 1_000_000
        ));
    }
    remarks
}

fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests;
