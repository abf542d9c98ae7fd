//! What is installed and bound, in memory: a copy of what the store holds, with the binaries.

use std::collections::{BTreeMap, HashMap};

use kernel_ports::plugin_store::{
    BindingRecord, PluginChange, PluginFacts, PluginRecord, VersionRecord,
};

use crate::plugin::Binary;
use crate::wish::settled;

/// Everything that changes while the server runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) plugins: BTreeMap<String, PluginRecord>,
    pub(crate) bindings: BTreeMap<String, BindingRecord>,
    /// Names of bindings, by kind and project.
    pub(crate) defaults: BTreeMap<(String, String), String>,
    /// By digest; else why it cannot be used.
    pub(crate) binaries: HashMap<String, Result<Binary, String>>,
}

impl Facts {
    pub(crate) fn new(facts: PluginFacts) -> Self {
        let PluginFacts { plugins, bindings, defaults } = facts;
        let mut new = Self::default();
        let changes = plugins.into_iter().map(PluginChange::Plugin);
        let changes = changes.chain(bindings.into_iter().map(PluginChange::Binding));
        let changes = changes.chain(defaults.into_iter().map(PluginChange::Default));
        changes.for_each(|change| new.apply(&change));
        new.settle();
        new
    }

    /// Bounds rules that a server stored which kept whole capabilities, by what serves.
    fn settle(&mut self) {
        for binding in self.bindings.values_mut() {
            let plugin = self.plugins.get(&binding.plugin);
            if let Some(version) = plugin.and_then(|plugin| version_of(plugin, &plugin.active)) {
                binding.rules = settled(&binding.rules, &version.asked);
            }
        }
    }

    /// Adds binaries.
    pub(crate) fn with(
        mut self,
        binaries: impl IntoIterator<Item = (String, Result<Binary, String>)>,
    ) -> Self {
        self.binaries.extend(binaries);
        self
    }

    /// Does what the store does.
    pub(crate) fn apply(&mut self, change: &PluginChange) {
        match change {
            PluginChange::Plugin(plugin) => {
                self.plugins.insert(plugin.name.clone(), plugin.clone());
            }
            PluginChange::PluginGone { name } => {
                self.plugins.remove(name);
            }
            PluginChange::Binding(binding) => {
                self.bindings.insert(binding.name.clone(), binding.clone());
            }
            PluginChange::BindingGone { name } => {
                self.bindings.remove(name);
                self.defaults.retain(|_, binding| binding != name);
            }
            PluginChange::Default(default) => {
                let key = (default.kind.clone(), default.project.clone());
                self.defaults.insert(key, default.binding.clone());
            }
            PluginChange::DefaultGone { kind, project } => {
                self.defaults.remove(&(kind.clone(), project.clone()));
            }
        }
    }

    /// Returns the rules of a binding; empty if it has none.
    pub(crate) fn rules(&self, binding: &str) -> &[String] {
        self.bindings.get(binding).map_or(&[], |binding| &binding.rules)
    }

    /// Returns the configuration of a binding.
    pub(crate) fn config(&self, binding: &str) -> Option<&str> {
        self.bindings.get(binding).map(|binding| binding.config.as_str())
    }

    /// Returns the bindings of a plugin, whose names are not its own.
    pub(crate) fn bindings_of<'a>(
        &'a self,
        plugin: &'a str,
    ) -> impl Iterator<Item = &'a BindingRecord> {
        let all = self.bindings.values();
        all.filter(move |binding| binding.plugin == plugin && binding.name != plugin)
    }
}

pub(crate) fn version_of<'a>(plugin: &'a PluginRecord, digest: &str) -> Option<&'a VersionRecord> {
    plugin.versions.iter().find(|version| version.digest == digest)
}
