//! The part of the API about plugins.

use bytes::Bytes;
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin::{
    Binding, BindingSet, Denial, PluginCalls, PluginFetch, PluginImported, PluginInstalled,
    PluginLogLine, PluginRollback, PluginSwap, PluginVerified, Rules,
};
use serde::de::DeserializeOwned;

use super::form::Form;
use super::{Answer, Api, checked, decode, part};

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

    /// Installs a plugin, or upgrades the one that is named. `said` is what is said of it, by
    /// name.
    pub async fn plugin_install(
        &self,
        upgrade_of: Option<&str>,
        said: &[(&str, String)],
        body: InstallBody,
    ) -> Answer<PluginInstalled> {
        let path = match upgrade_of {
            None => "/plugins".to_owned(),
            Some(name) => format!("/plugins/{}/upgrade", part(name)),
        };
        let mut form = Form::new();
        said.iter().for_each(|(name, value)| form.text(name, value));
        match body {
            InstallBody::Bytes(bytes) => form.file("component", "application/wasm", &bytes),
            InstallBody::Fetch(PluginFetch { from, digest }) => {
                form.text("from", &from);
                // One that is said beside it counts before what the address says.
                let digest = digest.filter(|_| said.iter().all(|(name, _)| *name != "digest"));
                digest.iter().for_each(|digest| form.text("digest", digest));
            }
            InstallBody::Nothing => {}
        }
        self.submit(&path, form).await
    }

    /// Installs the plugins of a bundle. `said` is what is said of them, by name.
    pub async fn plugin_import(
        &self,
        said: &[(&str, String)],
        bundle: Bytes,
    ) -> Answer<Vec<PluginImported>> {
        let mut form = Form::new();
        said.iter().for_each(|(name, value)| form.text(name, value));
        form.file("bundle", "application/zstd", &bundle);
        self.submit("/plugin-bundles", form).await
    }

    /// Sends a form: an address has room for little, and this may be a large configuration.
    async fn submit<T: DeserializeOwned>(&self, path: &str, form: Form) -> Answer<T> {
        let (media_type, body) = form.finish();
        let mut request = self.request("POST", path, Some(body));
        request.headers.retain(|(name, _)| *name != "content-type");
        request.headers.push(("content-type", media_type));
        decode(path, checked(self.transport.send(request).await?).await?).await
    }

    pub async fn plugin_swap(&self, name: &str, swap: &PluginSwap) -> Answer<Plugin> {
        self.write("POST", &format!("/plugins/{}/swap", part(name)), Some(swap)).await
    }

    pub async fn plugin_rollback(&self, name: &str, rollback: &PluginRollback) -> Answer<Plugin> {
        self.write("POST", &format!("/plugins/{}/rollback", part(name)), Some(rollback)).await
    }

    /// Does one of `enable`, `disable`.
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
