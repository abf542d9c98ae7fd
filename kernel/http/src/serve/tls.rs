//! HTTPS: the certificate and its key, read again when they change.
//!
//! Nothing watches the files: they are looked at when a connection comes, once a second at most.
//! Connections that are open keep what they began with.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Time between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);

/// A certificate with its key.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    seen: Seen,
    looked_at: Instant,
}

/// What tells whether a file has changed: of the certificate, and of the key.
type Seen = [Option<(SystemTime, u64)>; 2];

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} holds no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----")]
    NoCertificate { path: PathBuf },
    #[error("{path} holds no private key; it must be PEM, with -----BEGIN PRIVATE KEY-----")]
    NoKey { path: PathBuf },
    #[error("{path} is broken: {reason}")]
    Broken { path: PathBuf, reason: String },
    #[error("the key in {key} does not belong to the certificate in {cert}")]
    Mismatch { cert: PathBuf, key: PathBuf },
    #[error("the certificate in {cert} and the key in {key} cannot be used")]
    Unusable {
        cert: PathBuf,
        key: PathBuf,
        #[source]
        err: rustls::Error,
    },
}

impl Tls {
    /// Reads a certificate chain and its key, both PEM.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let seen = seen(cert, key);
        let config = load(cert, key)?;
        let current = Mutex::new(Current { config, seen, looked_at: Instant::now() });
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), current })
    }

    /// Greets a client.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        TlsAcceptor::from(self.config()).accept(stream).await
    }

    fn config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked_at.elapsed() >= LOOK {
            current.looked_at = Instant::now();
            let seen = seen(&self.cert, &self.key);
            if seen != current.seen {
                match load(&self.cert, &self.key) {
                    Ok(config) => {
                        tracing::info!(cert = %self.cert.display(), "took a new certificate");
                        current.config = config;
                        current.seen = seen;
                    }
                    // The other of the two files may be on its way: looked at again.
                    Err(err) => tracing::error!("kept the old certificate: {err}"),
                }
            }
        }
        Arc::clone(&current.config)
    }
}

fn seen(cert: &Path, key: &Path) -> Seen {
    let of = |metadata: Metadata| Some((metadata.modified().ok()?, metadata.len()));
    [cert, key].map(|path| std::fs::metadata(path).ok().and_then(of))
}

fn load(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|err| TlsError::Read { path: path.to_owned(), err })
    };
    let broken = |path: &Path, err: &pem::Error| TlsError::Broken {
        path: path.to_owned(),
        reason: err.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(cert)?)
        .collect::<Result<_, _>>()
        .map_err(|err| broken(cert, &err))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { path: cert.to_owned() });
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|err| match err {
        pem::Error::NoItemsFound => TlsError::NoKey { path: key.to_owned() },
        err => broken(key, &err),
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |err| match err {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { cert: cert.to_owned(), key: key.to_owned() }
        }
        err => TlsError::Unusable { cert: cert.to_owned(), key: key.to_owned(), err },
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("cert", &self.cert).finish_non_exhaustive()
    }
}
