//! Plugins, as operators see them.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel_ports::plugin::{Granted, PluginInfo};
use kernel_ports::plugin_admin::{
    BindingState, Denial, PluginSource, PluginState, PluginStatus, VersionState,
};
use kernel_ports::plugin_store::{BindingRecord, PluginRecord};

use super::Facts;
use super::assemble::{Serving, serving};
use super::facts::version_of;
use crate::builder::Host;
use crate::grant::name;
use crate::plugin::{Binary, Plugin};
use crate::registry::Registry;
use crate::wish::more;

impl Host {
    /// Returns all plugins, by name.
    pub(super) fn states(&self) -> Vec<PluginState> {
        let registry = self.registry.load_full();
        let names = self.base.binaries.keys().map(|name| &**name);
        let names: BTreeSet<&str> =
            names.chain(registry.facts.plugins.keys().map(String::as_str)).collect();
        names.into_iter().filter_map(|name| self.state_in(&registry, name)).collect()
    }

    /// Returns a plugin in one moment's registry.
    pub(super) fn state_in(&self, registry: &Registry, name: &str) -> Option<PluginState> {
        let facts = &*registry.facts;
        let record = facts.plugins.get(name);
        let serving = serving(&self.base, facts, name)?;
        let (info, is_installed) = match (&serving, record) {
            (Serving::Binary(binary), _) => {
                let plugin = registry.version(name, &binary.inspected.digest)?;
                (plugin.info.clone(), record.is_some_and(|record| is_it(record, binary)))
            }
            (Serving::Stopped(_), Some(record)) => (self.stopped_info(facts, record), true),
            (Serving::Stopped(_), None) => return None,
        };
        let binary = record.and_then(|record| facts.binaries.get(&record.active));
        let unfit = registry.stopped_reason(name).filter(|_| matches!(serving, Serving::Binary(_)));
        let status = match (record, binary) {
            _ if let Some(reason) = unfit => PluginStatus::Broken { reason: reason.to_owned() },
            (None, _) => PluginStatus::Active,
            (Some(record), Some(Err(reason))) if record.enabled => {
                PluginStatus::Broken { reason: reason.clone() }
            }
            (Some(record), _) => status(record, is_installed),
        };
        let source = match (is_installed, self.base.binaries.get(name)) {
            (false, Some(binary)) if binary.is_built_in() => PluginSource::BuiltIn,
            (false, Some(_)) => PluginSource::Folder,
            _ => PluginSource::Installed,
        };
        let mut bindings: Vec<BindingState> = self.binding(name).into_iter().collect();
        bindings.extend(facts.bindings_of(name).map(|record| self.binding_state(registry, record)));
        Some(PluginState {
            info,
            source,
            status,
            versions: record.map_or_else(Vec::new, |record| versions(facts, record)),
            bindings,
        })
    }

    /// Returns a binding, as operators see it.
    pub(super) fn binding_state(
        &self,
        registry: &Registry,
        record: &BindingRecord,
    ) -> BindingState {
        let facts = &registry.facts;
        let defaults = facts.defaults.iter().filter(|(_, binding)| **binding == record.name);
        let serving = serving(&self.base, facts, &record.plugin);
        BindingState {
            name: record.name.clone(),
            plugin: record.plugin.clone(),
            config: record.config.clone(),
            rules: record.rules.clone(),
            default_for: defaults.map(|(key, _)| key.clone()).collect(),
            // No rule bounds what is built in.
            has_all: matches!(serving, Some(Serving::Binary(binary)) if binary.is_built_in()),
            stopped: registry.stopped_reason(&record.name).map(str::to_owned),
        }
    }

