//! Fetches a plugin from where its source says, with the signatures that are found there.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode, Url};

use crate::artifact::{Artifact, ArtifactError, Manifest};
use crate::credentials::Credentials;
use crate::digest::Digest;
use crate::package::{DETACHED_ENDING, MINISIGN_ENDING, Package};
use crate::reference::{Reference, Version};
use crate::registry::Registry;
use crate::signature::{self, Signature};
use crate::simple_signing;
use crate::source::Source;

mod gate;
pub(crate) mod http;

pub use gate::Gate;
pub use http::TransferError;
use http::{Http, read, refusal};

/// What an operator says about the network.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// For registries.
    pub credentials: Credentials,
    /// Registries, with their ports, that are asked over plain http.
    pub plain_http: BTreeSet<String>,
    /// Certificates to trust beside those of the system, in PEM.
    pub ca: Option<PathBuf>,
    /// Where requests may go; none: anywhere, also through a proxy.
    pub gate: Option<Arc<dyn Gate>>,
}

/// How much a fetch may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of a plugin.
    pub bytes: u64,
    /// Of everything that belongs to one fetch.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // Components with a Python inside have 20 MB.
        Self { bytes: 128 * 1024 * 1024, time: Duration::from_secs(300) }
    }
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} is larger than {limit} bytes, which no plugin is")]
    TooLarge { path: PathBuf, limit: u64 },
    #[error(
        "{what} is not what it should be: its digest is {found}, not {wanted}; it was changed \
         since, or on its way"
    )]
    Digest { what: String, wanted: Digest, found: Digest },
    #[error("{what} is no plugin")]
    Artifact {
        what: String,
        #[source]
        err: ArtifactError,
    },
    #[error("{what} was not fetched within {} s; try again later", limit.as_secs())]
    TimedOut { what: String, limit: Duration },
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

/// Fetches packages.
#[derive(Debug, Clone)]
pub struct Fetcher {
    http: Http,
    access: Access,
    limits: Limits,
}

impl Fetcher {
    /// Makes a fetcher.
    ///
    /// # Errors
    /// Fails when the certificates cannot be read.
    pub fn new(access: Access, limits: Limits) -> Result<Self, TransferError> {
        Ok(Self { http: Http::new(&access)?, access, limits })
    }

    /// Fetches a plugin and its signatures. Nothing of it was believed yet.
    ///
    /// # Errors
    /// Fails when it is not there, not reachable, too large, or not what its digest says.
    pub async fn fetch(&self, source: &Source) -> Result<Package, FetchError> {
        let fetch = async {
            match source {
                Source::File(path) => file(path, source.origin(), self.limits.bytes),
                Source::Url { url, digest } => self.url(url, *digest).await,
                Source::Oci(reference) => self.oci(reference).await,
            }
        };
        let limit = self.limits.time;
        tokio::time::timeout(limit, fetch)
            .await
            .unwrap_or_else(|_| Err(FetchError::TimedOut { what: source.to_string(), limit }))
    }

    /// Returns a client for the registry of `reference`.
    ///
    /// # Errors
    /// Fails when the registry's name gives no address.
    pub fn registry(&self, reference: &Reference) -> Result<Registry, TransferError> {
        Registry::new(self.http.clone(), &self.access, reference)
    }

    async fn url(&self, url: &Url, digest: Digest) -> Result<Package, FetchError> {
        let host = authority(url);
        let bytes = self.get(url, &host, self.limits.bytes).await?.ok_or_else(|| {
            FetchError::Transfer(TransferError::NotFound { what: url.to_string() })
        })?;
        check(url.as_str(), &bytes, digest)?;
        let mut signatures = Vec::new();
        for ending in [MINISIGN_ENDING, DETACHED_ENDING] {
            let mut beside = url.clone();
            beside.set_path(&format!("{}{ending}", url.path()));
            let limit = signature::BYTES_MAX as u64;
            if let Some(found) = self.get(&beside, &host, limit).await? {
                signatures.extend(beside_read(ending, &found));
            }
        }
        Ok(Package::new(bytes, url.to_string(), signatures))
    }

