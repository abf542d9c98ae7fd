//! Looks again at what is kept: bytes, digests, signatures.

use std::sync::Arc;

use bytes::Bytes;
use kernel_ports::package::Package;
use kernel_ports::plugin_admin::{PluginAdminError, VersionVerified};
use kernel_ports::plugin_store::{Signature, VersionRecord};

use super::Life;
use super::install::blocking;
use crate::builder::Host;

impl Host {
    /// Looks at every version of a plugin that is kept, the newest first.
    pub(super) async fn verify_all(
        &self,
        plugin: &str,
    ) -> Result<Vec<VersionVerified>, PluginAdminError> {
        let facts = Arc::clone(&self.registry.load().facts);
        let record = self.record(&facts, plugin, "verify")?;
        let life = self.life()?;
        let mut verified = Vec::new();
        for version in record.versions.iter().rev() {
            let (signature, problems) = look(life, version).await?;
            verified.push(VersionVerified {
                version: version.version.clone(),
                digest: version.digest.clone(),
                origin: version.origin.clone(),
                is_active: version.digest == record.active,
                signature,
                problems,
            });
        }
        Ok(verified)
    }
}

/// Returns who has signed a version, by the keys of today, and what does not hold.
async fn look(
    life: &Life,
    version: &VersionRecord,
) -> Result<(Signature, Vec<String>), PluginAdminError> {
    let (depot, sha256) = (Arc::clone(&life.depot), version.digest.clone());
    // What cannot be read is an answer, not a failure.
    let read = blocking("read the binary", move || Ok((depot.read(&sha256), depot.proof(&sha256))));
    let (bytes, proof) = read.await?;
    let bytes = match bytes {
        Ok(bytes) => Bytes::from(bytes),
        Err(err) => return Ok((Signature::Unsigned, vec![err.to_string()])),
    };
    let Some(packages) = &life.packages else { return Ok((version.signature.clone(), vec![])) };
    let (origin, proof) = (version.origin.clone(), proof.map(Bytes::from));
    let signature = match packages.package_verify(&Package { bytes, origin, proof }).await {
        Ok(signature) => signature,
        Err(err) => return Ok((Signature::Unsigned, vec![err.to_string()])),
    };
    let problem = match (&version.signature, &signature) {
        (Signature::Signed { by }, Signature::Unsigned) => Some(format!(
            "it was signed by {by:?}, and no key that is trusted now has signed it; put the key \
             back into the trust store, or install the plugin again"
        )),
        (Signature::Signed { by }, Signature::Signed { by: now }) if by != now => Some(format!(
            "it was signed by {by:?} when it was installed, and the trust store calls the key \
             {now:?} now; install the plugin again if that is meant"
        )),
        (Signature::Signed { .. } | Signature::Unsigned, _) => None,
    };
    Ok((signature, problem.into_iter().collect()))
}