    /// Returns what is known of a plugin that does not serve.
    fn stopped_info(&self, facts: &Facts, record: &PluginRecord) -> PluginInfo {
        let name = record.name.as_str();
        if let Some(Ok(binary)) = facts.binaries.get(&record.active) {
            let rules = self.base.policy.with(name, facts.rules(name));
            let ledger = Arc::default();
            return Plugin::new(name.into(), binary, &rules, "{}".into(), ledger).info;
        }
        let version = version_of(record, &record.active);
        PluginInfo {
            name: name.to_owned(),
            version: version.map_or_else(String::new, |version| version.version.clone()),
            digest: record.active.clone(),
            size: version.map_or(0, |version| version.size),
            kinds: Vec::new(),
            exports: Vec::new(),
            imports: Vec::new(),
            grants: Vec::new(),
            summary: String::new(),
            origin: version.map_or_else(String::new, |version| version.origin.clone()),
        }
    }
}

/// Returns whether a binary is the installed version, and not what stands in for it.
fn is_it(record: &PluginRecord, binary: &Binary) -> bool {
    let active = version_of(record, &record.active);
    record.active == binary.inspected.digest
        && active.is_none_or(|version| version.quarantine.is_none())
}

fn status(record: &PluginRecord, is_installed: bool) -> PluginStatus {
    if !record.enabled {
        return PluginStatus::Disabled;
    }
    let active = version_of(record, &record.active);
    if let Some(quarantine) = active.and_then(|version| version.quarantine.as_ref()) {
        let reason = quarantine.reason.clone();
        return if is_installed {
            PluginStatus::Quarantined { reason }
        } else {
            PluginStatus::FellBack { reason }
        };
    }
    // A newer one that kept crashing: this one stands in for it.
    let installed_at = active.map(|version| version.installed_at);
    let newer = record.versions.iter().filter(|version| Some(version.installed_at) >= installed_at);
    let fallen =
        newer.filter_map(|version| Some((version, version.quarantine.as_ref()?))).next_back();
    match fallen {
        Some((version, quarantine)) => {
            PluginStatus::FellBack { reason: format!("{}: {}", version.version, quarantine.reason) }
        }
        None => PluginStatus::Active,
    }
}

fn versions(facts: &Facts, record: &PluginRecord) -> Vec<VersionState> {
    let active = version_of(record, &record.active);
    let mut known = active.map_or_else(Vec::new, |version| version.asked.clone());
    known.extend_from_slice(facts.rules(&record.name));
    let state = |version: &kernel_ports::plugin_store::VersionRecord| VersionState {
        version: version.version.clone(),
        digest: version.digest.clone(),
        origin: version.origin.clone(),
        signature: version.signature.clone(),
        installed_at: version.installed_at,
        is_active: version.digest == record.active,
        asks_more: (record.pending.as_ref() == Some(&version.digest))
            .then(|| more(&version.asked, &known).into_iter().cloned().collect()),
        quarantine: version.quarantine.clone(),
    };
    record.versions.iter().rev().map(state).collect()
}

/// Returns whether a plugin has now what it was refused before.
pub(super) fn is_lifted(plugin: &Plugin, denial: &Denial) -> bool {
    let rules = plugin.info.grants.iter().flat_map(|grant| match &grant.granted {
        Granted::All => vec![name(&grant.capability, grant.parameter.as_deref())],
        Granted::Part(parts) => {
            parts.iter().map(|part| name(&grant.capability, Some(part))).collect()
        }
        Granted::Nothing => vec![],
    });
    let (capability, wish) = match denial.asked.split_once(':') {
        Some((capability, wish)) => (capability, Some(wish)),
        None => (denial.asked.as_str(), None),
    };
    if denial.way_out == plugin.grants.way_out(capability, wish) {
        let asked = std::slice::from_ref(&denial.asked);
        return more(asked, &rules.collect::<Vec<_>>()).is_empty();
    }
    // A place with a private address, which a rule must name in full.
    let place = |rule: &str| rule.rsplit_once(' ').map(|(_, place)| name(capability, Some(place)));
    rules
        .into_iter()
        .any(|rule| rule == denial.asked || place(&rule).as_ref() == Some(&denial.asked))
}
