//! Writing to a registry: blobs first, then the manifest that names them.

use reqwest::Method;

use super::{CONTENT_TYPE, LOCATION, Registry};
use crate::artifact::{LAYER, Made};
use crate::digest::Digest;
use crate::fetch::TransferError;
use crate::reference::Version;

/// Why something was not pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("failed to push {what}")]
    Transfer {
        what: String,
        #[source]
        err: TransferError,
    },
    #[error("{what} names a digest; push to a tag, such as `:1.0.0`")]
    NoTag { what: String },
    #[error("the signatures of {subject} in the registry cannot be read: {reason}")]
    Signatures { subject: Digest, reason: String },
}

impl Registry {
    /// Pushes a component under the tag of the reference; returns the artifact's digest.
    ///
    /// # Errors
    /// Fails when the registry does not take it.
    pub async fn push(&self, component: &[u8], made: &Made) -> Result<Digest, PushError> {
        let what = self.reference.to_string();
        if matches!(self.reference.version, Version::Digest(_)) {
            return Err(PushError::NoTag { what });
        }
        let work = async {
            self.blob_push(component, LAYER).await?;
            self.blob_push(&made.config, "application/octet-stream").await?;
            self.manifest_push(&self.reference.version, &made.manifest).await
        };
        work.await.map_err(|err| PushError::Transfer { what, err })?;
        Ok(Digest::of(&made.manifest))
    }

    /// Stores a blob, unless it is there.
    pub(super) async fn blob_push(&self, bytes: &[u8], media: &str) -> Result<(), TransferError> {
        let digest = Digest::of(bytes);
        let url = self.url(&format!("blobs/{digest}"))?;
        let there = self.send(|| self.http.request(Method::HEAD, &url)).await?;
        if there.status().is_success() {
            return Ok(());
        }
        let what = format!("blobs of oci://{}/{}", self.host(), self.reference.repository);
        let url = self.url("blobs/uploads/")?;
        let opened = self
            .ask(|| self.http.request(Method::POST, &url).header("content-length", 0), &what)
            .await?;
        let place = opened.headers().get(LOCATION).and_then(|place| place.to_str().ok());
        let place = place.ok_or_else(|| self.protocol("an upload without a place"))?;
        let mut place =
            url.join(place).map_err(|_| self.protocol(format!("{place:?} is no place")))?;
        if place.scheme() != self.base.scheme() {
            return Err(self.protocol("it wants the upload sent by another scheme"));
        }
        place.query_pairs_mut().append_pair("digest", &digest.to_string());
        let build = || {
            let request = self.http.request(Method::PUT, &place);
            request.header(CONTENT_TYPE, media).body(bytes.to_vec())
        };
        let is_ours = place.host_str() == self.base.host_str()
            && place.port_or_known_default() == self.base.port_or_known_default();
        let stored = if is_ours {
            self.send(build).await?
        } else {
            // Another machine keeps the bytes: our login is none of its business.
            self.http.send(build(), self.host()).await?
        };
        if !stored.status().is_success() {
            return Err(super::refusal(stored, &what, self.host(), self.user()).await);
        }
        Ok(())
    }

    pub(super) async fn manifest_push(
        &self,
        version: &Version,
        manifest: &[u8],
    ) -> Result<(), TransferError> {
        let what = self.reference.at(version.clone()).to_string();
        let url = self.url(&format!("manifests/{version}"))?;
        let build = || {
            let request = self.http.request(Method::PUT, &url);
            request.header(CONTENT_TYPE, crate::artifact::MANIFEST).body(manifest.to_vec())
        };
        self.ask(build, &what).await.map(|_| ())
    }
}
