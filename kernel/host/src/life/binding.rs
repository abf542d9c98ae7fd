//! Bindings: a plugin under a name, with a configuration and grants of its own.

use std::sync::Arc;

use kernel_model::name::Name;
use kernel_ports::plugin_admin::{BindingDraft, BindingState, PluginAdminError};
use kernel_ports::plugin_store::{BindingRecord, DefaultRecord, PluginChange};

use super::Facts;
use super::change::{Change, Unfit, nearest};
use super::config::problems;
use crate::builder::Host;
use crate::call::Trial;
use crate::grant::{check_parameter, intersect};
use crate::plugin::Binary;
use crate::policy::{Policy, PolicyError};
use crate::wish::{capability_of, part_of, quoted, settled};

/// How many parts a name may have, as in `models/work`.
const PARTS_MAX: usize = 3;

impl Host {
    pub(super) async fn bind_as(
        &self,
        draft: BindingDraft,
    ) -> Result<BindingState, PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        check_name(&draft.name)?;
        let before = self.binding_record(&facts, &draft.name);
        let plugin = match (&draft.plugin, &before) {
            (Some(plugin), Some(before)) if *plugin != before.plugin => {
                return Err(refused(format!(
                    "{:?} is a binding of {:?} already; unbind it first, or choose another name",
                    draft.name, before.plugin
                )));
            }
            (Some(plugin), _) => plugin.clone(),
            (None, Some(before)) => before.plugin.clone(),
            (None, None) => {
                return Err(refused(format!(
                    "{:?} is new, so say which plugin it is: `tenon plugin bind {} --plugin NAME`",
                    draft.name, draft.name
                )));
            }
        };
        let binary = self.binary_of(&facts, &plugin)?;
        let is_whole = |rule: &String| !rule.contains(':');
        if binary.is_built_in() && draft.rules.iter().flatten().any(is_whole) {
            return Err(has_all(&plugin));
        }
        // Those that are there already may be for what an older version asked for.
        check_rules(&binary, &plugin, draft.rules.as_deref().unwrap_or_default())?;
        let given = draft.rules.map(|rules| settled(&rules, &binary.asked()));
        if before.is_none() {
            self.kept_clear(&draft.name).await?;
        }
        let had = before.map(|before| (before.config, before.rules));
        let (config, rules) = had.unwrap_or_else(|| ("{}".to_owned(), Vec::new()));
        let record = BindingRecord {
            name: draft.name.clone(),
            config: draft.config.unwrap_or(config),
            rules: given.unwrap_or(rules),
            decided_for: binary.inspected.digest.clone(),
            plugin,
        };
        let problems = problems(&binary.inspected.manifest.config, &record.config);
        if !problems.is_empty() {
            return Err(PluginAdminError::Config { binding: record.name, problems });
        }
        let mut changes = vec![PluginChange::Binding(record.clone())];
        if let Some((kind, project)) = draft.default_for {
            if !binary.inspected.kinds.contains(&kind) {
                return Err(refused(format!(
                    "{} is no {}, so it cannot be the default of that kind",
                    record.plugin,
                    kind.word()
                )));
            }
            let (kind, binding) = (kind.word().to_owned(), record.name.clone());
            changes.push(PluginChange::Default(DefaultRecord { kind, project, binding }));
        }
        let plugin = record.plugin.clone();
        let (trial, unfit) = (Trial::SelfTest, Unfit::Refuses);
        self.change(Change { plugin: &plugin, changes, binaries: vec![], trial, unfit }).await?;
        self.binding(&record.name)
    }

    pub(super) async fn unbind_from(&self, binding: &str) -> Result<(), PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        if self.is_plugin(&facts, binding) {
            return Err(refused(match facts.plugins.contains_key(binding) {
                true => format!(
                    "{binding} is the plugin itself; `tenon plugin disable {binding}` lets it \
                     rest, `tenon plugin remove {binding}` removes it"
                ),
                false => format!(
                    "{binding} is the plugin itself, which comes with the server; install one of \
                     that name to put it in its place"
                ),
            }));
        }
        let Some(record) = facts.bindings.get(binding) else {
            return Err(self.binding_unknown(&facts, binding));
        };
        let changes = vec![PluginChange::BindingGone { name: binding.to_owned() }];
        let (plugin, trial, unfit) = (&record.plugin, Trial::Start, Unfit::Stops);
        self.change(Change { plugin, changes, binaries: vec![], trial, unfit }).await?;
        self.kept_clear(binding).await
    }

    /// Adds rules to a binding (`grants`), or takes them away.
    pub(super) async fn rules_change(
        &self,
        binding: &str,
        rules: &[String],
        grants: bool,
    ) -> Result<BindingState, PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        let Some(mut record) = self.binding_record(&facts, binding) else {
            return Err(self.binding_unknown(&facts, binding));
        };
        let binary = self.binary_of(&facts, &record.plugin)?;
        if binary.is_built_in() {
            return Err(has_all(&record.plugin));
        }
        if grants {
            let asked = self.all_asked(&facts, &record.plugin, &binary);
            for rule in rules {
                check_rule(&record.plugin, rule, &asked)?;
            }
            record.rules.extend(settled(rules, &asked));
            record.rules.sort();
            record.rules.dedup();
        } else {
            for rule in rules {
                // A capability as a whole is all that is granted of it.
                let is_meant = |known: &str| known == rule || capability_of(known) == rule;
                if !record.rules.iter().any(|known| is_meant(known)) {
                    let known = listed(&record.rules);
                    return Err(refused(format!(
                        "{binding} has no grant {rule:?}; it has: {known}"
                    )));
                }
                record.rules.retain(|known| !is_meant(known));
            }
        }
        record.decided_for.clone_from(&binary.inspected.digest);
        let plugin = record.plugin.clone();
        let changes = vec![PluginChange::Binding(record)];
        let (trial, unfit) = (Trial::Start, Unfit::Stops);
        self.change(Change { plugin: &plugin, changes, binaries: vec![], trial, unfit }).await?;
        self.binding(binding)
    }

    /// Returns what all versions of a plugin ask for: a rule may be for one that waits.
    fn all_asked(&self, facts: &Facts, plugin: &str, binary: &Binary) -> Vec<String> {
        let versions = facts.plugins.get(plugin).into_iter().flat_map(|record| &record.versions);
        let mut asked: Vec<String> = versions.flat_map(|version| version.asked.clone()).collect();
        asked.extend(binary.asked());
        asked.sort();
        asked.dedup();
        asked
    }

    /// Returns the record of a binding; that of a plugin itself is there even if nothing is stored.
    fn binding_record(&self, facts: &Facts, name: &str) -> Option<BindingRecord> {
        let stored = facts.bindings.get(name).cloned();
        stored.or_else(|| {
            self.is_plugin(facts, name).then(|| BindingRecord {
                name: name.to_owned(),
                plugin: name.to_owned(),
                config: self.base.configs.get(name).map_or("{}", String::as_str).to_owned(),
                rules: Vec::new(),
                decided_for: String::new(),
            })
        })
    }

    /// Returns a binding as it is now.
    pub(super) fn binding(&self, name: &str) -> Result<BindingState, PluginAdminError> {
        let registry = self.registry.load_full();
        match self.binding_record(&registry.facts, name) {
            Some(record) => Ok(self.binding_state(&registry, &record)),
            None => Err(self.binding_unknown(&registry.facts, name)),
        }
    }

    /// Returns all bindings, those of the plugins themselves too.
    pub(super) fn bindings(&self) -> Vec<BindingState> {
        let registry = self.registry.load_full();
        let facts = &registry.facts;
        let own = self.base.binaries.keys().map(|name| name.to_string());
        let mut names: Vec<String> = own.chain(facts.plugins.keys().cloned()).collect();
        names.extend(facts.bindings.keys().cloned());
        names.sort();
        names.dedup();
        let records = names.iter().filter_map(|name| self.binding_record(facts, name));
        records.map(|record| self.binding_state(&registry, &record)).collect()
    }

    pub(super) fn binding_unknown(&self, facts: &Facts, name: &str) -> PluginAdminError {
        let known = self.base.binaries.keys().map(|name| &**name);
        let known = known.chain(facts.plugins.keys().map(String::as_str));
        let near = nearest(name, known.chain(facts.bindings.keys().map(String::as_str)));
        PluginAdminError::BindingUnknown { name: name.to_owned(), near }
    }
}

