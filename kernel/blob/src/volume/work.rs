//! Working directories: where programs start, with volumes as links in them.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use kernel_ports::volume::{MountPoint, VolumeError};

use super::Place;
use super::name::volume_name;
use crate::shared_dir;

/// Checks mounts and returns them with plain paths.
pub(super) fn plan(mounts: &[MountPoint]) -> Result<Vec<MountPoint>, VolumeError> {
    let mut planned: Vec<MountPoint> = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let refuse = |reason| Err(VolumeError::Path { path: mount.path.clone(), reason });
        volume_name(&mount.volume)?;
        let path = super::inner_path(mount.path.trim_start_matches('/'))?;
        if path == "." {
            return refuse("a volume cannot be the working directory itself; give it a name in it");
        }
        for other in &planned {
            let inside = |inner: &str, outer: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
            };
            if inside(&path, &other.path) || inside(&other.path, &path) {
                return refuse("a volume cannot be mounted in another; mount it beside that one");
            }
            if path == other.path && mount.volume != other.volume {
                return refuse("two volumes are mounted there; give each a path of its own");
            }
        }
        if !planned.iter().any(|other| other.path == path) {
            planned.push(MountPoint { volume: mount.volume.clone(), path });
        }
    }
    Ok(planned)
}

/// Makes a working directory with links: path in it, name and directory of the volume.
///
/// All programs of an attempt share the directory: what one has left there, the next one finds.
pub(super) fn make(dir: &Path, links: Vec<(String, String, PathBuf)>) -> Result<(), VolumeError> {
    shared_dir::make(dir).map_err(|err| Place::new("create", "", ".").lost(err))?;
    for (path, volume, target) in links {
        let link = dir.join(&path);
        let parent = link.parent().unwrap_or(dir);
        let made = shared_dir::make(parent)
            .and_then(|()| shared_dir::make(&target))
            .and_then(|()| link_set(&target, &link));
        made.map_err(|err| Place::new("mount", &volume, &path).lost(err))?;
    }
    Ok(())
}

/// Makes a link, or leaves the one that is there already.
fn link_set(target: &Path, link: &Path) -> io::Result<()> {
    match symlink(target, link) {
        Err(err) if err.kind() == ErrorKind::AlreadyExists => {
            if fs::read_link(link).is_ok_and(|found| found == target) { Ok(()) } else { Err(err) }
        }
        done => done,
    }
}

/// Returns `path` below a working directory, made where missing. The way may go through links to
/// the run's volumes, and nowhere else.
///
/// This guards against mistakes, not against the programs of the run: those can go where they like
/// once they are started.
pub(super) fn subdir(work_dir: &Path, volumes: &Path, path: &str) -> io::Result<PathBuf> {
    let root = work_dir.canonicalize()?;
    let mut dir = root.clone();
    for part in path.split('/') {
        let next = dir.join(part);
        if fs::symlink_metadata(&next).is_err_and(|err| err.kind() == ErrorKind::NotFound) {
            shared_dir::make(&next)?;
        }
        dir = next.canonicalize()?;
        if !dir.starts_with(&root) && !is_in_a_volume(&dir, volumes) {
            return Err(ErrorKind::CrossesDevices.into());
        }
    }
    match dir.is_dir() {
        true => Ok(dir),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

/// The directory that holds all volumes is not one of them.
fn is_in_a_volume(dir: &Path, volumes: &Path) -> bool {
    dir.strip_prefix(volumes).is_ok_and(|inner| inner.components().next().is_some())
}
