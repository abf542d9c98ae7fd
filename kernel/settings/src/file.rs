//! The file of settings: TOML or YAML, as keys with values and lines.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::mistake::Mistake;

mod as_toml;
mod as_yaml;
mod variable;

/// The names that are looked for where no file is named.
pub const FILES: [&str; 3] = ["tenon.toml", "tenon.yaml", "tenon.yml"];

/// A larger file is not one of settings.
const BYTES_MAX: u64 = 1 << 20;

/// A file, read.
#[derive(Debug)]
pub struct Document {
    pub path: PathBuf,
    pub(crate) entries: Vec<Entry>,
    pub(crate) mistakes: Vec<Mistake>,
}

/// One key of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// All parts, joined by dots.
    pub(crate) key: String,
    pub(crate) raw: Raw,
    pub(crate) line: usize,
}

/// A value, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    One(String),
    Many(Vec<String>),
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("failed to read the settings in {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} is neither TOML nor YAML by its name; call it .toml, .yaml or .yml")]
    Extension { path: PathBuf },
    #[error("{path} has more than 1 MiB, which no file of settings has")]
    Size { path: PathBuf },
}

impl Document {
    /// Reads a file. What is wrong inside is found out later, together with all else.
    ///
    /// # Errors
    /// Fails when there is nothing to read.
    pub fn read(path: &Path, environment: &BTreeMap<String, String>) -> Result<Self, FileError> {
        let failed = |err| FileError::Read { path: path.to_owned(), err };
        if std::fs::metadata(path).map_err(failed)?.len() > BYTES_MAX {
            return Err(FileError::Size { path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::parse(path, &text, environment)
    }

    /// Reads the text of a file; its name says in which language it is.
    ///
    /// # Errors
    /// Fails when the name says nothing.
    pub fn parse(
        path: &Path,
        text: &str,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, FileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => as_toml::read,
            Some("yaml" | "yml") => as_yaml::read,
            _ => return Err(FileError::Extension { path: path.to_owned() }),
        };
        let (mut entries, wrong) = read(text);
        let place = |line: usize| format!("{}:{line}", path.display());
        let mut mistakes: Vec<Mistake> =
            wrong.into_iter().map(|(line, what)| Mistake { place: place(line), what }).collect();
        for entry in &mut entries {
            let texts = match &mut entry.raw {
                Raw::One(text) => std::slice::from_mut(text),
                Raw::Many(texts) => texts.as_mut_slice(),
            };
            for text in texts {
                match variable::fill(text, environment) {
                    Ok(filled) => *text = filled,
                    Err(what) => {
                        let what = format!("{}: {what}", entry.key);
                        mistakes.push(Mistake { place: place(entry.line), what });
                        // Reported; what the rest says of it would confuse.
                        entry.key.clear();
                        break;
                    }
                }
            }
        }
        entries.retain(|entry| !entry.key.is_empty());
        Ok(Self { path: path.to_owned(), entries, mistakes })
    }
}

/// What is wrong with a text: lines, and what.
type Wrong = Vec<(usize, String)>;

/// Returns the number of the line that begins before a byte.
fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
