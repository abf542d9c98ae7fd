//! What of plugins holds, and what a bundle has brought.

use kernel_wire::plugin::Plugin;
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
    for Verdict { verified, differs, status } in verdicts {
        lines.push(look.paint(Tone::Strong, &verified.name));
        for version in &verified.versions {
            let differs = differs.as_deref().filter(|_| version.active);
            let is_pinned = has_lock && version.active && differs.is_none();
            let mut words = Vec::new();
            words.extend(is_pinned.then(|| "pinned".to_owned()));
            words.extend(version.active.then(|| super::active(*status, Look::PLAIN)));
            lines.extend(version_lines(version, differs, &words, look));
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
    words: &[String],
    look: Look,
) -> Vec<String> {
    let holds = version.problems.is_empty() && differs.is_none();
    let word = if holds {
        look.paint(Tone::Good, "holds")
    } else {
        look.paint(Tone::Bad, "does not hold")
    };
    let by = version.signed_by.as_deref().unwrap_or("nobody");
    let words: String = words.iter().map(|word| format!(", {word}")).collect();
    let digest = super::short(&version.digest);
    let mut lines = vec![format!("  {} {digest}  {word}: signed by {by}{words}", version.version)];
    let problems = version.problems.iter().map(String::as_str).chain(differs);
    lines.extend(problems.map(|problem| format!("    {problem}")));
    lines
}

/// Returns what came of several plugins. `plugins`: what is known of them since.
#[must_use]
pub(crate) fn imported(imported: &[PluginImported], plugins: &[Plugin], look: Look) -> Vec<String> {
    let lines = |plugin: &PluginImported| match (&plugin.installed, &plugin.refused) {
        (Some(installed), _) => {
            let plugin = plugins.iter().find(|plugin| plugin.name == installed.name);
            super::installed(installed, plugin, look)
        }
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or("the server does not say why");
            vec![format!("{}  {reason}", look.paint(Tone::Bad, "refused"))]
        }
    };
    imported.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests;
