//! The plugins that keep values.
//!
//! Invariants:
//! - Fails closed: a backend that gives no answer gives no value.
//! - What a backend needs itself, such as its own password, is a secret of the server whose name
//!   begins with `backend/`; it is always kept by the local backend, so that none waits for itself.

use std::sync::{Arc, OnceLock, Weak};

use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::plugin::{PluginCall, PluginError, PluginKind, Plugins};
use kernel_ports::secret::SecretScope;
use kernel_ports::store::{Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wit_envelope::secrets::{SecretAt, SecretNames, SecretValue, SecretWrite};
use zeroize::Zeroizing;

/// The backend that works without being set up.
pub(super) const LOCAL: &str = "secrets-local";
/// What backends need themselves.
pub(super) const OWN: &str = "backend/";

const NAMESPACE: &str = "kernel:secrets-backend";
const CURRENT: &str = "current";

/// All backends, and which of them is in use.
pub(super) struct Backends {
    store: Arc<dyn Store>,
    /// In use until a migration.
    first: String,
    /// The plugins hold the secrets, which hold the plugins: one of them weakly.
    plugins: OnceLock<Weak<dyn Plugins>>,
}

/// One backend.
pub(super) struct Backend {
    name: String,
    plugins: Option<Arc<dyn Plugins>>,
}

impl Backends {
    pub(super) fn new(store: Arc<dyn Store>, first: Option<String>) -> Self {
        let first = first.unwrap_or_else(|| LOCAL.to_owned());
        Self { store, first, plugins: OnceLock::new() }
    }

    pub(super) fn plugins_set(&self, plugins: &Arc<dyn Plugins>) {
        // Set once, by the engine.
        drop(self.plugins.set(Arc::downgrade(plugins)));
    }

    /// Returns the backend in use.
    pub(super) async fn current(&self) -> Result<Backend, StoreError> {
        let kept = self.store.kv_get(NAMESPACE, CURRENT).await?;
        let name = kept.and_then(|item| String::from_utf8(item.value).ok());
        Ok(self.named(name.as_deref().unwrap_or(&self.first)))
    }

    /// Uses a backend from now on.
    pub(super) async fn current_set(&self, name: &str) -> Result<(), StoreError> {
        self.store.kv_set(NAMESPACE, CURRENT, name.as_bytes(), None).await.map(drop)
    }

    pub(super) fn named(&self, name: &str) -> Backend {
        let plugins = self.plugins.get().and_then(Weak::upgrade);
        Backend { name: name.to_owned(), plugins }
    }
}

impl Backend {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether it seals what it keeps, as far as its imports tell.
    pub(super) fn seals(&self) -> bool {
        let found = self.plugins.as_ref().and_then(|plugins| plugins.plugin_get(&self.name));
        // A binding under another name is not found: sealing again what is not sealed harms nobody.
        found.is_none_or(|plugin| plugin.imports.iter().any(|name| name.contains("/keyring@")))
    }

    /// Returns a value; none if there is none in exactly this scope.
    pub(super) async fn read(
        &self,
        scope: &SecretScope,
        name: &str,
        at: Time,
    ) -> Result<Option<Zeroizing<String>>, PluginError> {
        let request = SecretAt { scope: scope.to_string(), name: name.to_owned() };
        match self.call::<SecretValue>("read", &request, at).await {
            Ok(found) => Ok(Some(Zeroizing::new(found.value))),
            Err(PluginError::Said { code, .. }) if code == "not-found" => Ok(None),
            Err(err) => Err(err),
        }
    }

    pub(super) async fn write(
        &self,
        scope: &SecretScope,
        name: &str,
        value: &str,
        at: Time,
    ) -> Result<(), PluginError> {
        let request = SecretWrite {
            scope: scope.to_string(),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        self.call::<serde_json::Value>("write", &request, at).await.map(drop)
    }

    pub(super) async fn remove(
        &self,
        scope: &SecretScope,
        name: &str,
        at: Time,
    ) -> Result<(), PluginError> {
        let request = SecretAt { scope: scope.to_string(), name: name.to_owned() };
        self.call::<serde_json::Value>("remove", &request, at).await.map(drop)
    }

    pub(super) async fn list(
        &self,
        scope: &SecretScope,
        at: Time,
    ) -> Result<Vec<String>, PluginError> {
        let request = wit_envelope::secrets::SecretScope { scope: scope.to_string() };
        self.call::<SecretNames>("list", &request, at).await.map(|found| found.names)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        function: &'static str,
        request: &impl Serialize,
        at: Time,
    ) -> Result<T, PluginError> {
        let broken = |message: &str| PluginError::Answer {
            plugin: self.name.clone(),
            message: message.to_owned(),
        };
        let Some(plugins) = &self.plugins else {
            return Err(PluginError::Host {
                plugin: self.name.clone(),
                message: "the server is starting or stopping".to_owned(),
            });
        };
        let request = serde_json::to_string(request).map_err(|_| broken("no JSON goes in"))?;
        let call = PluginCall {
            kind: PluginKind::Secrets,
            binding: self.name.clone(),
            function,
            request,
            // What a backend needs itself is the server's, never that of a run.
            run: None::<RunId>,
            at,
        };
        let answer = Zeroizing::new(plugins.plugin_call(call).await?);
        // What is wrong with an answer is not quoted: it may hold a value.
        serde_json::from_str(&answer).map_err(|_| broken("it is not what the contract says"))
    }
}
