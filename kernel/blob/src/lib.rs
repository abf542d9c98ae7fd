//! Bytes on the local file system: volumes, logs, blobs.

mod volumes;

pub use volumes::LocalVolumes;
