//! Takes a plugin out of service that keeps crashing, and lets the last good version stand in.

use std::sync::Arc;

use kernel_ports::plugin_admin::PluginAdminError;
use kernel_ports::plugin_store::{PluginChange, PluginRecord, Quarantine, VersionRecord};

use super::Facts;
use super::change::{Change, Unfit};
use super::install::check_configs;
use crate::builder::Host;
use crate::call::Trial;
use crate::ledger::Traps;
use crate::plugin::{Binary, Plugin};

impl Host {
    /// Notes that a plugin has crashed. One time too many takes its version out of service.
    pub(crate) fn trapped(&self, plugin: &Plugin) {
        let now = self.services.clock.now();
        if !plugin.traps.note(now) {
            return;
        }
        let seconds = Traps::WINDOW_MS / 1_000;
        let reason = format!("it crashed {} times within {seconds} s", Traps::MAX);
        let (name, digest) = (plugin.info.name.clone(), plugin.info.digest.clone());
        // What is built in or lies in the folder has no other version, and nobody else put it there.
        if !self.registry.load().facts.plugins.contains_key(&name) {
            tracing::error!(plugin = name, digest, reason, "plugin keeps crashing");
            return;
        }
        let Some(host) = self.me.upgrade() else { return };
        tokio::spawn(async move {
            if let Err(err) = host.quarantine(&name, &digest, reason).await {
                tracing::error!(plugin = name, digest, "failed to quarantine a plugin: {err}");
            }
        });
    }

    async fn quarantine(
        &self,
        name: &str,
        digest: &str,
        reason: String,
    ) -> Result<(), PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        // Somebody may have acted in the meantime.
        let record = facts.plugins.get(name).filter(|record| record.active == digest);
        let Some(mut record) = record.cloned() else { return Ok(()) };
        let at = self.services.clock.now();
        let Some(version) = record.versions.iter_mut().find(|v| v.digest == digest) else {
            return Ok(());
        };
        let crashed = version.version.clone();
        version.quarantine = Some(Quarantine { reason: reason.clone(), at });
        let mut stand_in = None;
        for (good, version) in stand_ins(&facts, &record) {
            let record = PluginRecord { active: good, ..record.clone() };
            match self.record_set(name, record, Unfit::Refuses).await {
                Ok(()) => {
                    stand_in = Some(version);
                    break;
                }
                Err(err) => tracing::error!(plugin = name, version, "it cannot stand in: {err}"),
            }
        }
        if stand_in.is_none() {
            self.record_set(name, record, Unfit::Stops).await?;
        }
        tracing::error!(
            plugin = name,
            version = crashed,
            digest,
            reason,
            stand_in,
            "plugin is in quarantine"
        );
        Ok(())
    }

    async fn record_set(
        &self,
        plugin: &str,
        record: PluginRecord,
        unfit: Unfit,
    ) -> Result<(), PluginAdminError> {
        let (changes, trial) = (vec![PluginChange::Plugin(record)], Trial::Start);
        self.change(Change { plugin, changes, binaries: vec![], trial, unfit }).await
    }
}

/// Returns digest and version of those that may serve in place of the active one, the best first:
/// the one before it, else the newest, never one that is in quarantine, waits for approval, or
/// cannot do with the configuration.
fn stand_ins(facts: &Facts, record: &PluginRecord) -> Vec<(String, String)> {
    let is_good = |version: &&VersionRecord| {
        let own = facts.config(&record.name).unwrap_or("{}");
        let fits = |binary: &Binary| check_configs(facts, binary, &record.name, own).is_ok();
        version.quarantine.is_none()
            && version.digest != record.active
            && record.pending.as_ref() != Some(&version.digest)
            && matches!(facts.binaries.get(&version.digest), Some(Ok(binary)) if fits(binary))
    };
    let mut good: Vec<&VersionRecord> = record.versions.iter().rev().filter(is_good).collect();
    good.sort_by_key(|version| record.previous.as_ref() != Some(&version.digest));
    good.into_iter().map(|version| (version.digest.clone(), version.version.clone())).collect()
}
