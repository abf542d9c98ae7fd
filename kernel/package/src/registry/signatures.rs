//! Signatures in a registry: an image beside the artifact, whose tag is made of its digest.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Registry;
use super::upload::PushError;
use crate::artifact::{Descriptor, MANIFEST, Manifest};
use crate::digest::Digest;
use crate::fetch::TransferError;
use crate::reference::Version;
use crate::simple_signing::{self, ANNOTATION, MEDIA_TYPE};

/// The config of the image, which nobody runs.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

impl Registry {
    /// Returns the payload that a signature of the artifact `subject` is made over.
    #[must_use]
    pub fn signing_payload(&self, subject: Digest) -> Vec<u8> {
        let repository = format!("{}/{}", self.reference.registry, self.reference.repository);
        simple_signing::payload(&repository, subject)
    }

    /// Adds a signature over `payload` to those of the artifact `subject`.
    ///
    /// # Errors
    /// Fails when the registry does not take it.
    pub async fn signature_push(
        &self,
        subject: Digest,
        payload: &[u8],
        signature: &[u8],
    ) -> Result<(), PushError> {
        let tag = Version::Tag(simple_signing::tag(subject));
        let failed = |err| PushError::Transfer { what: format!("the signature of {subject}"), err };
        let mut manifest = match self.manifest(&tag).await {
            Ok(manifest) => serde_json::from_slice(&manifest)
                .map_err(|err| PushError::Signatures { subject, reason: err.to_string() })?,
            Err(TransferError::NotFound { .. }) => Manifest::default(),
            Err(err) => return Err(failed(err)),
        };
        let text = STANDARD.encode(signature);
        let mut layer = Descriptor::of(MEDIA_TYPE, payload);
        layer.annotations = BTreeMap::from([(ANNOTATION.to_owned(), text)]);
        manifest.layers.retain(|known| known != &layer);
        manifest.layers.push(layer);
        let digests: Vec<String> =
            manifest.layers.iter().map(|layer| layer.digest.to_string()).collect();
        let config = serde_json::json!({
            "architecture": "",
            "os": "",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": digests },
        });
        let config = config.to_string().into_bytes();
        manifest.schema_version = 2;
        MANIFEST.clone_into(&mut manifest.media_type);
        manifest.config = Some(Descriptor::of(CONFIG, &config));
        let work = async {
            self.blob_push(payload, MEDIA_TYPE).await?;
            self.blob_push(&config, "application/octet-stream").await?;
            self.manifest_push(&tag, &manifest.bytes()).await
        };
        work.await.map_err(failed)
    }
}