fn has_all(plugin: &str) -> PluginAdminError {
    refused(format!(
        "{plugin} is built in and has all that it asks for; install a plugin of that name to \
         decide for yourself"
    ))
}

fn check_name(name: &str) -> Result<(), PluginAdminError> {
    let failed = |reason: String| PluginAdminError::Name { name: name.to_owned(), reason };
    if name.split('/').count() > PARTS_MAX {
        return Err(failed(format!("it has more than {PARTS_MAX} parts")));
    }
    for part in name.split('/') {
        Name::new(part)
            .map_err(|err| failed(format!("expected {}, such as models/work", err.expected)))?;
    }
    Ok(())
}

/// Checks the rules of a binding that is made: they must be for what its plugin asks for.
fn check_rules(binary: &Binary, plugin: &str, rules: &[String]) -> Result<(), PluginAdminError> {
    let asked = binary.asked();
    rules.iter().try_for_each(|rule| check_rule(plugin, rule, &asked))
}

/// Checks that a rule makes sense, and that the plugin asks for it: a grant of anything else is a
/// slip.
pub(super) fn check_rule(
    plugin: &str,
    rule: &str,
    asked: &[String],
) -> Result<(), PluginAdminError> {
    let failed = |reason| Err(PluginAdminError::Rule { found: rule.to_owned(), reason });
    if rule.contains(char::is_control) {
        return failed("it has a control character in it".to_owned());
    }
    if let Err(PolicyError::Capability { found, known, .. }) = Policy::new().grant(plugin, rule) {
        return failed(format!("there is no capability {found:?}; there are: {known}"));
    }
    let (capability, pattern) = rule.split_once(':').unwrap_or((rule, "*"));
    if let Err(reason) = check_parameter(capability, pattern) {
        return failed(reason);
    }
    let meets = |wish: &&String| {
        let (of, parameter) = wish.split_once(':').unwrap_or((wish, ""));
        of == capability
            && (parameter.is_empty() || intersect(capability, parameter, pattern).is_some())
    };
    let Some(met) = asked.iter().find(meets) else {
        return failed(format!("{plugin} does not ask for it; it asks for: {}", listed(asked)));
    };
    if settled(&[rule.to_owned()], asked).is_empty() {
        let (part, all) = (part_of(capability), quoted(met));
        return failed(format!(
            "{plugin} asks for {all}, which has no bounds; allow a part of it, such as {part}, or \
             all of it as {all}"
        ));
    }
    Ok(())
}

fn listed(rules: &[String]) -> String {
    if rules.is_empty() { "nothing".to_owned() } else { rules.join(", ") }
}

pub(super) fn refused(reason: String) -> PluginAdminError {
    PluginAdminError::Refused { reason }
}
