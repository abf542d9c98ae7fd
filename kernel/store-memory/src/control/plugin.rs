//! Installed plugins, their bindings and defaults.

use async_trait::async_trait;
use kernel_ports::plugin_store::{PluginChange, PluginFacts, PluginStore};
use kernel_ports::store::StoreError;

use super::MemoryControl;

#[async_trait]
impl PluginStore for MemoryControl {
    async fn plugin_facts(&self) -> Result<PluginFacts, StoreError> {
        let data = self.data();
        Ok(PluginFacts {
            plugins: data.plugins.values().cloned().collect(),
            bindings: data.bindings.values().cloned().collect(),
            defaults: data.defaults.values().cloned().collect(),
        })
    }

    async fn plugin_change(&self, changes: &[PluginChange]) -> Result<(), StoreError> {
        let mut data = self.data();
        for change in changes.iter().cloned() {
            match change {
                PluginChange::Plugin(plugin) => {
                    data.plugins.insert(plugin.name.clone(), plugin);
                }
                PluginChange::PluginGone { name } => {
                    data.plugins.remove(&name);
                }
                PluginChange::Binding(binding) => {
                    data.bindings.insert(binding.name.clone(), binding);
                }
                PluginChange::BindingGone { name } => {
                    data.bindings.remove(&name);
                    data.defaults.retain(|_, default| default.binding != name);
                }
                PluginChange::Default(default) => {
                    let key = (default.kind.clone(), default.project.clone());
                    data.defaults.insert(key, default);
                }
                PluginChange::DefaultGone { kind, project } => {
                    data.defaults.remove(&(kind, project));
                }
            }
        }
        Ok(())
    }
}
