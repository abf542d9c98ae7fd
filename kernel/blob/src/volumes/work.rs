//! Working directories of attempts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_ports::volume::{MountPoint, VolumeError};

use super::beneath::Beneath;
use super::{LocalVolumes, OPEN_TO_ALL, failed, name};

impl LocalVolumes {
    pub(super) fn work_path(&self, run: RunId, step: StepNo, attempt: u32) -> PathBuf {
        self.run_dir(run).join("work").join(format!("{}-{attempt}", step.0))
    }

    /// Makes the directory and shows the volumes in it. A second call adds what is missing.
    pub(super) fn work_make(
        &self,
        run: RunId,
        step: StepNo,
        attempt: u32,
        mounts: &[MountPoint],
    ) -> Result<PathBuf, VolumeError> {
        let work = self.work_path(run, step, attempt);
        let io = |err| failed("create", "work", ".", err);
        std::fs::create_dir_all(&work).map_err(io)?;
        let open = std::fs::Permissions::from_mode(OPEN_TO_ALL);
        std::fs::set_permissions(&work, open).map_err(io)?;
        let run_dir = std::fs::canonicalize(self.run_dir(run)).map_err(io)?;
        let top = Beneath::open(&run_dir).map_err(io)?;
        let place = work.strip_prefix(self.run_dir(run)).unwrap_or(&work).to_owned();
        // Outer ones first, so that inner ones are shown inside of them.
        let mut mounts: Vec<&MountPoint> = mounts.iter().collect();
        mounts.sort_by_key(|mount| mount.path.split('/').count());
        for mount in mounts {
            self.mount(run, &run_dir, &top, &place, mount)?;
        }
        Ok(work)
    }

    fn mount(
        &self,
        run: RunId,
        run_dir: &Path,
        top: &Beneath,
        work: &Path,
        mount: &MountPoint,
    ) -> Result<(), VolumeError> {
        let MountPoint { volume, path } = mount;
        self.volume_make(run, volume)?;
        let place = name::path(path).map_err(|err| match err {
            VolumeError::Path { path, reason: "it names nothing" } => VolumeError::Path {
                path,
                reason: "a volume cannot take the place of the working directory itself",
            },
            err => err,
        })?;
        let io = |err: std::io::Error| match err.kind() {
            std::io::ErrorKind::AlreadyExists => {
                VolumeError::Path { path: path.clone(), reason: "something else is there already" }
            }
            _ => failed("show", volume, path, err),
        };
        let (parent, link) = name::split(&place, path)?;
        let parent = top.dir(&work.join(parent), true).map_err(io)?;
        // The link is relative, so that it can be followed beneath the run's directory, and so that
        // `..` beside it leads to its siblings.
        let real = parent.real_path().map_err(io)?;
        let depth = real.strip_prefix(run_dir).map(|inner| inner.components().count());
        let depth = depth.map_err(|_| VolumeError::Path {
            path: path.clone(),
            reason: "it leads out of the run",
        })?;
        let mut target: PathBuf = std::iter::repeat_n("..", depth).collect();
        target.push("volumes");
        target.push(volume);
        parent.link(&target, link).map_err(io)
    }
}

/// Returns `dir` below a working directory, made where missing. It may lead into volumes that are
/// shown there.
pub(super) fn subdir(work_dir: &Path, dir: &str) -> Result<PathBuf, VolumeError> {
    let io = |err| failed("create", "work", dir, err);
    let place = name::path_or_root(dir)?;
    // <run>/work/<attempt>: two up is the run.
    let run_dir = work_dir.ancestors().nth(2).unwrap_or(work_dir);
    let top = Beneath::open(run_dir).map_err(io)?;
    let work = work_dir.strip_prefix(run_dir).unwrap_or(Path::new(""));
    let found = top.dir(&work.join(&place), true).map_err(io)?;
    drop(found);
    Ok(work_dir.join(place))
}
