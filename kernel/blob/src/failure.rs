//! What went wrong, in the words of the ports.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;

use kernel_ports::store::StoreError;

/// Returns the failure to do `action` with the file at `path`.
pub(crate) fn io_error(action: impl Into<String>, path: &Path, err: io::Error) -> StoreError {
    match is_full(&err) {
        true => StoreError::Full { path: path.display().to_string() },
        false => StoreError::Io { action: action.into(), err: Box::new(err) },
    }
}

/// Returns the failure of the service that keeps the blobs in `path`.
pub(crate) fn service_error(action: String, path: &Path, err: opendal::Error) -> StoreError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&err);
    while let Some(found) = cause {
        if found.downcast_ref::<io::Error>().is_some_and(is_full) {
            return StoreError::Full { path: path.display().to_string() };
        }
        cause = found.source();
    }
    StoreError::Io { action, err: Box::new(err) }
}

/// Returns the failure of a task that panicked or was cut off by a shutdown.
pub(crate) fn task_lost(err: tokio::task::JoinError) -> StoreError {
    StoreError::Io { action: "finish work on files".to_owned(), err: Box::new(err) }
}

fn is_full(err: &io::Error) -> bool {
    matches!(err.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
