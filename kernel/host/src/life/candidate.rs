//! The first stages of an installation, which change nothing: fetch, verify, inspect.

use std::sync::Arc;

use bytes::Bytes;
use kernel_ports::package::{Package, PackageError};
use kernel_ports::plugin_admin::{InstallFrom, InstallOptions, PluginAdminError, Stage};
use kernel_ports::plugin_store::{Signature, VersionRecord};

use super::Life;
use super::install::blocking;
use crate::builder::Host;
use crate::inspect;
use crate::plugin::{Binary, Source};
use crate::wish;

/// Larger plugins are taken for an attack on the memory of the server.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// A binary that has passed the first stages, and is not kept yet.
pub(super) struct Candidate {
    pub(super) bytes: Bytes,
    pub(super) proof: Option<Bytes>,
    pub(super) binary: Binary,
    pub(super) record: VersionRecord,
}

impl Host {
    /// Fetches, verifies and inspects.
    pub(super) async fn candidate(
        &self,
        life: &Life,
        from: InstallFrom,
        options: &InstallOptions,
    ) -> Result<Candidate, PluginAdminError> {
        let package = fetched(life, from, options).await?;
        let origin = package.origin.clone();
        let failed =
            |stage, reason| PluginAdminError::Stage { plugin: origin.clone(), stage, reason };
        if package.bytes.len() > BYTES_MAX {
            let reason = format!("it is larger than {BYTES_MAX} bytes");
            return Err(failed(Stage::Fetch, reason));
        }
        let bytes = package.bytes.clone();
        let found = blocking("hash the binary", move || Ok(inspect::digest(&bytes))).await?;
        if let Some(wanted) = options.digest.as_deref().filter(|wanted| !same(wanted, &found)) {
            let reason = format!(
                "its SHA-256 is {found}, not {wanted}; it is not what you meant to install"
            );
            return Err(failed(Stage::Verify, reason));
        }
        let signature = verified(life, &package, options)
            .await
            .map_err(|reason| failed(Stage::Verify, reason))?;
        let bytes = package.bytes.clone();
        let inspected = blocking("read the binary", move || Ok(inspect::read(&bytes))).await?;
        let inspected = inspected.map_err(|err| failed(Stage::Inspect, err.to_string()))?;
        let asked = wish::asked(&inspected.capabilities(), &inspected.manifest.requests);
        if let Some(wish) = asked.iter().find(|wish| wish.contains(char::is_control)) {
            let reason = format!("its manifest asks for {wish:?}, which is no name of anything");
            return Err(failed(Stage::Inspect, reason));
        }
        let source = Arc::new(Source::Installed(life.depot.path(&inspected.digest)));
        let binary =
            Binary { inspected: Arc::new(inspected), source, origin: origin.as_str().into() };
        let record = VersionRecord {
            digest: binary.inspected.digest.clone(),
            version: binary.inspected.manifest.version.clone(),
            size: binary.inspected.size,
            origin: origin.clone(),
            signature,
            asked,
            installed_at: self.services.clock.now(),
            quarantine: None,
        };
        Ok(Candidate { bytes: package.bytes, proof: package.proof, binary, record })
    }
}

async fn fetched(
    life: &Life,
    from: InstallFrom,
    options: &InstallOptions,
) -> Result<Package, PluginAdminError> {
    let (reference, digest) = match (from, &life.packages) {
        (InstallFrom::Given(package), _) => return Ok(package),
        (InstallFrom::Upload(upload), Some(packages)) => return Ok(packages.package_of(upload)),
        (InstallFrom::Upload(upload), None) => {
            return Ok(Package { bytes: upload.bytes, origin: upload.origin, proof: None });
        }
        (InstallFrom::Reference { reference, digest }, _) => (reference, digest),
    };
    let failed =
        |reason| PluginAdminError::Stage { plugin: reference.clone(), stage: Stage::Fetch, reason };
    let Some(packages) = &life.packages else {
        return Err(failed("this server fetches no packages; install it from a file".to_owned()));
    };
    let digest = digest.as_deref().or(options.digest.as_deref());
    let package = packages.package_fetch(&reference, digest).await;
    package.map_err(|err| {
        let stage = match err {
            PackageError::Fetch { .. } => Stage::Fetch,
            // It arrived, and is not what it should be.
            PackageError::Verify { .. } => Stage::Verify,
        };
        PluginAdminError::Stage { plugin: reference.clone(), stage, reason: err.to_string() }
    })
}

async fn verified(
    life: &Life,
    package: &Package,
    options: &InstallOptions,
) -> Result<Signature, String> {
    let signature = match &life.packages {
        Some(packages) => packages.package_verify(package).await.map_err(|err| err.to_string())?,
        None => Signature::Unsigned,
    };
    check_signer(&signature, options.signer.as_deref())?;
    if signature == Signature::Unsigned && !options.allow_unsigned && !life.allow_unsigned {
        return Err("nobody that this server trusts has signed it; have it signed, or install it \
                    with --allow-unsigned"
            .to_owned());
    }
    Ok(signature)
}

/// Checks that the key has signed it that must have.
pub(super) fn check_signer(signature: &Signature, wanted: Option<&str>) -> Result<(), String> {
    let by = match signature {
        Signature::Unsigned => None,
        Signature::Signed { by } => Some(by.as_str()),
    };
    match wanted.filter(|wanted| by != Some(*wanted)) {
        None => Ok(()),
        Some(wanted) => {
            let found =
                by.map_or("nobody that this server trusts".to_owned(), |by| format!("{by:?}"));
            Err(format!(
                "it must be signed by {wanted:?}, but is by {found}; have it signed by that key, \
                 or say another signer if that is meant"
            ))
        }
    }
}

/// Returns whether two digests are the same, whatever the case, with or without `sha256:`.
pub(super) fn same(wanted: &str, found: &str) -> bool {
    wanted.strip_prefix("sha256:").unwrap_or(wanted).eq_ignore_ascii_case(found)
}
