//! A change of what serves: tried out, stored, and then in force, in this order.

use std::sync::Arc;

use kernel_ports::plugin_admin::{PluginAdminError, Stage};
use kernel_ports::plugin_store::PluginChange;
use strsim::jaro_winkler;

use super::assemble::{assemble, serving};
use super::claim;
use super::{Facts, Life};
use crate::builder::Host;
use crate::call::{Trial, Untried};
use crate::host::Unready;
use crate::plugin::{Binary, Plugin};
use crate::registry::Registry;

/// What the names of a change are known by.
pub(super) struct Change<'a> {
    /// For the message, where it does not work out.
    pub(super) plugin: &'a str,
    pub(super) changes: Vec<PluginChange>,
    /// Binaries that are new.
    pub(super) binaries: Vec<(String, Binary)>,
    pub(super) trial: Trial,
    pub(super) unfit: Unfit,
}

/// What becomes of what would serve from now on, and fails its trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It refuses the change.
    Refuses,
    /// It does not serve. Something is taken away, in which a plugin has no say.
    Stops,
}

/// A binding that cannot serve as a change would have it.
struct Failure {
    binding: Arc<str>,
    stage: Stage,
    reason: String,
    /// Whether another time may see another result.
    may_pass: bool,
}

impl Failure {
    /// Returns why the change of a plugin cannot be made.
    fn of_change(&self, plugin: &str) -> PluginAdminError {
        let Self { binding, stage, reason, .. } = self;
        let reason = match &**binding == plugin {
            true => reason.clone(),
            false => format!("as {binding:?}: {reason}"),
        };
        PluginAdminError::Stage { plugin: plugin.to_owned(), stage: *stage, reason }
    }
}

impl Host {
    /// Returns where plugins are kept.
    pub(super) fn life(&self) -> Result<&Life, PluginAdminError> {
        self.life.as_deref().ok_or_else(|| PluginAdminError::Refused {
            reason: "nothing can be installed here; start a server with `tenon server`".to_owned(),
        })
    }

    /// Makes a change. The caller holds the lock of changes. Where it fails, nothing has changed.
    pub(super) async fn change(&self, change: Change<'_>) -> Result<(), PluginAdminError> {
        let Change { plugin, changes, binaries, trial, unfit } = change;
        let old = self.registry.load_full();
        let mut facts = Facts::clone(&old.facts);
        facts.binaries.extend(binaries.into_iter().map(|(digest, binary)| (digest, Ok(binary))));
        changes.iter().for_each(|change| facts.apply(change));
        forget_binaries(&mut facts);
        let mut new = assemble(&self.base, facts, &old);
        let refuses = unfit == Unfit::Refuses;
        if refuses && let Some(reason) = claim::taken(&new, &old) {
            let (plugin, stage) = (plugin.to_owned(), Stage::Activate);
            return Err(PluginAdminError::Stage { plugin, stage, reason });
        }
        let failures = self.try_changed(&new, &old, trial).await;
        if refuses && let Some(failure) = failures.first() {
            return Err(failure.of_change(plugin));
        }
        self.life()?.store.plugin_change(&changes).await?;
        for Failure { binding, reason, may_pass, .. } in &failures {
            let name = &**binding;
            if *may_pass {
                // What was taken away is out of its reach, whatever becomes of its calls.
                tracing::warn!(plugin, binding = name, reason, "plugin may not start any more");
                continue;
            }
            tracing::error!(plugin, binding = name, reason, "plugin does not serve any more");
            new.stop_unfit(binding, reason);
        }
        let new = Arc::new(new);
        self.registry.store(Arc::clone(&new));
        self.warm_up(&new, &old);
        self.code_tidy(&new, &old).await;
        Ok(())
    }

    /// Removes the machine code of versions that are not kept any more.
    async fn code_tidy(&self, new: &Registry, old: &Registry) {
        let is_needed = |digest: &str| {
            let mut below = self.base.binaries.values();
            new.facts.binaries.contains_key(digest)
                || below.any(|binary| binary.inspected.digest == digest)
        };
        let gone = old.facts.binaries.keys().filter(|digest| !is_needed(digest));
        let gone: Vec<String> = gone.cloned().collect();
        if gone.is_empty() {
            return;
        }
        let cache = Arc::clone(&self.cache);
        let work = move || gone.iter().for_each(|digest| cache.forget(digest));
        if let Err(err) = tokio::task::spawn_blocking(work).await {
            tracing::warn!("machine code that no plugin needs stays: {err}");
        }
    }

