//! The part of the API about plugins.

use bytes::Bytes;
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin::{
    Binding, BindingSet, Denial, PluginCalls, PluginFetch, PluginImported, PluginInstalled,
    PluginLogLine, PluginSwap, PluginVerified, Rules,
};
use serde::de::DeserializeOwned;

use super::{Answer, Api, checked, decode, part};

/// The media type of components.
const WASM: &str = "application/wasm";
/// That of bundles.
const ZSTD: &str = "application/zstd";

/// What is installed.
#[derive(Debug, Clone)]
pub enum InstallBody {
    /// The component itself.
    Bytes(Bytes),
    /// The server fetches it.
    Fetch(PluginFetch),
    /// What waits there already.
    Nothing,
}

impl Api {
    pub async fn plugins(&self) -> Answer<Vec<Plugin>> {
        self.read("/plugins").await
    }

    pub async fn plugin(&self, name: &str) -> Answer<Plugin> {
        self.read(&format!("/plugins/{}", part(name))).await
    }

    /// Installs a plugin, or upgrades the one that is named. `query` is `key=value` pairs.
    pub async fn plugin_install(
        &self,
        upgrade_of: Option<&str>,
        query: &[(&str, String)],
        body: InstallBody,
    ) -> Answer<PluginInstalled> {
        let mut path = match upgrade_of {
            None => "/plugins".to_owned(),
            Some(name) => format!("/plugins/{}/upgrade", part(name)),
        };
        add(&mut path, query);
        match body {
            InstallBody::Bytes(bytes) => self.upload(&path, bytes, WASM).await,
            InstallBody::Fetch(fetch) => self.write("POST", &path, Some(&fetch)).await,
            InstallBody::Nothing => self.write("POST", &path, None::<&()>).await,
        }
    }

    /// Installs the plugins of a bundle.
    pub async fn plugin_import(
        &self,
        query: &[(&str, String)],
        bundle: Bytes,
    ) -> Answer<Vec<PluginImported>> {
        let mut path = "/plugin-bundles".to_owned();
        add(&mut path, query);
        self.upload(&path, bundle, ZSTD).await
    }

    async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        bytes: Bytes,
        media_type: &str,
    ) -> Answer<T> {
        let mut request = self.request("POST", path, Some(bytes));
        request.headers.retain(|(name, _)| *name != "content-type");
        request.headers.push(("content-type", media_type.to_owned()));
        decode(path, checked(self.transport.send(request).await?).await?).await
    }

    pub async fn plugin_swap(&self, name: &str, to: &str) -> Answer<Plugin> {
        let swap = PluginSwap { to: to.to_owned() };
        self.write("POST", &format!("/plugins/{}/swap", part(name)), Some(&swap)).await
    }

    /// Does one of `rollback`, `enable`, `disable`.
    pub async fn plugin_do(&self, name: &str, verb: &str) -> Answer<Plugin> {
        self.write("POST", &format!("/plugins/{}/{verb}", part(name)), None::<&()>).await
    }

    pub async fn plugin_remove(&self, name: &str) -> Answer<()> {
        self.send("DELETE", &format!("/plugins/{}", part(name)), None).await.map(drop)
    }

    pub async fn plugin_verify(&self, name: &str) -> Answer<PluginVerified> {
        self.write("POST", &format!("/plugins/{}/verify", part(name)), None::<&()>).await
    }

    pub async fn plugin_logs(&self, name: &str) -> Answer<Vec<PluginLogLine>> {
        self.read(&format!("/plugins/{}/logs", part(name))).await
    }

    pub async fn plugin_denials(&self, name: &str) -> Answer<Vec<Denial>> {
        self.read(&format!("/plugins/{}/denials", part(name))).await
    }

    pub async fn plugin_calls(&self) -> Answer<Vec<PluginCalls>> {
        self.read("/plugin-calls").await
    }

    pub async fn bindings(&self) -> Answer<Vec<Binding>> {
        self.read("/bindings").await
    }

    pub async fn binding_set(&self, name: &str, set: &BindingSet) -> Answer<Binding> {
        self.write("PUT", &format!("/bindings/{}", part(name)), Some(set)).await
    }

    pub async fn binding_remove(&self, name: &str) -> Answer<()> {
        self.send("DELETE", &format!("/bindings/{}", part(name)), None).await.map(drop)
    }

    /// Does one of `grant`, `revoke`.
    pub async fn binding_rules(&self, name: &str, verb: &str, rules: &Rules) -> Answer<Binding> {
        self.write("POST", &format!("/bindings/{}/{verb}", part(name)), Some(rules)).await
    }
}

/// Adds a query to an address.
fn add(path: &mut String, query: &[(&str, String)]) {
    for (index, (key, value)) in query.iter().enumerate() {
        let sign = if index == 0 { '?' } else { '&' };
        path.push_str(&format!("{sign}{key}={}", part(value)));
    }
}
