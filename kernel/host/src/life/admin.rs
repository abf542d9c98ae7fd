//! What operators do: the port, one call each.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::plugin_admin::{
    BindingDraft, BindingState, CallFigures, Denial, ImportOptions, Imported, InstallFrom,
    InstallOptions, Installed, PluginAdmin, PluginAdminError, PluginLogLine, PluginState,
    VersionVerified,
};
use kernel_ports::plugin_store::{BindingRecord, PluginChange, PluginRecord, VersionRecord};

use super::Facts;
use super::binding::refused;
use super::change::{Change, Unfit};
use super::facts::version_of;
use super::install::check_configs;
use super::view::is_lifted;
use crate::builder::Host;
use crate::call::Trial;
use crate::ledger::Ledger;

#[async_trait]
impl PluginAdmin for Host {
    fn state_list(&self) -> Vec<PluginState> {
        self.states()
    }

    fn state_get(&self, plugin: &str) -> Option<PluginState> {
        self.state_in(&self.registry.load_full(), plugin)
    }

    async fn install(
        &self,
        from: InstallFrom,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        self.whole(move |host| async move { host.install_from(None, from, options).await }).await
    }

    async fn upgrade(
        &self,
        plugin: &str,
        from: Option<InstallFrom>,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let plugin = plugin.to_owned();
        self.whole(move |host| async move {
            no_binding(&host.registry.load().facts, &plugin, "upgrade")?;
            match from {
                Some(from) => host.install_from(Some(&plugin), from, options).await,
                None => host.approve(&plugin, options).await,
            }
        })
        .await
    }

    async fn swap(
        &self,
        plugin: &str,
        to: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError> {
        let to = to.to_owned();
        self.record_change(plugin, "swap", config, move |facts, record| {
            let digest = which(record, &to)?.digest.clone();
            make_active(facts, record, &digest)
        })
        .await
    }

    async fn rollback(
        &self,
        plugin: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError> {
        self.record_change(plugin, "rollback", config, |facts, record| {
            let plugin = &record.name;
            let Some(previous) = record.previous.clone() else {
                return Err(refused(format!(
                    "no other version of {plugin} has served; `tenon plugin inspect {plugin}` \
                     lists those that are kept"
                )));
            };
            make_active(facts, record, &previous)
        })
        .await
    }

    async fn enable(&self, plugin: &str, enabled: bool) -> Result<PluginState, PluginAdminError> {
        let verb = if enabled { "enable" } else { "disable" };
        self.record_change(plugin, verb, None, move |_, record| {
            record.enabled = enabled;
            if enabled {
                lift(record);
            }
            Ok(())
        })
        .await
    }

    async fn remove(&self, plugin: &str) -> Result<(), PluginAdminError> {
        let plugin = plugin.to_owned();
        self.whole(move |host| async move { host.remove_installed(&plugin).await }).await
    }

    async fn import(
        &self,
        bundle: Bytes,
        options: ImportOptions,
    ) -> Result<Vec<Imported>, PluginAdminError> {
        self.whole(move |host| async move { host.import_from(bundle, options).await }).await
    }

    async fn verify(&self, plugin: &str) -> Result<Vec<VersionVerified>, PluginAdminError> {
        self.verify_all(plugin).await
    }

    fn binding_list(&self) -> Vec<BindingState> {
        self.bindings()
    }

    async fn bind(&self, draft: BindingDraft) -> Result<BindingState, PluginAdminError> {
        self.whole(move |host| async move { host.bind_as(draft).await }).await
    }

    async fn unbind(&self, binding: &str) -> Result<(), PluginAdminError> {
        let binding = binding.to_owned();
        self.whole(move |host| async move { host.unbind_from(&binding).await }).await
    }

    async fn grant(
        &self,
        binding: &str,
        rules: &[String],
    ) -> Result<BindingState, PluginAdminError> {
        let (binding, rules) = (binding.to_owned(), rules.to_vec());
        self.whole(move |host| async move { host.rules_change(&binding, &rules, true).await }).await
    }

    async fn revoke(
        &self,
        binding: &str,
        rules: &[String],
    ) -> Result<BindingState, PluginAdminError> {
        let (binding, rules) = (binding.to_owned(), rules.to_vec());
        self.whole(move |host| async move { host.rules_change(&binding, &rules, false).await })
            .await
    }

    fn log_lines(&self, plugin: &str) -> Result<Vec<PluginLogLine>, PluginAdminError> {
        Ok(self.ledger(plugin)?.map_or_else(Vec::new, |ledger| ledger.lines()))
    }

    fn denials(&self, plugin: &str) -> Result<Vec<Denial>, PluginAdminError> {
        let denials = self.ledger(plugin)?.map_or_else(Vec::new, |ledger| ledger.denials());
        let registry = self.registry.load();
        let Some(serving) = registry.get(plugin) else { return Ok(denials) };
        let judged = denials.into_iter().map(|denial| {
            let is_lifted = is_lifted(serving, &denial);
            Denial { is_lifted, ..denial }
        });
        Ok(judged.collect())
    }

    fn figures(&self) -> Vec<CallFigures> {
        let registry = self.registry.load_full();
        let all = registry.kept().flat_map(|p| p.figures.list(&p.name, &p.info.digest));
        let mut all: Vec<CallFigures> = all.collect();
        all.sort_by(|a, b| {
            let busy = |f: &CallFigures| f.instantiate_us + f.run_us;
            busy(b).cmp(&busy(a)).then_with(|| a.binding.cmp(&b.binding))
        });
        all
    }
}

impl Host {
    pub(super) fn record<'a>(
        &self,
        facts: &'a Facts,
        plugin: &str,
        verb: &str,
    ) -> Result<&'a PluginRecord, PluginAdminError> {
        no_binding(facts, plugin, verb)?;
        let Some(record) = facts.plugins.get(plugin) else {
            return Err(match self.base.binaries.get(plugin) {
                Some(binary) if binary.is_built_in() => refused(format!(
                    "{plugin} is built in and was not installed; install a plugin of that name to \
                     put it in its place"
                )),
                Some(binary) => refused(format!(
                    "{plugin} lies in the plugin folder ({}) and was not installed; take the file \
                     out, or install a plugin of that name",
                    binary.origin
                )),
                None => self.unknown(facts, plugin),
            });
        };
        Ok(record)
    }

