//! Plugins.

use kernel_ports::plugin::{PluginInfo, PluginKind};
use kernel_wire::plugin as wire;

pub(crate) fn plugin(info: PluginInfo) -> wire::Plugin {
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
        grants: info
            .grants
            .into_iter()
            .map(|grant| wire::Grant {
                capability: grant.capability,
                parameters: grant.parameters,
                reason: grant.reason,
                granted: grant.granted,
            })
            .collect(),
    }
}

fn kind(kind: PluginKind) -> wire::PluginKind {
    match kind {
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
    }
}
