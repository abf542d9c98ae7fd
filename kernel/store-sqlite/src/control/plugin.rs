//! Installed plugins, their bindings and defaults.

use async_trait::async_trait;
use kernel_ports::plugin_store::{
    BindingRecord, DefaultRecord, PluginChange, PluginFacts, PluginRecord, PluginStore, Quarantine,
    Signature, VersionRecord,
};
use kernel_ports::store::StoreError;
use rusqlite::Row;

use super::ControlStore;
use crate::column::{int, time, time_at, time_opt_at, uint_at};
use crate::fault::Fault;
use crate::statements::Statements;

#[async_trait]
impl PluginStore for ControlStore {
    async fn plugin_facts(&self) -> Result<PluginFacts, StoreError> {
        self.database.read("read which plugins are installed", facts).await
    }

    async fn plugin_change(&self, changes: &[PluginChange]) -> Result<(), StoreError> {
        let changes = changes.to_vec();
        self.database
            .write("keep which plugins are installed", move |db| {
                changes.iter().try_for_each(|change| apply(db, change))
            })
            .await
    }
}

fn facts(db: &Statements) -> Result<PluginFacts, Fault> {
    let mut plugins = db.all(
        "SELECT name, active, previous, pending, enabled FROM plugin ORDER BY name",
        [],
        |row| {
            Ok(PluginRecord {
                name: row.get(0)?,
                versions: Vec::new(),
                active: row.get(1)?,
                previous: row.get(2)?,
                pending: row.get(3)?,
                enabled: row.get(4)?,
            })
        },
    )?;
    for plugin in &mut plugins {
        plugin.versions = db.all(
            "SELECT digest, version, size, origin, signed_by, asked, installed_at,
                    quarantine_reason, quarantined_at
             FROM plugin_version WHERE plugin = ?1 ORDER BY position",
            (&plugin.name,),
            version,
        )?;
    }
    let bindings = db.all(
        "SELECT name, plugin, config, rules, decided_for FROM plugin_binding ORDER BY name",
        [],
        |row| {
            Ok(BindingRecord {
                name: row.get(0)?,
                plugin: row.get(1)?,
                config: row.get(2)?,
                rules: lines(row, 3)?,
                decided_for: row.get(4)?,
            })
        },
    )?;
    let defaults = db.all(
        "SELECT kind, project, binding FROM plugin_default ORDER BY kind, project",
        [],
        |row| Ok(DefaultRecord { kind: row.get(0)?, project: row.get(1)?, binding: row.get(2)? }),
    )?;
    Ok(PluginFacts { plugins, bindings, defaults })
}

fn version(row: &Row<'_>) -> Result<VersionRecord, Fault> {
    let signed_by: Option<String> = row.get(4)?;
    let reason: Option<String> = row.get(7)?;
    let quarantine = reason.zip(time_opt_at(row, 8)?);
    Ok(VersionRecord {
        digest: row.get(0)?,
        version: row.get(1)?,
        size: uint_at(row, 2)?,
        origin: row.get(3)?,
        signature: signed_by.map_or(Signature::Unsigned, |by| Signature::Signed { by }),
        asked: lines(row, 5)?,
        installed_at: time_at(row, 6)?,
        quarantine: quarantine.map(|(reason, at)| Quarantine { reason, at }),
    })
}

fn apply(db: &Statements, change: &PluginChange) -> Result<(), Fault> {
    match change {
        PluginChange::Plugin(plugin) => put(db, plugin)?,
        PluginChange::PluginGone { name } => {
            db.execute("DELETE FROM plugin WHERE name = ?1", (name,))?;
        }
        PluginChange::Binding(binding) => {
            let BindingRecord { name, plugin, config, rules, decided_for } = binding;
            db.execute(
                "INSERT OR REPLACE INTO plugin_binding (name, plugin, config, rules, decided_for)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (name, plugin, config, rules.join("\n"), decided_for),
            )?;
        }
        PluginChange::BindingGone { name } => {
            db.execute("DELETE FROM plugin_binding WHERE name = ?1", (name,))?;
            db.execute("DELETE FROM plugin_default WHERE binding = ?1", (name,))?;
        }
        PluginChange::Default(DefaultRecord { kind, project, binding }) => {
            db.execute(
                "INSERT OR REPLACE INTO plugin_default (kind, project, binding)
                 VALUES (?1, ?2, ?3)",
                (kind, project, binding),
            )?;
        }
        PluginChange::DefaultGone { kind, project } => {
            db.execute(
                "DELETE FROM plugin_default WHERE kind = ?1 AND project = ?2",
                (kind, project),
            )?;
        }
    }
    Ok(())
}

fn put(db: &Statements, plugin: &PluginRecord) -> Result<(), Fault> {
    let PluginRecord { name, versions, active, previous, pending, enabled } = plugin;
    db.execute(
        "INSERT INTO plugin (name, active, previous, pending, enabled)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET active = excluded.active, previous = excluded.previous,
             pending = excluded.pending, enabled = excluded.enabled",
        (name, active, previous, pending, enabled),
    )?;
    db.execute("DELETE FROM plugin_version WHERE plugin = ?1", (name,))?;
    for (position, version) in versions.iter().enumerate() {
        let signed_by = match &version.signature {
            Signature::Unsigned => None,
            Signature::Signed { by } => Some(by),
        };
        let quarantine = version.quarantine.as_ref();
        db.execute(
            "INSERT INTO plugin_version (plugin, position, digest, version, size, origin,
                 signed_by, asked, installed_at, quarantine_reason, quarantined_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            (
                name,
                int(position as u64),
                &version.digest,
                &version.version,
                int(version.size),
                &version.origin,
                signed_by,
                version.asked.join("\n"),
                time(version.installed_at),
                quarantine.map(|quarantine| &quarantine.reason),
                quarantine.map(|quarantine| time(quarantine.at)),
            ),
        )?;
    }
    Ok(())
}

/// Reads a list that was joined by line breaks, which no rule has in it.
fn lines(row: &Row<'_>, index: usize) -> Result<Vec<String>, Fault> {
    let text: String = row.get(index)?;
    Ok(text.lines().map(str::to_owned).collect())
}