    /// Retires the instances that wait for calls of what serves no more, and has others made.
    fn warm_up(&self, new: &Registry, old: &Registry) {
        let serves_in = |registry: &Registry, plugin: &Arc<Plugin>| {
            registry.get(&plugin.name).is_some_and(|other| Arc::ptr_eq(other, plugin))
        };
        for gone in old.all().filter(|plugin| !serves_in(new, plugin)) {
            gone.starts.set_serves(false);
        }
        // Without an engine, nothing was ever started.
        let Some(Ok(running)) = self.running.get() else { return };
        running.warmer.retire();
        for changed in new.all().filter(|plugin| !serves_in(old, plugin)) {
            running.warmer.called(changed);
        }
    }

    /// Compiles, links and tries out what would serve from now on and did not before, so that the
    /// first call finds it ready, and what cannot serve does not. Returns what failed.
    async fn try_changed(&self, new: &Registry, old: &Registry, trial: Trial) -> Vec<Failure> {
        let is_new = |plugin: &&Arc<Plugin>| {
            !old.get(&plugin.name).is_some_and(|before| Arc::ptr_eq(before, plugin))
        };
        let mut failures = Vec::new();
        for changed in new.all().filter(is_new) {
            let loaded = match self.ready(changed).await {
                Ok(loaded) => loaded,
                Err(unready) => {
                    let (stage, reason, may_pass) = match unready {
                        Unready::Compile(reason) => (Stage::Compile, reason, false),
                        Unready::Link(reason) => (Stage::Link, reason, false),
                        Unready::Engine(err) => (Stage::Compile, err.to_string(), true),
                    };
                    let binding = Arc::clone(&changed.name);
                    failures.push(Failure { binding, stage, reason, may_pass });
                    continue;
                }
            };
            if let Err(Untried { reason, may_pass }) = self.tried(changed, &loaded, trial).await {
                let (binding, stage) = (Arc::clone(&changed.name), Stage::SelfTest);
                failures.push(Failure { binding, stage, reason, may_pass });
            }
        }
        failures
    }

    /// Returns the binary that a plugin is, or would be.
    pub(super) fn binary_of(
        &self,
        facts: &Facts,
        plugin: &str,
    ) -> Result<Binary, PluginAdminError> {
        let below = || self.base.binaries.get(plugin).cloned();
        let installed = facts.plugins.get(plugin).map(|record| {
            let binary = facts.binaries.get(&record.active);
            binary.cloned().unwrap_or_else(|| Err("its binary is missing".to_owned()))
        });
        match (installed, below()) {
            (Some(Ok(binary)), _) | (None, Some(binary)) => Ok(binary),
            (Some(Err(reason)), _) => Err(PluginAdminError::Refused {
                reason: format!("{plugin} cannot be used: {reason}"),
            }),
            (None, None) => Err(self.unknown(facts, plugin)),
        }
    }

    /// Returns the error for a plugin that is not there.
    pub(super) fn unknown(&self, facts: &Facts, name: &str) -> PluginAdminError {
        let names = self.base.binaries.keys().map(|name| &**name);
        let near = nearest(name, names.chain(facts.plugins.keys().map(String::as_str)));
        PluginAdminError::Unknown { name: name.to_owned(), near }
    }

    /// Returns whether there is a plugin of that name, serving or not.
    pub(super) fn is_plugin(&self, facts: &Facts, name: &str) -> bool {
        serving(&self.base, facts, name).is_some()
    }
}

/// Returns the nearest name, if it is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = known.map(|known| (jaro_winkler(name, known), known));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score >= 0.8).map(|(_, known)| known.to_owned())
}

/// Forgets the binaries that no version names any more.
fn forget_binaries(facts: &mut Facts) {
    let versions = facts.plugins.values().flat_map(|plugin| &plugin.versions);
    let named: Vec<String> = versions.map(|version| version.digest.clone()).collect();
    facts.binaries.retain(|digest, _| named.contains(digest));
}
