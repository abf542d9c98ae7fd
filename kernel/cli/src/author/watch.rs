//! Notices that the source of a plugin changes: by looking, as that works on every kind of disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Between two looks. An editor saves in several steps, so a change counts once two looks agree.
const LOOK: Duration = Duration::from_millis(150);
/// Folders of what is made from the source: at the top, and anywhere.
const MADE: &[&str] = &["target", "build", "dist"];
const MADE_ANYWHERE: &[&str] = &["node_modules", "__pycache__"];
/// So many files are no plugin's source; what is beyond is not watched.
const FILES_MAX: usize = 20_000;

/// The files of a folder, by what tells that they changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    files: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Source {
    /// Looks at a folder, and at further files.
    pub(super) fn look(folder: &Path, others: &[PathBuf]) -> Self {
        let mut source = Self::default();
        let mut open = vec![folder.to_owned()];
        while let Some(place) = open.pop() {
            // What is gone again is no source.
            for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                let Ok(kind) = entry.file_type() else { continue };
                let is_made = (place == folder && MADE.contains(&&*name))
                    || MADE_ANYWHERE.contains(&&*name)
                    || name.ends_with(".egg-info");
                if kind.is_dir() && !is_made && !name.starts_with('.') {
                    open.push(path);
                } else if kind.is_file() && is_source(&path) {
                    source.add(path);
                }
            }
        }
        others.iter().for_each(|path| source.add(path.clone()));
        source
    }

    fn add(&mut self, path: PathBuf) {
        if let Ok(data) = fs::metadata(&path)
            && self.files.len() < FILES_MAX
        {
            self.files.insert(path, (data.len(), data.modified().ok()));
        }
    }

    /// Waits until the folder is another than this one, and has settled.
    pub(super) async fn changed(&self, folder: &Path, others: &[PathBuf]) -> Self {
        let mut last = self.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = Self::look(folder, others);
            if now == last && now != *self {
                return now;
            }
            last = now;
        }
    }
}

/// Components are what is built, and lock files change by building.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_lock = matches!(&*name, "Cargo.lock" | "package-lock.json");
    !is_lock && !name.ends_with(".wasm") && !name.ends_with('~') && !name.starts_with('.')
}

#[cfg(test)]
mod tests;
