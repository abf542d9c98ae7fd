//! Which identity plugins a visitor can log in by: those that are configured.

use std::collections::BTreeMap;

use kernel_ports::plugin::{IdentityWay, PluginKind};
use serde_json::Value;

use crate::builder::Host;
use crate::life::config;
use crate::registry::Registry;

/// What the names of plugins of this kind begin with.
const KIND: &str = "identity-";

/// Returns the ways in, by name. Of two bindings whose names differ by the kind alone, the one with
/// the kind counts: nobody takes the place of another by a name.
pub(crate) fn ways(registry: &Registry) -> Vec<IdentityWay> {
    let plugins = registry.all().filter(|p| p.info.kinds.contains(&PluginKind::Identity));
    let mut ways = BTreeMap::<String, IdentityWay>::new();
    for plugin in plugins {
        if !plugin.is_configured() {
            continue;
        }
        let schema = &plugin.inspected.manifest.config;
        let config: Value = serde_json::from_str(&plugin.config).unwrap_or_default();
        let binding = plugin.name.to_string();
        let name = binding.strip_prefix(KIND).unwrap_or(&binding).to_owned();
        let said = config["title"].as_str().or(schema["properties"]["title"]["default"].as_str());
        let title = said.filter(|title| !title.is_empty()).unwrap_or(&name).to_owned();
        if binding.starts_with(KIND) || !ways.contains_key(&name) {
            ways.insert(name.clone(), IdentityWay { name, binding, title });
        }
    }
    ways.into_values().collect()
}

impl Host {
    /// Returns what is wrong with the configuration that a plugin was given at the start. None: there
    /// is no such plugin.
    #[must_use]
    pub fn config_problems(&self, plugin: &str) -> Option<Vec<String>> {
        let registry = self.registry.load();
        let found = registry.get(plugin)?;
        let given = self.base.configs.get(plugin).map_or("{}", String::as_str);
        Some(config::problems(&found.inspected.manifest.config, given))
    }
}
