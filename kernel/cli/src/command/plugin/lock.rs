//! `tenon plugin lock` and `tenon plugin verify`: what is installed, against what was meant.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kernel_package::Lock;
use kernel_package::lock::Entry;
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin::{PluginSource, PluginStatus, PluginVerified, PluginVersion};
use serde::Serialize;
use serde_json::json;

use crate::api::Api;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::plugin as show;

/// A plugin with everything that was found out about it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    #[serde(flatten)]
    pub(crate) verified: PluginVerified,
    /// How it differs from the lock file. None: it does not, or nobody has asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) differs: Option<String>,
    /// Whether its active version serves.
    #[serde(skip)]
    pub(crate) status: PluginStatus,
}

/// Pins what is installed.
pub(super) async fn lock(api: &Api, file: &Path, out: &Out) -> anyhow::Result<()> {
    let mut lock = Lock::read(file)?;
    let entries = installed(&api.plugins().await?)?;
    ensure!(!entries.is_empty(), "nothing is installed, so there is nothing to pin");
    let mut lines = Vec::new();
    for entry in &entries {
        lock.check(entry, false)?;
        if lock.get(&entry.name) != Some(entry) {
            let by = entry.signer.as_deref().unwrap_or("nobody");
            lines.push(format!("pinned {} {}, signed by {by}", entry.name, entry.version));
            lines.push(format!("  {}", entry.digest));
            lock.set(entry.clone());
        }
    }
    let known: Vec<String> = lock.entries().map(|entry| entry.name.clone()).collect();
    for name in known {
        if !entries.iter().any(|entry| entry.name == name) {
            lock.remove(&name);
            lines.push(format!("unpinned {name}, which is not installed"));
        }
    }
    lock.write(file)?;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    out.result(&json!({ "lock": file, "pinned": names }), |_| {
        if lines.is_empty() {
            lines.push(format!("{} pins what is installed already", file.display()));
        }
        lines
    });
    Ok(())
}

/// Looks again at one plugin or all, and says what holds.
pub(super) async fn verify(
    api: &Api,
    plugin: Option<&str>,
    file: Option<&Path>,
    out: &Out,
) -> anyhow::Result<Exit> {
    let lock = match file {
        Some(file) => {
            ensure!(file.is_file(), "there is no lock file {}", file.display());
            Some(Lock::read(file)?)
        }
        None => None,
    };
    let plugins = api.plugins().await?;
    let entries = match (&lock, plugin) {
        (None, Some(_)) => Vec::new(),
        _ => installed(&plugins)?,
    };
    let names: Vec<&str> = match plugin {
        Some(plugin) => vec![plugin],
        None => entries.iter().map(|entry| entry.name.as_str()).collect(),
    };
    let mut verdicts = Vec::new();
    for name in &names {
        let verified = api.plugin_verify(name).await?;
        let entry = entries.iter().find(|entry| entry.name == *name);
        let differs = lock.as_ref().zip(entry).and_then(|(lock, entry)| {
            lock.check(entry, true).err().map(|mismatch| mismatch.to_string())
        });
        let known = plugins.iter().find(|plugin| plugin.name == *name);
        let status = known.map(|plugin| plugin.status).unwrap_or_default();
        verdicts.push(Verdict { verified, differs, status });
    }
    let pinned = lock.iter().flat_map(Lock::entries).filter(|_| plugin.is_none());
    let missing: Vec<String> = pinned
        .filter(|pinned| !names.contains(&pinned.name.as_str()))
        .map(|pinned| pinned.name.clone())
        .collect();
    let holds = missing.is_empty()
        && verdicts.iter().all(|verdict| verdict.verified.holds && verdict.differs.is_none());
    let result = json!({ "holds": holds, "plugins": verdicts, "missing": missing });
    out.result(&result, |look| show::verdicts(&verdicts, &missing, lock.is_some(), look));
    Ok(if holds { Exit::Succeeded } else { Exit::Failed })
}

/// Returns what is installed on the server, as a lock file has it.
fn installed(plugins: &[Plugin]) -> anyhow::Result<Vec<Entry>> {
    let installed = plugins.iter().filter_map(|plugin| Some((plugin, version(plugin)?)));
    let entry = |(plugin, version): (&Plugin, &PluginVersion)| {
        let digest = format!("sha256:{}", version.digest).parse();
        Ok(Entry {
            name: plugin.name.clone(),
            version: version.version.clone(),
            origin: origin(&version.origin),
            digest: digest.with_context(|| format!("the server's digest of {}", plugin.name))?,
            signer: version.signed_by.clone(),
        })
    };
    installed.map(entry).collect()
}

/// Returns the installed version of a plugin that serves, or would.
fn version(plugin: &Plugin) -> Option<&PluginVersion> {
    let versions = plugin.versions.iter().filter(|_| plugin.source == PluginSource::Installed);
    versions.into_iter().find(|version| version.active)
}

/// A name without a scheme is that of a file.
fn origin(origin: &str) -> String {
    if origin.contains("://") { origin.to_owned() } else { format!("file:///{origin}") }
}
