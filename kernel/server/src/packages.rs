//! Where this server's plugins come from, and whom it trusts: the port over `kernel_package`.
//!
//! Invariants:
//! - A request goes where the policy for the way out lets it, and nowhere else.
//! - Files of the server's own are never read by a reference.
//! - Trust is judged by the keys that are in the trust store at that moment.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use kernel_host::EgressPolicy;
use kernel_package::credentials::Credentials;
use kernel_package::fetch::{Access, Gate, TransferError};
use kernel_package::signature::Signature as Found;
use kernel_package::{
    Digest, FetchError, Fetcher, Limits, Source, Trust, TrustStore, bundle, proof,
};
use kernel_ports::package::{Bundled, Package, PackageError, Packages, Upload};
use kernel_ports::plugin_store::Signature;

/// What an operator says about packages.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackagesConfig {
    pub(crate) trust_store: Option<PathBuf>,
    /// Whether everybody may install what nobody has signed, without saying so.
    pub(crate) allow_unsigned: bool,
    /// Hosts, with their ports, that are asked over plain http.
    pub(crate) plain_http: Vec<String>,
    pub(crate) logins: Option<PathBuf>,
    pub(crate) ca: Option<PathBuf>,
}

/// Fetches and judges packages.
#[derive(Debug)]
pub(crate) struct Depot {
    config: PackagesConfig,
    gate: Arc<dyn Gate>,
}

/// The way out of a server, for packages.
#[derive(Debug)]
struct WayOut(EgressPolicy);

impl Gate for WayOut {
    fn check(&self, host: &str, address: IpAddr) -> Result<(), String> {
        if self.0.allows(host, address) {
            return Ok(());
        }
        // As the setting takes it: without the brackets of an address in a URL.
        let named = host.trim_start_matches('[').trim_end_matches(']');
        Err(format!(
            "{address} is not a public address; the server's setting network.egress_allowed \
             (--egress-allowed {named}) allows it"
        ))
    }
}

impl Depot {
    /// Reads what the settings name once, so that a mistake is known at the start.
    pub(crate) fn open(config: PackagesConfig, egress: EgressPolicy) -> anyhow::Result<Self> {
        let depot = Self { config, gate: Arc::new(WayOut(egress)) };
        depot.trust_store().context("plugins.trust_store cannot be used")?;
        depot.credentials().context("plugins.registry_logins cannot be used")?;
        if depot.config.ca.is_some() {
            depot.fetcher().context("plugins.registry_ca cannot be used")?;
        }
        Ok(depot)
    }

    fn trust_store(&self) -> anyhow::Result<TrustStore> {
        Ok(match &self.config.trust_store {
            Some(path) => TrustStore::read(path)?,
            None => TrustStore::default(),
        })
    }

    fn credentials(&self) -> anyhow::Result<Credentials> {
        Ok(match &self.config.logins {
            Some(path) => Credentials::read(path)?,
            None => Credentials::default(),
        })
    }

    fn fetcher(&self) -> anyhow::Result<Fetcher> {
        let access = Access {
            credentials: self.credentials()?,
            plain_http: self.config.plain_http.iter().cloned().collect(),
            ca: self.config.ca.clone(),
            gate: Some(Arc::clone(&self.gate)),
        };
        Ok(Fetcher::new(access, Limits::default())?)
    }
}

