//! The plugins that are there, by name and by digest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kernel_ports::plugin::{Machine, PluginError, PluginKind};
use strsim::jaro_winkler;

use crate::grant::covers;
use crate::plugin::Plugin;

/// Below this, two names have nothing to do with each other.
const SIMILAR: f64 = 0.8;

/// All installed plugins.
#[derive(Default)]
pub(crate) struct Registry {
    by_name: BTreeMap<Arc<str>, Arc<Plugin>>,
    /// Also those that another plugin of the same name has taken the place of.
    by_digest: HashMap<String, Arc<Plugin>>,
}

impl Registry {
    /// Adds a plugin, in place of an earlier one of the same name.
    pub(crate) fn add(&mut self, plugin: Plugin) {
        let plugin = Arc::new(plugin);
        self.by_digest.insert(plugin.info.digest.clone(), Arc::clone(&plugin));
        self.by_name.insert(Arc::clone(&plugin.name), plugin);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.by_name.get(name)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.by_name.values()
    }

    /// Returns the language of that name: this version if it is there, else the current one.
    pub(crate) fn language(&self, name: &str, digest: &str) -> Result<&Arc<Plugin>, PluginError> {
        let pinned = self.by_digest.get(digest).filter(|plugin| &*plugin.name == name);
        match pinned {
            Some(plugin) => Ok(plugin),
            None => self.find(PluginKind::Language, name),
        }
    }

    /// Returns the language that takes a file by its name.
    pub(crate) fn language_of(&self, file_name: &str) -> Result<&Arc<Plugin>, PluginError> {
        let base = file_name.rsplit('/').next().unwrap_or(file_name);
        let takes = |plugin: &&Arc<Plugin>| {
            plugin.inspected.manifest.patterns.iter().any(|pattern| covers(pattern, base))
        };
        self.of_kind(PluginKind::Language).find(takes).ok_or_else(|| {
            let known = self.of_kind(PluginKind::Language).map(|plugin| {
                let patterns = plugin.inspected.manifest.patterns.join(" ");
                format!("{} ({patterns})", plugin.name)
            });
            PluginError::Unknown {
                kind: "language for the file",
                name: file_name.to_owned(),
                known: listed(known.collect(), None),
            }
        })
    }

    pub(crate) fn machine(
        &self,
        machine: &Machine,
    ) -> Result<(PluginKind, &Arc<Plugin>), PluginError> {
        let (kind, found) = match machine {
            Machine::Launcher(name) => {
                (PluginKind::Launcher, self.find(PluginKind::Launcher, name))
            }
            Machine::Action(name) => (PluginKind::Action, self.find(PluginKind::Action, name)),
            Machine::Resource(name) => (PluginKind::Resource, self.resource(name)),
        };
        Ok((kind, found?))
    }

    /// Returns the plugin of a kind by its name, in full or without the kind (`yaml` for
    /// `language-yaml`).
    pub(crate) fn find(&self, kind: PluginKind, name: &str) -> Result<&Arc<Plugin>, PluginError> {
        let word = kind.word();
        let full = format!("{word}-{name}");
        [name, &full]
            .into_iter()
            .filter_map(|name| self.by_name.get(name))
            .find(|plugin| plugin.info.kinds.contains(&kind))
            .ok_or_else(|| {
                let short = |name: &str| {
                    let prefix = format!("{word}-");
                    name.strip_prefix(&prefix).unwrap_or(name).to_owned()
                };
                let known = self.of_kind(kind).map(|plugin| short(&plugin.name)).collect();
                let wanted = short(name);
                unknown(word, name, listed(known, Some(&wanted)))
            })
    }

    /// Returns the plugin that answers for a kind: that of the binding or, without one, the only one.
    pub(crate) fn bound(
        &self,
        kind: PluginKind,
        binding: &str,
    ) -> Result<&Arc<Plugin>, PluginError> {
        if !binding.is_empty() {
            return self.find(kind, binding);
        }
        let mut all = self.of_kind(kind);
        match (all.next(), all.next()) {
            (Some(plugin), None) => Ok(plugin),
            _ => {
                let known = self.of_kind(kind).map(|plugin| plugin.name.to_string()).collect();
                Err(unknown(kind.word(), "default", listed(known, None)))
            }
        }
    }

    fn resource(&self, name: &str) -> Result<&Arc<Plugin>, PluginError> {
        let name_of = |plugin: &Arc<Plugin>| {
            plugin.inspected.manifest.resource.as_ref().map(|resource| resource.name.clone())
        };
        let mut all = self.of_kind(PluginKind::Resource);
        all.find(|plugin| name_of(plugin).as_deref() == Some(name)).ok_or_else(|| {
            let known = self.of_kind(PluginKind::Resource).filter_map(name_of).collect();
            unknown(PluginKind::Resource.word(), name, listed(known, Some(name)))
        })
    }

    fn of_kind(&self, kind: PluginKind) -> impl Iterator<Item = &Arc<Plugin>> {
        self.all().filter(move |plugin| plugin.info.kinds.contains(&kind))
    }
}

fn unknown(kind: &'static str, name: &str, known: String) -> PluginError {
    PluginError::Unknown { kind, name: name.to_owned(), known }
}

/// Lists names, with the one that may have been meant.
fn listed(names: Vec<String>, wanted: Option<&str>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let score = |name: &String| wanted.map_or(0.0, |wanted| jaro_winkler(wanted, name));
    let best = names.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    let hint = best
        .filter(|name| score(name) >= SIMILAR)
        .map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
    format!("{}{hint}", names.join(", "))
}
