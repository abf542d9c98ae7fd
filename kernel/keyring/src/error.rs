//! Why a keyring does not open or rotate.

use std::io;
use std::path::PathBuf;

use crate::server_key::ServerKeyError;
use crate::source::KEY_LEN_MIN;

/// Why a keyring could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the server key {from} is not the one that sealed {path}; \
         give that key, or restore the backup that belongs to this one"
    )]
    WrongKey { from: String, path: PathBuf },
    #[error(
        "{path} was sealed with a generated key, but {key} is gone; \
         restore it from a backup: without it, the secrets in this server cannot be read"
    )]
    KeyGone { path: PathBuf, key: PathBuf },
    #[error(
        "{path} was sealed by a key in the device {device:?}; \
         start the server with the keyring of that device"
    )]
    DeviceNeeded { path: PathBuf, device: String },
    #[error(
        "{path} was sealed by a key outside of the device {device:?}, and keys do not move; \
         start the server without that device, or with an empty data folder"
    )]
    DeviceUnknown { path: PathBuf, device: String },
    #[error(
        "the server key {from} has {found} bytes; give at least {KEY_LEN_MIN}, \
         such as the output of: openssl rand -base64 32"
    )]
    KeyShort { from: String, found: usize },
    #[error("other users can read {path}, which holds the server key; say: chmod 600 {path}")]
    KeyOpen { path: PathBuf },
    #[error("{path} was made with a salt of the operator; give it again beside the key")]
    SaltMissing { path: PathBuf },
    #[error(
        "{path} was written by a newer version of Tenon (format {found}, this one knows {known}); \
         start that version, or restore a backup"
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{path} is damaged: {reason}; restore it from a backup")]
    Damaged { path: PathBuf, reason: String },
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("failed to make a key")]
    Make(#[source] ServerKeyError),
}

/// Why the server key could not be replaced. The old one is still in place.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error(
        "this server's key is given by its operator ({from}), so a new one must be given too; \
         say: tenon secret rotate-key --from-file FILE"
    )]
    KeyNeeded { from: String },
    #[error(
        "this server keeps its own key ({path}) and makes the new one by itself; \
         leave out the key, or start the server with a key of yours"
    )]
    KeyUnwanted { path: PathBuf },
    #[error("the new key has {found} bytes; give at least {KEY_LEN_MIN}")]
    KeyShort { found: usize },
    #[error("this server's key is in a device; rotate it there")]
    Held,
    #[error("failed to write {path}; the old key stays in place")]
    Write {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("failed to make a key; the old one stays in place")]
    Make(#[source] ServerKeyError),
}
