//! What can go wrong inside, before it is known where and what for.

use std::path::Path;

use kernel_ports::store::StoreError;
use rusqlite::ErrorCode;

/// Why a transaction did not work out.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite refused.
    Sql(rusqlite::Error),
    /// The store refused; says so itself.
    Refused(StoreError),
    /// The thread that should do it is gone: a bug, or the process ends.
    Gone,
}

impl From<rusqlite::Error> for Fault {
    fn from(err: rusqlite::Error) -> Self {
        Self::Sql(err)
    }
}

impl From<StoreError> for Fault {
    fn from(err: StoreError) -> Self {
        Self::Refused(err)
    }
}

impl Fault {
    pub(crate) fn into_store_error(self, action: &str, path: &Path) -> StoreError {
        match self {
            Self::Sql(err) => sql(err, action, path),
            Self::Refused(err) => err,
            Self::Gone => StoreError::Io {
                action: action.to_owned(),
                err: "the store has been closed".into(),
            },
        }
    }
}

fn sql(err: rusqlite::Error, action: &str, path: &Path) -> StoreError {
    let shown = path.display().to_string();
    match err.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path: shown },
        Some(ErrorCode::NotADatabase) => StoreError::Corrupt {
            what: shown,
            reason: "it is not a database of Tenon; name another file, or restore a backup"
                .to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => {
            StoreError::Corrupt { what: shown, reason: format!("{err}; restore a backup") }
        }
        _ => StoreError::Io { action: format!("{action} in {shown}"), err: err.into() },
    }
}
