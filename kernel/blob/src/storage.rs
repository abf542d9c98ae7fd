//! The one way in.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use kernel_ports::clock::Clock;
use kernel_ports::store::StoreError;

use crate::blob::BlobStore;
use crate::bucket::BucketStore;
use crate::failure;
use crate::layout::Layout;
use crate::log::LogStore;
use crate::shared_dir;
use crate::volume::CacheLocks;

/// What may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many bytes of one log are kept: half of it from its beginning, half from its end.
    pub log_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { log_bytes_max: 64 << 20 }
    }
}

/// Keeps bytes below one directory. Implements the ports `Logs`, `Blobs`, `Buckets` and `Volumes`.
#[derive(Debug)]
pub struct Storage {
    pub(crate) layout: Layout,
    pub(crate) logs: LogStore,
    pub(crate) blobs: BlobStore,
    pub(crate) buckets: BucketStore,
    pub(crate) caches: CacheLocks,
}

impl Storage {
    /// Opens the storage in `root`, created where missing.
    ///
    /// # Errors
    /// If nothing can be created there.
    pub fn open(
        root: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        let refuse = |err| {
            let action = format!(
                "use {} as the storage; it must be a directory that the server's user may write to",
                root.display()
            );
            failure::io_error(action, root, err)
        };
        fs::create_dir_all(root).map_err(refuse)?;
        // Symbolic links in working directories hold this path, so it must be absolute.
        let root_path = root.canonicalize().map_err(refuse)?;
        let probe = root_path.join(".probe");
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(refuse)?;
        let layout = Layout::new(root_path);
        shared_dir::make_passage(&layout.runs()).map_err(refuse)?;
        Ok(Arc::new(Self {
            logs: LogStore::new(layout.clone(), options.log_bytes_max, clock),
            blobs: BlobStore::open(&layout.blobs())?,
            buckets: BucketStore::new(layout.buckets()),
            caches: CacheLocks::default(),
            layout,
        }))
    }
}
