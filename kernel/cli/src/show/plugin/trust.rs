//! What of plugins holds, and what a bundle has brought.

use kernel_wire::plugin_admin::{PluginImported, VersionVerified};

use crate::command::plugin::lock::Verdict;
use crate::show::look::{Look, Tone};

/// Returns what holds of each plugin, version by version. `has_lock`: a lock file was compared.
#[must_use]
pub(crate) fn verdicts(
    verdicts: &[Verdict],
    missing: &[String],
    has_lock: bool,
    look: Look,
) -> Vec<String> {
    if verdicts.is_empty() && missing.is_empty() {
        return vec!["nothing is installed, so there is nothing to verify".to_owned()];
    }
    let mut lines = Vec::new();
    for Verdict { verified, differs } in verdicts {
        lines.push(look.paint(Tone::Strong, &verified.name));
        for version in &verified.versions {
            let differs = differs.as_deref().filter(|_| version.active);
            let is_pinned = has_lock && version.active && differs.is_none();
            lines.extend(version_lines(version, differs, is_pinned, look));
        }
    }
    for name in missing {
        let bad = look.paint(Tone::Bad, "missing");
        lines.push(look.paint(Tone::Strong, name));
        lines.push(format!(
            "  {bad}  it is pinned and not installed; `tenon plugin install --locked` installs it"
        ));
    }
    lines
}

fn version_lines(
    version: &VersionVerified,
    differs: Option<&str>,
    is_pinned: bool,
    look: Look,
) -> Vec<String> {
    let holds = version.problems.is_empty() && differs.is_none();
    let word = if holds {
        look.paint(Tone::Good, "holds")
    } else {
        look.paint(Tone::Bad, "does not hold")
    };
    let by = version.signed_by.as_deref().unwrap_or("nobody");
    let serves = if version.active { ", serves" } else { "" };
    let pinned = if is_pinned { ", pinned" } else { "" };
    let digest = super::short(&version.digest);
    let mut lines =
        vec![format!("  {} {digest}  {word}: signed by {by}{pinned}{serves}", version.version)];
    let problems = version.problems.iter().map(String::as_str).chain(differs);
    lines.extend(problems.map(|problem| format!("    {problem}")));
    lines
}

/// Returns what came of the plugins of a bundle.
#[must_use]
pub(crate) fn imported(imported: &[PluginImported], look: Look) -> Vec<String> {
    let lines = |plugin: &PluginImported| match (&plugin.installed, &plugin.refused) {
        (Some(installed), _) => super::installed(installed, None, look),
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or("the server does not say why");
            vec![format!("{}  {reason}", look.paint(Tone::Bad, "refused"))]
        }
    };
    imported.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests;
