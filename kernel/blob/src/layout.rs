//! Where things lie.

use std::path::{Path, PathBuf};

use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};
use kernel_ports::log::LogKey;
use kernel_ports::volume::CacheScope;

use crate::digest;

/// Stands for the slash in the directory of a volume. A volume `a/b` must not lie in a volume `a`.
const SLASH: &str = "+";

/// The names of directories.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn run(&self, run: RunId) -> PathBuf {
        self.runs().join(run.to_string())
    }

    pub(crate) fn logs(&self, run: RunId) -> PathBuf {
        self.run(run).join("logs")
    }

    pub(crate) fn log(&self, key: LogKey) -> PathBuf {
        let LogKey { run, step, attempt } = key;
        self.logs(run).join(format!("{}-{attempt}", step.0))
    }

    pub(crate) fn volumes(&self, run: RunId) -> PathBuf {
        self.run(run).join("volumes")
    }

    /// The name has been checked.
    pub(crate) fn volume(&self, run: RunId, name: &str) -> PathBuf {
        self.volumes(run).join(name.replace('/', SLASH))
    }

    pub(crate) fn works(&self, run: RunId) -> PathBuf {
        self.run(run).join("work")
    }

    pub(crate) fn work(&self, run: RunId, step: StepNo, attempt: u32) -> PathBuf {
        self.works(run).join(format!("{}-{attempt}", step.0))
    }

    /// Where the volumes lie of the run that a working directory belongs to; `None` if it is not one.
    pub(crate) fn volumes_of_work(&self, work: &Path) -> Option<PathBuf> {
        let works = work.parent()?;
        let run = works.parent()?;
        let fits = works.file_name()? == "work" && run.parent()? == self.runs();
        fits.then(|| run.join("volumes"))
    }

    /// The directories of all pipelines that have caches.
    pub(crate) fn caches(&self) -> PathBuf {
        self.root.join("caches")
    }

    /// A pipeline's caches of `default` lie in its directory, those of other workspaces one below.
    pub(crate) fn cache(&self, scope: CacheScope, key: &str) -> PathBuf {
        let CacheScope { pipeline, workspace } = scope;
        let digest = digest::hex(&digest::sha256(key.as_bytes()));
        let of_pipeline = self.caches().join(pipeline.to_string());
        match workspace {
            WorkspaceId::DEFAULT => of_pipeline.join(digest),
            workspace => of_pipeline.join(workspace.to_string()).join(digest),
        }
    }

    pub(crate) fn buckets(&self) -> PathBuf {
        self.root.join("buckets")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }
}
