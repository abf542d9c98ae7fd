//! Bytes on disk: logs, kept files, and the directories of runs.
//!
//! ```text
//! <root>/runs/<run>/logs/<step>-<attempt>/    segments while it is written, one file later
//! <root>/runs/<run>/volumes/<name>/           what the steps of a run share
//! <root>/runs/<run>/work/<step>-<attempt>/    where a program starts
//! <root>/caches/<pipeline>/<digest>/          a volume between two runs
//! <root>/blobs/<aa>/<aabbcc…>                 kept files by SHA-256, compressed
//! <root>/buckets/<binding>/<digest>           what plugins keep by key
//! ```
//!
//! Invariants:
//! - No step of a name or path that comes from outside leads out of its directory.
//! - What is replaced is replaced at once: readers see the old or the new, never a half.
//! - Files are touched on threads that may block, never on those that serve.

mod storage;

mod blob;
mod bucket;
mod digest;
mod failure;
mod layout;
mod log;
mod removal;
mod shared_dir;
mod tree_copy;
mod volume;

pub use storage::{Options, Storage};
