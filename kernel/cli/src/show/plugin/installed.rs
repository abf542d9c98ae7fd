//! What came of an installation, and what to do next.

use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin::{InstallOutcome, PluginInstalled, PluginStatus};

use crate::show::look::{Look, Tone};

/// Returns what came of an installation, and what to do next. `plugin`: what is known of it since.
#[must_use]
pub fn installed(installed: &PluginInstalled, plugin: Option<&Plugin>, look: Look) -> Vec<String> {
    let PluginInstalled { name, version, outcome, asks_more, .. } = installed;
    let shown = look.paint(Tone::Strong, name);
    let rests = plugin.filter(|plugin| !is_serving(plugin.status));
    match (outcome, rests) {
        (InstallOutcome::Waiting, _) => waiting(name, version, asks_more, look),
        (InstallOutcome::Unchanged, None) => vec![format!("{shown} {version} serves already")],
        (InstallOutcome::Unchanged, Some(plugin)) => {
            vec![format!("{shown} {version} is installed already"), serving(plugin, look)]
        }
        (InstallOutcome::Active, rests) => {
            let mut lines = match rests {
                None => vec![format!("{shown} {version} serves")],
                Some(plugin) => {
                    vec![format!("{shown} {version} is installed"), serving(plugin, look)]
                }
            };
            lines.extend(plugin.into_iter().flat_map(|plugin| lacking(name, plugin, look)));
            lines
        }
    }
}

/// Returns whether a plugin serves, and if not, what lets it.
#[must_use]
pub fn serving(plugin: &Plugin, look: Look) -> String {
    let Plugin { name, version, status_reason, .. } = plugin;
    let shown = look.paint(Tone::Strong, name);
    let reason = status_reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let lets = format!("`tenon plugin enable {name}` lets it serve");
    match plugin.status {
        PluginStatus::Active | PluginStatus::FellBack => format!("{shown} {version} serves"),
        PluginStatus::Disabled => format!("{shown} {version} is disabled; {lets}"),
        PluginStatus::Quarantined => {
            format!("{shown} {version} is in quarantine{reason}; {lets} again")
        }
        PluginStatus::Broken => format!(
            "{shown} {version} is broken{reason}; `tenon plugin upgrade {name} FILE` brings a \
             version that works"
        ),
    }
}

/// Returns whether calls of such a plugin are answered.
fn is_serving(status: PluginStatus) -> bool {
    match status {
        PluginStatus::Active | PluginStatus::FellBack => true,
        PluginStatus::Quarantined | PluginStatus::Disabled | PluginStatus::Broken => false,
    }
}

/// Returns what a plugin asks for and may not use, each with the command that grants it.
fn lacking(name: &str, plugin: &Plugin, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for grant in plugin.grants.iter().filter(|grant| !grant.granted) {
        // How much it gets of the rest was decided.
        if grant.granted_parts.is_empty() {
            let (wish, why) = (super::wish(grant), look.paint(Tone::Quiet, &grant.reason));
            lines.push(format!("  it may not use {wish}  {why}"));
            lines.push(format!("    `tenon plugin grant {name} {}`", quoted(&wish)));
        }
    }
    lines
}

/// Returns what a version waits for. Approval does not give what has no bounds.
fn waiting(name: &str, version: &str, asks_more: &[String], look: Look) -> Vec<String> {
    let shown = look.paint(Tone::Strong, name);
    let mut lines =
        vec![format!("{shown} {version} asks for more than the version that serves, and waits:")];
    let (boundless, bounded): (Vec<&String>, Vec<&String>) =
        asks_more.iter().partition(|wish| is_boundless(wish));
    let join =
        |wishes: &[&String]| wishes.iter().map(|wish| wish.as_str()).collect::<Vec<_>>().join(", ");
    if !bounded.is_empty() {
        lines.push(format!("  {}", join(&bounded)));
    }
    if !boundless.is_empty() {
        lines.push(format!("  without bounds: {}", join(&boundless)));
    }
    let what = match (bounded.is_empty(), boundless.is_empty()) {
        (_, true) => "have that, and serve",
        (true, false) => "serve without that",
        (false, false) => "have what has bounds, and serve",
    };
    lines.push(format!("`tenon plugin upgrade {name} --approve` lets it {what}"));
    if let Some(first) = boundless.first() {
        lines.push(format!(
            "what has no bounds needs --grant with a part of it, such as --grant {}",
            quoted(&part(first))
        ));
    }
    lines
}

/// Returns whether a wish leaves open which program, host or path: the rule of the server.
fn is_boundless(wish: &str) -> bool {
    match wish.split_once(':') {
        Some(("http", parameter)) => {
            let place = parameter.split_once(' ').map_or(parameter, |(_, place)| place);
            place.trim_end_matches(":*") == "*"
        }
        Some(("kernel", parameter)) => {
            let path = parameter.split_once(' ').map_or(parameter, |(_, path)| path);
            matches!(path, "*" | "/*" | "/api/*" | "/api/v1/*")
        }
        Some(("tcp", place)) => matches!(place.rsplit_once(':'), Some(("*", _)) | None),
        Some((_, parameter)) => parameter.trim() == "*",
        None => false,
    }
}

/// Returns a part of a boundless wish, as an example of what may be granted.
fn part(wish: &str) -> String {
    let (capability, parameter) = wish.split_once(':').unwrap_or((wish, ""));
    let verb = parameter.split_once(' ').map(|(verb, _)| format!("{verb} ")).unwrap_or_default();
    match capability {
        "http" => format!("http:{verb}api.example.com"),
        "kernel" => format!("kernel:{verb}/api/v1/runs/*"),
        "tcp" => "tcp:db.example.com:5432".to_owned(),
        "process" => "process:git".to_owned(),
        _ => format!("{capability}:NAME"),
    }
}

/// Returns a rule as an argument of the command line. A manifest may say anything, and nothing of
/// it is to be run by whoever copies the line.
fn quoted(rule: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !rule.is_empty() && rule.chars().all(is_plain) {
        rule.to_owned()
    } else {
        format!("'{}'", rule.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