    async fn remove_installed(&self, plugin: &str) -> Result<(), PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        self.record(&facts, plugin, "remove")?;
        let changes = vec![
            PluginChange::PluginGone { name: plugin.to_owned() },
            PluginChange::BindingGone { name: plugin.to_owned() },
        ];
        let others: Vec<&str> = facts.bindings_of(plugin).map(|b| b.name.as_str()).collect();
        match self.base.binaries.get(plugin) {
            // They stay, bound to what serves again, if that can do with their configuration.
            Some(below) => {
                check_configs(&facts, below, plugin, "{}").map_err(refused)?;
            }
            None if !others.is_empty() => {
                return Err(refused(format!(
                    "{plugin} serves as {}; unbind that first with `tenon plugin unbind`",
                    others.join(", ")
                )));
            }
            None => {}
        }
        let (trial, unfit) = (Trial::Start, Unfit::Stops);
        self.change(Change { plugin, changes, binaries: vec![], trial, unfit }).await?;
        tracing::info!(plugin, "plugin removed");
        self.tidy_depot(life).await;
        self.kept_clear(plugin).await
    }

    /// Changes the record of an installed plugin, its own configuration if one is given, and what
    /// serves with them.
    async fn record_change(
        &self,
        plugin: &str,
        verb: &'static str,
        config: Option<String>,
        change: impl FnOnce(&Facts, &mut PluginRecord) -> Result<(), PluginAdminError> + Send + 'static,
    ) -> Result<PluginState, PluginAdminError> {
        let plugin = plugin.to_owned();
        self.whole(move |host| async move {
            let life = host.life()?;
            let _changing = life.change.lock().await;
            let old = Arc::clone(&host.registry.load().facts);
            let mut record = host.record(&old, &plugin, verb)?.clone();
            let mut facts = Facts::clone(&old);
            let own = config.map(|config| configured(&facts, &record, config));
            let own = own.map(PluginChange::Binding);
            own.iter().for_each(|own| facts.apply(own));
            change(&facts, &mut record)?;
            if own.is_some() {
                check_serving(&facts, &record)?;
            }
            let active = record.active.clone();
            let changes = std::iter::once(PluginChange::Plugin(record)).chain(own).collect();
            let (trial, unfit) = (Trial::SelfTest, Unfit::Refuses);
            host.change(Change { plugin: &plugin, changes, binaries: vec![], trial, unfit })
                .await?;
            tracing::info!(plugin, digest = active, "plugin changed");
            let registry = host.registry.load_full();
            host.state_in(&registry, &plugin).ok_or_else(|| host.unknown(&registry.facts, &plugin))
        })
        .await
    }

    /// Does work in a task of its own: it goes on to its end, even if nobody waits for it any more.
    /// Half of a change would be stored and not serve.
    async fn whole<T, Work>(
        &self,
        work: impl FnOnce(Arc<Self>) -> Work,
    ) -> Result<T, PluginAdminError>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, PluginAdminError>> + Send + 'static,
    {
        let stopping = || refused("the server is stopping".to_owned());
        let host = self.me.upgrade().ok_or_else(stopping)?;
        tokio::spawn(work(host)).await.unwrap_or_else(|_| Err(stopping()))
    }

    fn ledger(&self, binding: &str) -> Result<Option<Arc<Ledger>>, PluginAdminError> {
        let registry = self.registry.load();
        let found = registry.kept().find(|plugin| &*plugin.name == binding);
        if found.is_none() {
            self.binding(binding)?;
        }
        Ok(found.map(|plugin| Arc::clone(&plugin.ledger)))
    }
}

