//! `tenon plugin inspect FILE`: what a plugin is, without a server and without running it.

use std::path::Path;

use anyhow::Context as _;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_ports::plugin::{PluginInfo, PluginKind};
use kernel_wire::plugin as wire;
use kernel_wire::plugin_admin::{PluginSource, PluginStatus};

/// Returns whether a file is meant, not a plugin of the server.
pub(crate) fn is_file(plugin: &str) -> bool {
    // Bindings have a `/` in their names, too.
    plugin.ends_with(".wasm") || plugin.starts_with(['.', '/']) || Path::new(plugin).is_file()
}

/// Prints what the binary says about itself.
pub(crate) fn print(file: &str, out: &Out) -> anyhow::Result<Exit> {
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {file}"))?;
    let plugin = read(file, &bytes).with_context(|| format!("{file} cannot be used"))?;
    kernel_cli::command::plugin::print(&plugin, out);
    Ok(Exit::Succeeded)
}

/// Reads from a binary what a plugin is.
pub(crate) fn read(origin: &str, bytes: &[u8]) -> anyhow::Result<wire::Plugin> {
    let info = kernel_host::inspect(bytes)?;
    Ok(to_wire(PluginInfo { origin: origin.to_owned(), ..info }))
}

fn to_wire(info: PluginInfo) -> wire::Plugin {
    let kind = |kind: PluginKind| match kind {
        PluginKind::Language => wire::PluginKind::Language,
        PluginKind::Launcher => wire::PluginKind::Launcher,
        PluginKind::Resource => wire::PluginKind::Resource,
        PluginKind::Action => wire::PluginKind::Action,
        PluginKind::Secrets => wire::PluginKind::Secrets,
        PluginKind::Cache => wire::PluginKind::Cache,
        PluginKind::Model => wire::PluginKind::Model,
        PluginKind::Identity => wire::PluginKind::Identity,
        PluginKind::Webhook => wire::PluginKind::Webhook,
        PluginKind::Notifier => wire::PluginKind::Notifier,
        PluginKind::Gateway => wire::PluginKind::Gateway,
    };
    let grants = info.grants.into_iter().map(|grant| wire::Grant {
        capability: grant.capability,
        parameters: grant.parameter.into_iter().collect(),
        reason: grant.reason,
        // Nothing is, before it is installed.
        granted: false,
        granted_parts: vec![],
    });
    wire::Plugin {
        name: info.name,
        version: info.version,
        summary: info.summary,
        kinds: info.kinds.into_iter().map(kind).collect(),
        digest: info.digest,
        size: info.size,
        origin: info.origin,
        exports: info.exports,
        imports: info.imports,
        grants: grants.collect(),
        source: PluginSource::File,
        status: PluginStatus::Active,
        status_reason: None,
        versions: vec![],
        bindings: vec![],
    }
}
