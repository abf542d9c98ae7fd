//! The store as a whole.

use crate::kv::KvStore;
use crate::pipeline::PipelineStore;
use crate::run::RunStore;
use crate::workspace::WorkspaceStore;

/// Everything that is kept in a database.
pub trait Store: PipelineStore + RunStore + WorkspaceStore + KvStore {
    /// Returns how many statements the store has executed since it was opened.
    fn statements(&self) -> u64;
}

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has changed it in the meantime.
    #[error("{what} was changed by someone else: expected version {seen}, found {found}")]
    Conflict { what: String, seen: u64, found: u64 },
    #[error("{what} does not exist")]
    NotFound { what: String },
    /// Another kernel has taken over.
    #[error("this server no longer owns its store: {holder} has taken over")]
    Fenced { holder: String },
    #[error("the disk is full: {path}; free some space, and the server goes on by itself")]
    Full { path: String },
    #[error(
        "{path} was written by a newer version of Tenon (schema {found}, this one knows {known}); \
         start that version, or restore a backup"
    )]
    Newer { path: String, found: u64, known: u64 },
    /// Stored bytes that make no sense.
    #[error("{what} in the store cannot be read: {reason}")]
    Corrupt { what: String, reason: String },
    #[error("failed to {action}")]
    Io {
        action: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}
