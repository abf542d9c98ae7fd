//! Bundles: many plugins at once, where no network is.

use std::collections::BTreeMap;

use bytes::Bytes;
use kernel_ports::package::Bundled;
use kernel_ports::plugin_admin::{
    ImportOptions, Imported, InstallFrom, InstallOptions, Pin, PluginAdminError, Stage,
};

use super::candidate::{Candidate, check_signer, same};
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
        options: ImportOptions,
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
        let ImportOptions { mut rules, grant_all, allow_unsigned, approve, pins, .. } = options;
        let options = InstallOptions {
            grant_all,
            allow_unsigned,
            approve,
            or_upgrade: true,
            ..InstallOptions::default()
        };
        let (mut candidates, mut refused) = (Vec::new(), Vec::new());
        for Bundled { name, version, package } in opened {
            match self.candidate(life, InstallFrom::Given(package), &options).await {
                Ok(candidate) => {
                    let checked = check_index(&candidate, &name, &version);
                    match checked.and_then(|()| check_pins(&candidate, pins.as_ref())) {
                        Ok(()) => candidates.push(candidate),
                        Err(reason) => refused.push((Stage::Verify, reason)),
                    }
                }
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
        check_names(&candidates, &rules).map_err(|reason| failed(Stage::Grant, reason))?;
        let mut imported = Vec::new();
        for candidate in candidates {
            let origin = candidate.record.origin.clone();
            let rules = rules.remove(candidate.binary.name()).unwrap_or_default();
            // What is pinned is what is meant, whoever has signed it.
            let digest = pins.is_some().then(|| candidate.record.digest.clone());
            let options = InstallOptions { rules, digest, ..options.clone() };
            let result = self.candidate_install(None, candidate, &options).await;
            imported.push(Imported { origin, result });
        }
        Ok(imported)
    }
}

/// Checks that a plugin is what the index of the bundle calls it: people read the index.
fn check_index(candidate: &Candidate, name: &str, version: &str) -> Result<(), String> {
    let found = (candidate.binary.name(), candidate.record.version.as_str());
    if found == (name, version) {
        return Ok(());
    }
    Err(format!(
        "its index says {name} {version} of what is {} {}; make the bundle again",
        found.0, found.1
    ))
}

/// Checks that a plugin is what is pinned under its name, where anything is pinned.
fn check_pins(candidate: &Candidate, pins: Option<&BTreeMap<String, Pin>>) -> Result<(), String> {
    let Some(pins) = pins else { return Ok(()) };
    let (name, record) = (candidate.binary.name(), &candidate.record);
    let Some(pin) = pins.get(name) else {
        return Err(format!(
            "{name} is in the bundle and not pinned; pin it, or make the bundle without it"
        ));
    };
    if !same(&pin.digest, &record.digest) {
        let (found, wanted) = (&record.digest, &pin.digest);
        return Err(format!(
            "{name}: its SHA-256 is {found}, but {wanted} is pinned; it is not what was meant"
        ));
    }
    let checked = check_signer(&record.signature, pin.signer.as_deref());
    checked.map_err(|reason| format!("{name}: {reason}"))
}

/// Checks that all rules are for plugins of the bundle.
fn check_names(
    candidates: &[Candidate],
    rules: &BTreeMap<String, Vec<String>>,
) -> Result<(), String> {
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.binary.name()).collect();
    match rules.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(other) => Err(format!(
            "a grant is for {other:?}, which is not in the bundle; there is {}",
            names.join(", ")
        )),
    }
}