/// Refuses the name of a binding where a plugin is meant, which `tenon plugin VERB` is about.
fn no_binding(facts: &Facts, name: &str, verb: &str) -> Result<(), PluginAdminError> {
    let binding = facts.bindings.get(name).filter(|binding| binding.plugin != name);
    let Some(BindingRecord { plugin, .. }) = binding else { return Ok(()) };
    let unbind = match verb {
        "remove" | "disable" => format!("`tenon plugin unbind {name}` takes that name away, "),
        _ => String::new(),
    };
    Err(refused(format!(
        "{name:?} is a binding of {plugin}; {unbind}`tenon plugin {verb} {plugin}` is about the \
         plugin, under all its names"
    )))
}

/// Returns the version that `to` names: by version, or by the beginning of its digest.
fn which<'a>(record: &'a PluginRecord, to: &str) -> Result<&'a VersionRecord, PluginAdminError> {
    let digest = to.strip_prefix("sha256:").unwrap_or(to).to_ascii_lowercase();
    let fits = |version: &&VersionRecord| {
        version.version == to || (digest.len() >= 4 && version.digest.starts_with(&digest))
    };
    let listed = |versions: &mut dyn Iterator<Item = &VersionRecord>| {
        let shown = versions.map(|version| {
            format!("{} ({})", version.version, version.digest.get(..12).unwrap_or_default())
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    let found: Vec<&VersionRecord> = record.versions.iter().filter(fits).collect();
    match &found[..] {
        [version] => Ok(version),
        [] => Err(refused(format!(
            "no version {to:?} of {} is kept; there are: {}",
            record.name,
            listed(&mut record.versions.iter())
        ))),
        _ => Err(refused(format!(
            "{to:?} fits several versions; say the beginning of a digest: {}",
            listed(&mut found.into_iter())
        ))),
    }
}

/// Returns the own binding of a plugin with another configuration.
fn configured(facts: &Facts, record: &PluginRecord, config: String) -> BindingRecord {
    let name = &record.name;
    let before = facts.bindings.get(name).cloned().unwrap_or_else(|| BindingRecord {
        name: name.clone(),
        plugin: name.clone(),
        config: String::new(),
        rules: Vec::new(),
        decided_for: record.active.clone(),
    });
    BindingRecord { config, ..before }
}

/// Checks the configurations of all bindings of a plugin against the schema of what would serve.
fn check_serving(facts: &Facts, record: &PluginRecord) -> Result<(), PluginAdminError> {
    let PluginRecord { name, active, .. } = record;
    let own = facts.config(name).unwrap_or("{}");
    match facts.binaries.get(active) {
        Some(Ok(binary)) => check_configs(facts, binary, name, own).map_err(refused),
        Some(Err(reason)) => Err(refused(format!("{name} cannot be used: {reason}"))),
        None => Err(refused(format!("the binary of {name} {active} is missing"))),
    }
}

fn make_active(
    facts: &Facts,
    record: &mut PluginRecord,
    digest: &str,
) -> Result<(), PluginAdminError> {
    let name = record.name.clone();
    if record.active == digest {
        return Ok(());
    }
    let Some(version) = version_of(record, digest) else {
        return Err(refused(format!("the version {digest} of {name} is not kept any more")));
    };
    if record.pending.as_deref() == Some(digest) {
        return Err(refused(format!(
            "{} of {name} waits for approval; `tenon plugin upgrade {name} --approve` gives it",
            version.version
        )));
    }
    if let Some(quarantine) = &version.quarantine {
        return Err(refused(format!(
            "{} of {name} is in quarantine, as {}; `tenon plugin enable {name}` lifts it",
            version.version, quarantine.reason
        )));
    }
    record.previous = Some(std::mem::replace(&mut record.active, digest.to_owned()));
    check_serving(facts, record)
}

/// Lifts all quarantines; what was taken out of service last serves again.
fn lift(record: &mut PluginRecord) {
    let mut last = None;
    for version in &mut record.versions {
        if let Some(quarantine) = version.quarantine.take() {
            last = last.max(Some((quarantine.at, version.digest.clone())));
        }
    }
    if let Some((_, digest)) = last.filter(|(_, digest)| *digest != record.active) {
        record.previous = Some(std::mem::replace(&mut record.active, digest));
    }
}
