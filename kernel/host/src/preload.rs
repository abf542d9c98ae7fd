//! Making plugins ready ahead of their first calls.

use std::sync::Arc;

use kernel_ports::plugin::PluginError;

use crate::builder::Host;
use crate::plugin::Plugin;

impl Host {
    /// Makes every plugin ready for calls, one after the other, and returns those that cannot be.
    /// Without it, each is made ready by its first call.
    pub async fn preload(self: &Arc<Self>) -> Vec<PluginError> {
        self.preload_those(|_| true).await
    }

    /// The same for the plugins that have all that their configuration requires: the others take
    /// time and memory for nothing.
    pub async fn preload_configured(self: &Arc<Self>) -> Vec<PluginError> {
        self.preload_those(|plugin| plugin.is_configured()).await
    }

    async fn preload_those(self: &Arc<Self>, is_one: fn(&Plugin) -> bool) -> Vec<PluginError> {
        let mut failures = Vec::new();
        for plugin in self.registry.load_full().all().filter(|plugin| is_one(plugin)) {
            if let Err(err) = self.loaded(plugin).await {
                tracing::warn!(plugin = &*plugin.name, err = err.to_string(), "plugin not ready");
                failures.push(err);
            }
        }
        failures
    }

    /// Waits until every plugin that is ready has its optimized code: what was compiled just now
    /// serves with other code before. For those who measure.
    pub async fn optimized(&self) {
        if let Some(Ok(running)) = self.running.get() {
            running.optimizer.idle().await;
        }
    }

    /// Returns how many instances of a plugin wait for calls. None: it starts fast enough, or
    /// cannot be started ahead, or does not serve.
    #[must_use]
    pub fn waiting(&self, plugin: &str) -> Option<usize> {
        self.registry.load().get(plugin).and_then(|plugin| plugin.starts.waiting())
    }
}
