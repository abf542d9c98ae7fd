//! An artifact as a folder, in the image layout of OCI, for tools that copy such folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::artifact::{MANIFEST, Made};
use crate::digest::Digest;

/// Why a layout was not written.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("{path} is there and not empty; name another folder, or remove it")]
    Occupied { path: PathBuf },
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
}

/// Writes a component and its manifest into `folder`, under the name `tag`.
///
/// # Errors
/// Fails when the folder holds something else.
pub fn write(folder: &Path, component: &[u8], made: &Made, tag: &str) -> Result<(), LayoutError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(LayoutError::Occupied { path: folder.to_owned() });
    }
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).map_err(|err| LayoutError::Write { path: blobs.clone(), err })?;
    for bytes in [component, &made.config, &made.manifest] {
        put(&blobs.join(Digest::of(bytes).hex()), bytes)?;
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": MANIFEST,
            "digest": Digest::of(&made.manifest).to_string(),
            "size": made.manifest.len(),
            "annotations": { "org.opencontainers.image.ref.name": tag },
        }],
    });
    put(&folder.join("index.json"), index.to_string().as_bytes())?;
    put(&folder.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), LayoutError> {
    fs::write(path, bytes).map_err(|err| LayoutError::Write { path: path.to_owned(), err })
}
