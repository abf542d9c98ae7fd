//! Takes a plugin out of service that keeps crashing, and lets the last good version stand in.

use std::sync::Arc;

use kernel_ports::plugin_admin::PluginAdminError;
use kernel_ports::plugin_store::{PluginChange, PluginRecord, Quarantine};

use super::change::Change;
use crate::builder::Host;
use crate::call::Trial;
use crate::ledger::Traps;
use crate::plugin::Plugin;

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
        let good = last_good(&record);
        if let Some((good, _)) = &good {
            record.active.clone_from(good);
        }
        let stand_in = good.map(|(_, version)| version);
        tracing::error!(
            plugin = name,
            version = crashed,
            digest,
            reason,
            stand_in,
            "plugin is in quarantine"
        );
        let changes = vec![PluginChange::Plugin(record)];
        let trial = Trial::Start;
        self.change(Change { plugin: name, changes, binaries: vec![], trial }).await
    }
}

/// Returns digest and version of the one that serves in place of the active one: the one before it,
/// else the newest, never one that is in quarantine or waits for approval.
fn last_good(record: &PluginRecord) -> Option<(String, String)> {
    let is_good = |version: &&kernel_ports::plugin_store::VersionRecord| {
        version.quarantine.is_none()
            && version.digest != record.active
            && record.pending.as_ref() != Some(&version.digest)
    };
    let good = || record.versions.iter().filter(is_good);
    let previous = good().find(|version| record.previous.as_ref() == Some(&version.digest));
    let found = previous.or_else(|| good().next_back())?;
    Some((found.digest.clone(), found.version.clone()))
}
