//! A component as an artifact of a registry, by the convention that `wkg` and `oci-wasm` share: a
//! config of the type `application/vnd.wasm.config.v0+json`, and one layer of `application/wasm`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::Digest;

/// The media types of the convention.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
pub const LAYER: &str = "application/wasm";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A manifest of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub config: Descriptor,
    pub layer: Descriptor,
    pub annotations: BTreeMap<String, String>,
}

/// Why a manifest is not that of a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    #[error("its manifest cannot be read: {reason}")]
    Damaged { reason: String },
    #[error("it is an index of images for several machines, not a WebAssembly component")]
    Index,
    #[error("its config is of the type {found:?}, not {CONFIG:?}: it is no WebAssembly artifact")]
    Config { found: String },
    #[error("it has {count} layers of the type {LAYER:?}; a plugin has one")]
    Layers { count: usize },
}

/// Some bytes of a registry, as a manifest names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    #[serde(with = "as_text")]
    pub digest: Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Any manifest, read without judgement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    pub(crate) media_type: String,
    pub(crate) config: Option<Descriptor>,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// What a config and its annotations say, beside the digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub name: String,
    pub version: String,
    pub summary: String,
    /// Seconds since 1970 as RFC 3339; without it the same component gives the same artifact.
    pub created: Option<String>,
    pub exports: Vec<String>,
    pub imports: Vec<String>,
}

impl Descriptor {
    /// Describes some bytes.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
        }
    }
}

impl Artifact {
    /// Reads a manifest, and checks that it is one of a component.
    ///
    /// # Errors
    /// Fails when it is anything else, and says what.
    pub fn parse(manifest: &[u8]) -> Result<Self, ArtifactError> {
        let manifest: Manifest = serde_json::from_slice(manifest)
            .map_err(|err| ArtifactError::Damaged { reason: err.to_string() })?;
        if manifest.media_type == INDEX || manifest.media_type.ends_with(".list.v2+json") {
            return Err(ArtifactError::Index);
        }
        let config = match manifest.config {
            Some(config) if config.media_type == CONFIG => config,
            other => {
                let found = other.map(|config| config.media_type).unwrap_or_default();
                return Err(ArtifactError::Config { found });
            }
        };
        let mut layers = manifest.layers.into_iter().filter(|layer| layer.media_type == LAYER);
        match (layers.next(), layers.count()) {
            (Some(layer), 0) => Ok(Self { config, layer, annotations: manifest.annotations }),
            (first, more) => {
                Err(ArtifactError::Layers { count: usize::from(first.is_some()) + more })
            }
        }
    }

    /// Makes manifest and config for a component.
    #[must_use]
    pub fn make(component: &[u8], facts: &Facts) -> Made {
        let layer = Descriptor::of(LAYER, component);
        let mut config = json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer.digest.to_string()],
            "component": { "exports": facts.exports, "imports": facts.imports, "target": null },
        });
        if let Some(created) = &facts.created {
            config["created"] = Value::from(created.as_str());
        }
        let config = config.to_string().into_bytes();
        let mut annotations = BTreeMap::new();
        for (name, value) in [
            ("org.opencontainers.image.title", Some(&facts.name)),
            ("org.opencontainers.image.version", Some(&facts.version)),
            ("org.opencontainers.image.description", Some(&facts.summary)),
            ("org.opencontainers.image.created", facts.created.as_ref()),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                annotations.insert(name.to_owned(), value.clone());
            }
        }
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            config: Some(Descriptor::of(CONFIG, &config)),
            layers: vec![layer],
            annotations,
        };
        Made { manifest: manifest.bytes(), config }
    }
}

/// What is stored beside the component itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub manifest: Vec<u8>,
    pub config: Vec<u8>,
}

impl Manifest {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // Texts and numbers only: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Digests as texts.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::digest::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
