//! Plugins.

use kernel_ports::plugin::{GrantInfo, Granted, PluginKind};
use kernel_ports::plugin_admin::{
    BindingState, CallFigures, Denial, Imported, InstallOutcome, Installed, PluginLogLine,
    PluginSource, PluginState, PluginStatus, VersionState, VersionVerified,
};
use kernel_ports::plugin_store::Signature;
use kernel_wire::{plugin as wire, plugin_admin as admin};

use super::{json, time};
use crate::error::ApiError;

pub(crate) fn plugin(state: PluginState) -> wire::Plugin {
    let PluginState { info, source, status, versions, bindings } = state;
    let (status, status_reason) = match status {
        PluginStatus::Active => (admin::PluginStatus::Active, None),
        PluginStatus::FellBack { reason } => (admin::PluginStatus::FellBack, Some(reason)),
        PluginStatus::Quarantined { reason } => (admin::PluginStatus::Quarantined, Some(reason)),
        PluginStatus::Disabled => (admin::PluginStatus::Disabled, None),
        PluginStatus::Broken { reason } => (admin::PluginStatus::Broken, Some(reason)),
    };
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
        grants: info.grants.into_iter().map(grant).collect(),
        source: match source {
            PluginSource::BuiltIn => admin::PluginSource::BuiltIn,
            PluginSource::Folder => admin::PluginSource::Folder,
            PluginSource::Installed => admin::PluginSource::Installed,
        },
        status,
        status_reason,
        versions: versions.into_iter().map(version).collect(),
        bindings: bindings.into_iter().map(binding).collect(),
    }
}

fn grant(grant: GrantInfo) -> wire::Grant {
    let (granted, granted_parts) = match grant.granted {
        Granted::All => (true, vec![]),
        Granted::Part(parts) => (false, parts),
        Granted::Nothing => (false, vec![]),
    };
    wire::Grant {
        capability: grant.capability,
        parameters: grant.parameter.into_iter().collect(),
        reason: grant.reason,
        granted,
        granted_parts,
    }
}

fn version(version: VersionState) -> admin::PluginVersion {
    admin::PluginVersion {
        version: version.version,
        digest: version.digest,
        origin: version.origin,
        signed_by: signed_by(version.signature),
        installed_at: time(version.installed_at),
        active: version.is_active,
        asks_more: version.asks_more,
        quarantine: version.quarantine.map(|quarantine| quarantine.reason),
    }
}

fn signed_by(signature: Signature) -> Option<String> {
    match signature {
        Signature::Unsigned => None,
        Signature::Signed { by } => Some(by),
    }
}

pub(crate) fn binding(binding: BindingState) -> admin::Binding {
    let default = |(word, project): (String, String)| {
        let kind = kind(PluginKind::parse(&word)?);
        Some(admin::BindingDefault { kind, project: Some(project).filter(|p| !p.is_empty()) })
    };
    admin::Binding {
        name: binding.name,
        plugin: binding.plugin,
        config: json(&binding.config),
        rules: binding.rules,
        has_all: binding.has_all,
        stopped: binding.stopped,
        default_for: binding.default_for.into_iter().filter_map(default).collect(),
    }
}

pub(crate) fn plugin_installed(installed: Installed) -> admin::PluginInstalled {
    let (outcome, asks_more) = match installed.outcome {
        InstallOutcome::Active => (admin::InstallOutcome::Active, vec![]),
        InstallOutcome::Unchanged => (admin::InstallOutcome::Unchanged, vec![]),
        InstallOutcome::Waiting { asks_more } => (admin::InstallOutcome::Waiting, asks_more),
    };
    let Installed { name, version, digest, .. } = installed;
    admin::PluginInstalled { name, version, digest, outcome, asks_more }
}

pub(crate) fn plugin_imported(imported: Imported) -> admin::PluginImported {
    let Imported { origin, result } = imported;
    let (installed, refused) = match result {
        Ok(installed) => (Some(plugin_installed(installed)), None),
        // As it would be said if it were the only one.
        Err(err) => (None, Some(ApiError::from(err).detail)),
    };
    admin::PluginImported { origin, installed, refused }
}

pub(crate) fn plugin_verified(
    name: String,
    versions: Vec<VersionVerified>,
) -> admin::PluginVerified {
    let version = |version: VersionVerified| admin::VersionVerified {
        version: version.version,
        digest: version.digest,
        origin: version.origin,
        active: version.is_active,
        signed_by: signed_by(version.signature),
        problems: version.problems,
    };
    let holds = versions.iter().all(|version| version.problems.is_empty());
    admin::PluginVerified { name, holds, versions: versions.into_iter().map(version).collect() }
}

pub(crate) fn plugin_log_line(line: PluginLogLine) -> admin::PluginLogLine {
    admin::PluginLogLine {
        at: time(line.at),
        level: line.level.to_owned(),
        run: line.run.map(|run| run.to_string()),
        text: line.text,
    }
}

pub(crate) fn denial(denial: Denial) -> admin::Denial {
    admin::Denial {
        at: time(denial.at),
        binding: denial.binding,
        function: denial.function.to_owned(),
        run: denial.run.map(|run| run.to_string()),
        asked: denial.asked,
        way_out: denial.way_out,
        count: denial.count,
        granted_since: denial.is_lifted,
    }
}

pub(crate) fn plugin_calls(figures: CallFigures) -> admin::PluginCalls {
    let failure = |(class, count): (&str, u64)| admin::CallFailures { class: class.into(), count };
    admin::PluginCalls {
        binding: figures.binding,
        digest: figures.digest,
        kind: kind(figures.kind),
        function: figures.function.to_owned(),
        calls: figures.calls,
        warm_calls: figures.warm_calls,
        failures: figures.failures.into_iter().map(failure).collect(),
        in_flight: figures.in_flight,
        p50_us: figures.p50_us,
        p99_us: figures.p99_us,
        queue_us: figures.queue_us,
        instantiate_us: figures.instantiate_us,
        run_us: figures.run_us,
        memory_peak_bytes: figures.memory_peak_bytes,
        bytes_in: figures.bytes_in,
        bytes_out: figures.bytes_out,
    }
}

pub(crate) fn kind(kind: PluginKind) -> wire::PluginKind {
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

pub(crate) fn kind_back(kind: wire::PluginKind) -> PluginKind {
    match kind {
        wire::PluginKind::Language => PluginKind::Language,
        wire::PluginKind::Launcher => PluginKind::Launcher,
        wire::PluginKind::Resource => PluginKind::Resource,
        wire::PluginKind::Action => PluginKind::Action,
        wire::PluginKind::Secrets => PluginKind::Secrets,
        wire::PluginKind::Cache => PluginKind::Cache,
        wire::PluginKind::Model => PluginKind::Model,
        wire::PluginKind::Identity => PluginKind::Identity,
        wire::PluginKind::Webhook => PluginKind::Webhook,
        wire::PluginKind::Notifier => PluginKind::Notifier,
        wire::PluginKind::Gateway => PluginKind::Gateway,
    }
}