    /// Gets what lies at an address; none when nothing does.
    async fn get(&self, url: &Url, host: &str, limit: u64) -> Result<Option<Vec<u8>>, FetchError> {
        if url.scheme() != "https" && !self.access.plain_http.contains(&authority(url)) {
            return Err(TransferError::PlainHttp { host: authority(url) }.into());
        }
        let response = self.http.send(self.http.request(Method::GET, url), host).await?;
        if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(refusal(response, url.as_str(), host, None).await.into());
        }
        Ok(Some(read(response, url.as_str(), host, limit).await?))
    }

    async fn oci(&self, reference: &Reference) -> Result<Package, FetchError> {
        let registry = self.registry(reference)?;
        let what = reference.to_string();
        let manifest = registry.manifest(&reference.version).await?;
        let subject = Digest::of(&manifest);
        if let Version::Digest(wanted) = reference.version {
            check(&what, &manifest, wanted)?;
        }
        let artifact = Artifact::parse(&manifest)
            .map_err(|err| FetchError::Artifact { what: what.clone(), err })?;
        let layer = artifact.layer;
        let bytes = registry.blob(layer.digest, self.limits.bytes).await?;
        check(&format!("the component of {what}"), &bytes, layer.digest)?;
        let signatures = signatures(&registry, subject).await?;
        let package = Package::new(bytes, what.clone(), signatures);
        // The manifest was read as that of just these bytes.
        package
            .with_artifact(manifest)
            .map_err(|_| FetchError::Artifact { what, err: ArtifactError::Layers { count: 0 } })
    }
}

/// Finds the signatures of an artifact, under the tag that its digest gives.
async fn signatures(registry: &Registry, subject: Digest) -> Result<Vec<Signature>, FetchError> {
    let tag = Version::Tag(simple_signing::tag(subject));
    let manifest = match registry.manifest(&tag).await {
        Ok(manifest) => manifest,
        Err(TransferError::NotFound { .. }) => return Ok(Vec::new()),
        Err(err) => return Err(err.into()),
    };
    // What cannot be read is no signature; the trust store says what that means.
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap_or_default();
    let mut signatures = Vec::new();
    for layer in manifest.layers.into_iter().take(signature::COUNT_MAX) {
        let text = layer.annotations.get(simple_signing::ANNOTATION);
        let made = text.and_then(|text| STANDARD.decode(text.trim()).ok());
        if let Some(made) = made.filter(|_| layer.media_type == simple_signing::MEDIA_TYPE) {
            let payload = registry.blob(layer.digest, signature::BYTES_MAX as u64).await?;
            signatures.push(Signature::Simple { payload, signature: made });
        }
    }
    Ok(signatures)
}

fn check(what: &str, bytes: &[u8], wanted: Digest) -> Result<(), FetchError> {
    let found = Digest::of(bytes);
    if found == wanted {
        return Ok(());
    }
    Err(FetchError::Digest { what: what.to_owned(), wanted, found })
}

/// Reads a plugin of this machine with the signatures that lie beside it.
///
/// # Errors
/// Fails when it cannot be read, or is too large.
pub fn file_fetch(path: &Path) -> Result<Package, FetchError> {
    file(path, Source::File(path.to_owned()).origin(), Limits::default().bytes)
}

fn file(path: &Path, origin: String, limit: u64) -> Result<Package, FetchError> {
    let failed = |err| FetchError::Read { path: path.to_owned(), err };
    let bytes = file_read(path, limit).map_err(failed)?;
    let bytes = bytes.ok_or_else(|| FetchError::TooLarge { path: path.to_owned(), limit })?;
    let mut signatures = Vec::new();
    for ending in [MINISIGN_ENDING, DETACHED_ENDING] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        match file_read(Path::new(&beside), signature::BYTES_MAX as u64) {
            Ok(Some(found)) => signatures.extend(beside_read(ending, &found)),
            Ok(None) => {
                let limit = signature::BYTES_MAX as u64;
                return Err(FetchError::TooLarge { path: beside.into(), limit });
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => return Err(FetchError::Read { path: beside.into(), err }),
        }
    }
    Ok(Package::new(bytes, origin, signatures))
}

/// Reads a file that has up to `limit` bytes; none when it has more.
fn file_read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn beside_read(ending: &str, bytes: &[u8]) -> Option<Signature> {
    match ending {
        MINISIGN_ENDING => String::from_utf8(bytes.to_vec()).ok().map(Signature::Minisign),
        _ => Some(Signature::detached(bytes)),
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
