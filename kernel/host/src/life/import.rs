//! Bundles: many plugins at once, where no network is.

use bytes::Bytes;
use kernel_ports::plugin_admin::{Imported, InstallFrom, InstallOptions, PluginAdminError, Stage};

use super::candidate::same;
use super::install::blocking;
use crate::builder::Host;
use crate::inspect;

/// What messages call it.
const BUNDLE: &str = "the bundle";

impl Host {
    /// Installs or upgrades all plugins of a bundle, once all of them have passed the stages that
    /// change nothing.
    pub(super) async fn import_from(
        &self,
        bundle: Bytes,
        options: InstallOptions,
    ) -> Result<Vec<Imported>, PluginAdminError> {
        let life = self.life()?;
        let failed =
            |stage, reason| PluginAdminError::Stage { plugin: BUNDLE.to_owned(), stage, reason };
        let bytes = bundle.clone();
        let found = blocking("hash the bundle", move || Ok(inspect::digest(&bytes))).await?;
        if let Some(wanted) = options.digest.as_deref().filter(|wanted| !same(wanted, &found)) {
            let reason = format!("its SHA-256 is {found}, not {wanted}; it is not what was meant");
            return Err(failed(Stage::Verify, reason));
        }
        let Some(packages) = &life.packages else {
            return Err(failed(Stage::Fetch, "this server reads no bundles".to_owned()));
        };
        let opened = packages.bundle_open(bundle).await;
        let opened = opened.map_err(|err| failed(Stage::Fetch, err.to_string()))?;
        // The digest was that of the bundle.
        let options = InstallOptions { digest: None, or_upgrade: true, ..options };
        let (mut candidates, mut refused) = (Vec::new(), Vec::new());
        for package in opened {
            match self.candidate(life, InstallFrom::Given(package), &options).await {
                Ok(candidate) => candidates.push(candidate),
                Err(PluginAdminError::Stage { plugin, stage, reason }) => {
                    refused.push((stage, format!("{plugin}: {reason}")));
                }
                Err(err) => return Err(err),
            }
        }
        if let Some((stage, _)) = refused.first() {
            let reasons: Vec<&str> = refused.iter().map(|(_, reason)| reason.as_str()).collect();
            return Err(failed(*stage, reasons.join("; ")));
        }
        let mut imported = Vec::new();
        for candidate in candidates {
            let origin = candidate.record.origin.clone();
            let result = self.candidate_install(None, candidate, &options).await;
            imported.push(Imported { origin, result });
        }
        Ok(imported)
    }
}
