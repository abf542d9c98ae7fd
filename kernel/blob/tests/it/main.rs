//! A real storage in a temporary directory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod blobs;
mod buckets;
mod caches;
mod log_cap;
mod log_crash;
mod logs;
mod volumes;
mod works;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kernel_blob::{Options, Storage};
use kernel_model::id::{PipelineId, RunId};
use kernel_ports::clock::System;
use tempfile::TempDir;

pub(crate) const RUN: RunId = RunId(1);
pub(crate) const OTHER: RunId = RunId(2);
pub(crate) const PIPELINE: PipelineId = PipelineId(3);
/// Longer than anything here takes on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    dir: TempDir,
    pub(crate) storage: Arc<Storage>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path(), options, Arc::new(System::default())).unwrap();
        Self { dir, storage }
    }

    /// Opens the same directory once more, as a new server does.
    pub(crate) fn reopen(&mut self) {
        let clock = Arc::new(System::default());
        self.storage = Storage::open(self.dir.path(), Options::default(), clock).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.path().join(format!("runs/{RUN}/logs/0-1"))
    }

    /// Names of the files of the log.
    pub(crate) fn log_files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.log_dir()) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }
}

/// Waits until `look` says yes.
pub(crate) async fn level(mut look: impl FnMut() -> bool) {
    let wait = async {
        while !look() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(BOUND, wait).await.expect("it does not come to that");
}

/// The whole text of an error.
pub(crate) fn said(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text += &format!(": {err}");
        cause = err.source();
    }
    text
}

#[test]
fn a_root_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("occupied");
    std::fs::write(&file, "").unwrap();
    let opened = Storage::open(&file, Options::default(), Arc::new(System::default()));
    let text = said(&opened.err().unwrap());
    assert!(text.contains("occupied") && text.contains("must be a directory"), "{text}");
}
