//! The life of the scripted plugins: they are built in; what is installed is said back.

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::plugin::Plugins as _;
use kernel_ports::plugin_admin::{
    BindingDraft, BindingState, CallFigures, Denial, ImportOptions, Imported, InstallFrom,
    InstallOptions, InstallOutcome, Installed, PluginAdmin, PluginAdminError, PluginLogLine,
    PluginSource, PluginState, PluginStatus, Stage, VersionVerified,
};
use kernel_ports::plugin_store::Signature;

use crate::scripted::Scripted;

fn refused<T>() -> Result<T, PluginAdminError> {
    Err(PluginAdminError::Refused { reason: "it is built in".to_owned() })
}

#[async_trait]
impl PluginAdmin for Scripted {
    fn state_list(&self) -> Vec<PluginState> {
        let infos = self.plugin_list().into_iter();
        let state = infos.map(|info| PluginState {
            info,
            source: PluginSource::BuiltIn,
            status: PluginStatus::Active,
            versions: vec![],
            bindings: vec![],
        });
        let mut states: Vec<PluginState> = state.collect();
        states.sort_by(|a, b| a.info.name.cmp(&b.info.name));
        states
    }

    fn state_get(&self, plugin: &str) -> Option<PluginState> {
        self.state_list().into_iter().find(|state| state.info.name == plugin)
    }

    /// Says what it was given: bytes as the version, options as the digest.
    async fn install(
        &self,
        from: InstallFrom,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let version = match from {
            InstallFrom::Upload(upload) if upload.bytes.starts_with(b"bad") => {
                return Err(PluginAdminError::Stage {
                    plugin: upload.origin,
                    stage: Stage::Inspect,
                    reason: "this is not WebAssembly".to_owned(),
                });
            }
            InstallFrom::Upload(upload) if !upload.signatures.is_empty() => {
                upload.signatures.join("|")
            }
            InstallFrom::Upload(upload) => {
                format!("{} bytes of {}", upload.bytes.len(), upload.origin)
            }
            InstallFrom::Given(package) => package.origin,
            InstallFrom::Reference { reference, .. } => reference,
        };
        let InstallOptions { rules, grant_all, allow_unsigned, signer, config, .. } = options;
        let signer = signer.map(|signer| format!(" {signer}")).unwrap_or_default();
        let config = config.map(|config| format!(" {} bytes", config.len())).unwrap_or_default();
        let digest = format!("{rules:?} {grant_all} {allow_unsigned}{signer}{config}");
        Ok(Installed { name: "new".to_owned(), version, digest, outcome: InstallOutcome::Active })
    }

    async fn upgrade(
        &self,
        _: &str,
        from: Option<InstallFrom>,
        _: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let outcome = match from {
            Some(_) => InstallOutcome::Waiting { asks_more: vec!["kv".to_owned()] },
            None => InstallOutcome::Unchanged,
        };
        let text = String::new;
        Ok(Installed { name: text(), version: text(), digest: text(), outcome })
    }

    /// Refuses with what it was given.
    async fn swap(
        &self,
        plugin: &str,
        to: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError> {
        Err(PluginAdminError::Refused { reason: format!("{plugin} to {to} with {config:?}") })
    }

    /// Refuses with what it was given.
    async fn rollback(
        &self,
        plugin: &str,
        config: Option<String>,
    ) -> Result<PluginState, PluginAdminError> {
        Err(PluginAdminError::Refused { reason: format!("{plugin} back with {config:?}") })
    }

    async fn enable(&self, _: &str, _: bool) -> Result<PluginState, PluginAdminError> {
        refused()
    }

    async fn remove(&self, _: &str) -> Result<(), PluginAdminError> {
        refused()
    }

    /// Says the size of the bundle, and that its second plugin is not to be had.
    async fn import(
        &self,
        bundle: Bytes,
        options: ImportOptions,
    ) -> Result<Vec<Imported>, PluginAdminError> {
        let version = bundle.len().to_string();
        let ImportOptions { rules, grant_all, approve, pins, .. } = options;
        let digest = format!("{rules:?} {grant_all} {approve} {pins:?}");
        let outcome = InstallOutcome::Active;
        let installed = Installed { name: "new".to_owned(), version, digest, outcome };
        let origin = |name: &str| format!("oci://registry.example.com/{name}");
        Ok(vec![
            Imported { origin: origin("new:1"), result: Ok(installed) },
            Imported { origin: origin("old:1"), result: refused() },
        ])
    }

    async fn verify(&self, _: &str) -> Result<Vec<VersionVerified>, PluginAdminError> {
        let version = |number: u32, problems: &[&str]| VersionVerified {
            version: number.to_string(),
            digest: format!("{number:064}"),
            origin: "a.wasm".to_owned(),
            is_active: number == 2,
            signature: Signature::Signed { by: "somebody".to_owned() },
            problems: problems.iter().map(|text| (*text).to_owned()).collect(),
        };
        Ok(vec![version(2, &[]), version(1, &["it is damaged"])])
    }

    fn binding_list(&self) -> Vec<BindingState> {
        vec![]
    }

    /// Gives back what it was given.
    async fn bind(&self, draft: BindingDraft) -> Result<BindingState, PluginAdminError> {
        let default = draft.default_for.map(|(kind, project)| (kind.word().to_owned(), project));
        Ok(BindingState {
            name: draft.name,
            plugin: draft.plugin.unwrap_or_default(),
            config: draft.config.unwrap_or_else(|| "{}".to_owned()),
            rules: draft.rules.unwrap_or_default(),
            has_all: false,
            stopped: None,
            default_for: default.into_iter().collect(),
        })
    }

    async fn unbind(&self, binding: &str) -> Result<(), PluginAdminError> {
        let near = Some("models/work".to_owned());
        Err(PluginAdminError::BindingUnknown { name: binding.to_owned(), near })
    }

    async fn grant(&self, _: &str, rules: &[String]) -> Result<BindingState, PluginAdminError> {
        let reason = "there is no such capability".to_owned();
        Err(PluginAdminError::Rule { found: rules.join(" "), reason })
    }

    async fn revoke(&self, _: &str, _: &[String]) -> Result<BindingState, PluginAdminError> {
        refused()
    }

    fn log_lines(&self, _: &str) -> Result<Vec<PluginLogLine>, PluginAdminError> {
        Ok(vec![])
    }

    fn denials(&self, _: &str) -> Result<Vec<Denial>, PluginAdminError> {
        Ok(vec![])
    }

    fn figures(&self) -> Vec<CallFigures> {
        vec![]
    }
}
