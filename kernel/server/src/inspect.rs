//! `tenon plugin inspect FILE`: what a plugin is, without a server and without running it.

use std::path::Path;

use anyhow::Context as _;
use kernel_cli::author::Inspected;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_host::InspectError;
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

/// Reads from a binary what its author wants to know, too.
pub(crate) fn of_author(origin: &str, bytes: &[u8]) -> anyhow::Result<Inspected> {
    let plugin = read(origin, bytes).map_err(in_rust)?;
    let broken_schemas = tenon_test::broken_schemas(&kernel_host::manifest(bytes)?);
    let manifest = serde_json::from_slice(&kernel_host::manifest_text(bytes)?)?;
    Ok(Inspected { plugin, manifest, broken_schemas })
}

/// Names the macro that was forgotten: without it everything compiles, and there is no plugin.
fn in_rust(err: anyhow::Error) -> anyhow::Error {
    let call = match err.downcast_ref() {
        Some(InspectError::NoKind) => "`tenon_sdk::export_action!(Plugin);` or that of its kind",
        Some(InspectError::NoManifest) => "`tenon_sdk::manifest!(\"../manifest.json\");`",
        _ => return err,
    };
    anyhow::anyhow!("{err}; a plugin in Rust calls {call}, outside of all functions")
}

/// Reads from a binary what a plugin is.
fn read(origin: &str, bytes: &[u8]) -> anyhow::Result<wire::Plugin> {
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

#[cfg(test)]
mod tests {
    use super::of_author;

    #[track_caller]
    fn check(sections: &[(&str, &str)], part: &str) {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (name, text) in sections {
            let (name_bytes, text_bytes) = (name.len(), text.len());
            let size = 1 + name_bytes + text_bytes;
            bytes.extend([0, u8::try_from(size).unwrap(), u8::try_from(name_bytes).unwrap()]);
            bytes.extend(name.bytes().chain(text.bytes()));
        }
        let err = of_author("a.wasm", &bytes).unwrap_err().to_string();
        assert!(err.contains(part), "{err}");
    }

    #[test]
    fn a_forgotten_macro_is_named() {
        let manifest = r#"{"name": "a", "version": "1.0.0"}"#;
        check(&[("tenon:manifest", manifest)], "calls `tenon_sdk::export_action!(Plugin);`");
        check(&[], "calls `tenon_sdk::manifest!(\"../manifest.json\");`");
    }
}