#[async_trait]
impl Packages for Depot {
    async fn package_fetch(
        &self,
        reference: &str,
        digest: Option<&str>,
    ) -> Result<Package, PackageError> {
        let failed = |reason: String| PackageError::Fetch { reason };
        let source = source(reference, digest).map_err(failed)?;
        let fetcher = self.fetcher().map_err(|err| failed(format!("{err:#}")))?;
        let package = fetcher.fetch(&source).await.map_err(|err| match &err {
            FetchError::Digest { .. } => PackageError::Verify { reason: err.to_string() },
            FetchError::Read { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Artifact { .. }
            | FetchError::TimedOut { .. }
            | FetchError::Transfer(_) => failed(told(err)),
        })?;
        Ok(of(package))
    }

    fn package_of(&self, upload: Upload) -> Package {
        let Upload { bytes, origin, signatures } = upload;
        let signatures = signatures.iter().map(|text| Found::of_text(text)).collect();
        // A proof is about signatures alone: the bytes need not be copied for it.
        let proof = proof::write(&kernel_package::Package::new(vec![], String::new(), signatures));
        Package { bytes, origin, proof: proof.map(Bytes::from) }
    }

    async fn bundle_open(&self, bundle: Bytes) -> Result<Vec<Bundled>, PackageError> {
        let opened = tokio::task::spawn_blocking(move || bundle::import(&*bundle));
        let failed = |reason: String| PackageError::Fetch { reason };
        let opened = opened.await.map_err(|err| failed(err.to_string()))?;
        let opened = opened.map_err(|err| failed(chain(&err)))?;
        let bundled = opened.into_iter().map(|bundle::Bundled { name, version, package }| {
            Bundled { name, version, package: of(package) }
        });
        Ok(bundled.collect())
    }

    async fn package_verify(&self, package: &Package) -> Result<Signature, PackageError> {
        let refused = |reason: String| PackageError::Verify { reason };
        let store = self.trust_store().map_err(|err| refused(format!("{err:#}")))?;
        let Package { bytes, origin, proof } = package.clone();
        let judged = tokio::task::spawn_blocking(move || {
            let package = proof::read(bytes.to_vec(), whole(&origin), proof.as_deref())?;
            Ok::<Trust, proof::ProofError>(store.judge(&package))
        });
        let judged = judged.await.map_err(|err| refused(err.to_string()))?;
        match judged.map_err(|err| refused(err.to_string()))? {
            Trust::Trusted { key } => Ok(Signature::Signed { by: key }),
            Trust::Unsigned => Ok(Signature::Unsigned),
            Trust::Refused { reason } => Err(refused(reason)),
        }
    }
}

/// Reads what an operator writes; the digest of an address may stand beside it.
fn source(reference: &str, digest: Option<&str>) -> Result<Source, String> {
    let is_address = reference.starts_with("https://") || reference.starts_with("http://");
    let text = match digest {
        Some(digest) if is_address && !reference.contains('#') => {
            let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
            format!("{reference}#sha256:{}", hex.to_ascii_lowercase())
        }
        _ => reference.to_owned(),
    };
    match text.parse::<Source>().map_err(|err| err.to_string())? {
        Source::File(path) => Err(format!(
            "the server reads no files of its own; send it, with `tenon plugin install {}`",
            path.display()
        )),
        Source::Url { url, digest: wanted } => {
            let other = digest.and_then(|digest| {
                let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
                format!("sha256:{hex}").parse::<Digest>().ok().filter(|other| *other != wanted)
            });
            match other {
                Some(other) => Err(format!("two digests are given: {wanted} and {other}")),
                None => Ok(Source::Url { url, digest: wanted }),
            }
        }
        source @ Source::Oci(_) => Ok(source),
    }
}

/// Returns an origin as patterns of a trust store are written: a name alone is that of a file.
fn whole(origin: &str) -> String {
    if origin.contains("://") { origin.to_owned() } else { format!("file:///{origin}") }
}

fn of(package: kernel_package::Package) -> Package {
    let proof = proof::write(&package).map(Bytes::from);
    Package { bytes: package.bytes.into(), origin: package.origin, proof }
}

/// Returns why nothing was fetched. The ways out that are flags of a command here are settings.
fn told(err: FetchError) -> String {
    let FetchError::Transfer(err) = err else { return chain(&err) };
    match err {
        TransferError::PlainHttp { host } => format!(
            "{host} is asked over plain http only when the server's setting plugins.plain_http \
             (--plain-http {host}) names it"
        ),
        TransferError::NoTls { host } => format!(
            "{host} speaks no TLS; name it in the server's setting plugins.plain_http \
             (--plain-http {host}) if that is meant"
        ),
        TransferError::Tls { host, reason } => format!(
            "{host} speaks no TLS that is trusted here: {reason}; the server's setting \
             plugins.registry_ca (--registry-ca) names further certificates"
        ),
        TransferError::NoLogin { host } => format!(
            "{host} refuses without a login; the server's setting plugins.registry_logins \
             (--registry-logins) names a file of logins, which must have one for {host}"
        ),
        TransferError::Login { host, user } => format!(
            "{host} does not accept the login of {user:?}; check name and password in the file that \
             the server's setting plugins.registry_logins (--registry-logins) names"
        ),
        err => chain(&err),
    }
}

fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(&format!(": {err}"));
        cause = err.source();
    }
    text
}

#[cfg(test)]
mod tests;
