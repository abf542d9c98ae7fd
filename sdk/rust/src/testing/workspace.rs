//! The double of `workspace`: files in memory. Directories are there when something is in them.

use std::collections::{BTreeMap, BTreeSet};

use super::HostResult;
use crate::error::Error;

/// Files by path.
pub type Files = BTreeMap<String, File>;

/// A file of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether it was marked.
    pub executable: bool,
}

#[derive(Debug)]
pub(crate) struct Volume {
    name: String,
}

#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "a volume in memory has neither links nor others")]
pub(crate) enum Kind {
    File,
    Directory,
    Link,
    Other,
}

pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

pub(crate) fn open(name: &str) -> HostResult<Volume> {
    super::with(|host| {
        host.volumes.entry(name.to_owned()).or_default();
    });
    Ok(Volume { name: name.to_owned() })
}

impl Volume {
    pub(crate) fn read(&self, path: &str, offset: u64, max: u32) -> HostResult<Vec<u8>> {
        let path = checked(path)?;
        self.files(|files| {
            let file = files.get(path).ok_or_else(|| {
                Error::not_found(format!("there is no file {path:?} in the volume {:?}", self.name))
            })?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(file.bytes.len());
            let end = start.saturating_add(max as usize).min(file.bytes.len());
            Ok(file.bytes[start..end].to_vec())
        })
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) -> HostResult<()> {
        let path = checked(path)?;
        self.files(|files| files.entry(path.to_owned()).or_default().bytes = bytes.to_vec());
        Ok(())
    }

    pub(crate) fn append(&self, path: &str, bytes: &[u8]) -> HostResult<()> {
        let path = checked(path)?;
        self.files(|files| {
            files.entry(path.to_owned()).or_default().bytes.extend_from_slice(bytes);
        });
        Ok(())
    }

    pub(crate) fn list(&self, path: &str) -> HostResult<Vec<Entry>> {
        let prefix = if path.is_empty() { String::new() } else { format!("{}/", checked(path)?) };
        self.files(|files| {
            let mut directories = BTreeSet::new();
            let mut entries = Vec::new();
            for (path, file) in files.iter() {
                let Some(rest) = path.strip_prefix(&prefix) else { continue };
                match rest.split_once('/') {
                    None => entries.push(Entry {
                        name: rest.to_owned(),
                        kind: Kind::File,
                        size: file.bytes.len() as u64,
                    }),
                    Some((name, _)) if directories.insert(name.to_owned()) => {
                        entries.push(Entry {
                            name: name.to_owned(),
                            kind: Kind::Directory,
                            size: 0,
                        });
                    }
                    Some(_) => {}
                }
            }
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(entries)
        })
    }

    pub(crate) fn remove(&self, path: &str) -> HostResult<()> {
        let path = checked(path)?;
        let below = format!("{path}/");
        self.files(|files| files.retain(|found, _| found != path && !found.starts_with(&below)));
        Ok(())
    }

    pub(crate) fn set_executable(&self, path: &str) -> HostResult<()> {
        let path = checked(path)?;
        self.files(|files| {
            let file = files
                .get_mut(path)
                .ok_or_else(|| Error::not_found(format!("there is no file {path:?}")))?;
            file.executable = true;
            Ok(())
        })
    }

    fn files<T>(&self, act: impl FnOnce(&mut Files) -> T) -> T {
        super::with(|host| act(host.volumes.entry(self.name.clone()).or_default()))
    }
}

/// Refuses what the contract refuses.
fn checked(path: &str) -> HostResult<&str> {
    let bad = path.starts_with('/') || path.split('/').any(|part| matches!(part, ".." | "." | ""));
    if bad {
        return Err(Error::invalid(format!(
            "the path {path:?} leads out of the volume or is not plain; give one without `..`"
        ))
        .into());
    }
    Ok(path)
}
