//! What holds, of all that was said: default < file < environment < flag.
//!
//! In each of these, a name of ours is stronger than one of another system.

use std::collections::BTreeMap;
use std::path::Path;

use crate::checks;
use crate::file::{Document, Raw};
use crate::kind::Kind;
use crate::mistake::{Mistake, Mistakes};
use crate::setting::{Effect, Setting};
use crate::settings::{Note, Origin, Settings};
use crate::system::{self, Convert, SettingName, To};
use crate::table;
use crate::value::Value;

mod unknown;

/// A secret in a file of its own is not larger.
const SECRET_BYTES_MAX: u64 = 1 << 20;

/// All that an operator has said.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub file: Option<&'a Document>,
    pub environment: &'a BTreeMap<String, String>,
    pub flags: &'a [GivenFlag],
}

/// A flag of the command line.
#[derive(Clone)]
pub struct GivenFlag {
    /// Without its dashes.
    pub name: String,
    pub values: Vec<String>,
}

/// Returns the settings, and what the operator should know about them.
///
/// # Errors
/// Returns everything that is wrong, not only what comes first.
pub fn resolve(given: Given<'_>) -> Result<(Settings, Vec<Note>), Mistakes> {
    let mut resolver = Resolver::default();
    let mut settings = Settings::defaults();
    if let Some(file) = given.file {
        resolver.mistakes.extend(file.mistakes.iter().cloned());
        resolver.file(file);
        resolver.layer(&mut settings);
    }
    resolver.environment(given.environment);
    resolver.layer(&mut settings);
    resolver.flags(given.flags);
    resolver.layer(&mut settings);
    let Resolver { mut mistakes, mut notes, .. } = resolver;
    mistakes.extend(checks::all(&settings));
    if !mistakes.is_empty() {
        return Err(Mistakes(mistakes));
    }
    notes.extend(table::all().filter_map(|row| without_effect(row, &settings)));
    Ok((settings, notes))
}

fn without_effect(row: &'static Setting, settings: &Settings) -> Option<Note> {
    let Effect::Later(what) = row.effect else { return None };
    let origin = settings.origin(row).filter(|origin| **origin != Origin::Default)?;
    if row.default.and_then(|text| row.kind.read(text).ok()) == settings.shown(row) {
        return None;
    }
    let what =
        format!("{} is kept, but has no effect in this version: {what} will come later", row.key);
    Some(Note { place: origin.to_string(), what })
}

/// One thing that was said about a row.
struct Said {
    row: &'static Setting,
    raw: Raw,
    origin: Origin,
    /// The name of another system that said it.
    theirs: Option<&'static SettingName>,
}

#[derive(Default)]
struct Resolver {
    /// Of the layer that is being read.
    said: Vec<Said>,
    mistakes: Vec<Mistake>,
    notes: Vec<Note>,
}

impl Resolver {
    fn file(&mut self, file: &Document) {
        for entry in &file.entries {
            let origin = Origin::File { path: file.path.clone(), line: entry.line };
            let raw = entry.raw.clone();
            if let Some(row) = table::find(&entry.key) {
                self.said.push(Said { row, raw, origin, theirs: None });
            } else if let Some(row) = entry.key.strip_suffix("_file").and_then(secret_of_key) {
                let folder = file.path.parent().unwrap_or(Path::new(""));
                self.secret_file(row, &raw, origin, folder);
            } else if let Some(theirs) = system::by_key(&entry.key) {
                self.theirs(theirs, &raw, origin);
            } else {
                self.mistake(&origin, unknown::key(&entry.key));
            }
        }
    }

    fn environment(&mut self, environment: &BTreeMap<String, String>) {
        // Nothing is as good as not set: that is what compose files leave.
        for (name, value) in environment.iter().filter(|(_, value)| !value.is_empty()) {
            let origin = Origin::Variable(name.clone());
            let raw = Raw::One(value.clone());
            let own = |name: &str| table::all().find(|row| row.variable == name);
            let secret = |name: &str| own(name).filter(|row| row.secret);
            if let Some(row) = own(name) {
                self.said.push(Said { row, raw, origin, theirs: None });
            } else if let Some(row) = name.strip_suffix("_FILE").and_then(secret) {
                self.secret_file(row, &raw, origin, Path::new(""));
            } else if let Some(theirs) = system::by_variable(name) {
                self.theirs(theirs, &raw, origin);
            } else if let Some(what) = unknown::variable(name) {
                self.note(&origin, what);
            }
        }
    }

    fn flags(&mut self, flags: &[GivenFlag]) {
        for flag in flags {
            let origin = Origin::Flag(flag.name.clone());
            let raw = Raw::Many(flag.values.clone());
            let own = |name: &str| table::all().find(|row| row.flag == name);
            let secret = |name: &str| own(name).filter(|row| row.secret);
            let theirs = system::by_flag(&flag.name);
            match own(&flag.name) {
                Some(row) if theirs.is_some_and(|theirs| theirs.renames(row)) => {
                    // Their words mean the same as ours, and ours are none of theirs.
                    let texts = flag.values.iter().map(|text| theirs_words(theirs, text));
                    let raw = Raw::Many(texts.collect());
                    self.said.push(Said { row, raw, origin, theirs: None });
                }
                Some(row) => match (read(row, &raw), theirs) {
                    // It makes no sense as ours, and does as theirs.
                    (Err(_), Some(theirs)) if !theirs.leads_to(row) => {
                        self.theirs(theirs, &raw, origin);
                    }
                    _ => self.said.push(Said { row, raw, origin, theirs: None }),
                },
                None => match flag.name.strip_suffix("-file").and_then(secret) {
                    Some(row) => self.secret_file(row, &raw, origin, Path::new("")),
                    None => match theirs {
                        Some(theirs) => self.theirs(theirs, &raw, origin),
                        None => self.mistake(&origin, "it is not known".to_owned()),
                    },
                },
            }
        }
    }

    /// Takes what a name of another system says.
    fn theirs(&mut self, theirs: &'static SettingName, raw: &Raw, origin: Origin) {
        let texts = match raw {
            Raw::One(text) => std::slice::from_ref(text),
            Raw::Many(texts) => texts.as_slice(),
        };
        match theirs.to {
            To::Instead(what) => {
                self.note(&origin, format!("it has no meaning here: {what}"));
            }
            To::Always(value, what)
                if texts.iter().all(|text| text.eq_ignore_ascii_case(value)) =>
            {
                self.note(&origin, what.to_owned());
            }
            To::Always(value, what) => {
                self.mistake(&origin, format!("it can only be {value}: {what}"));
            }
            To::Setting(row, convert) => {
                let converted: Result<Vec<String>, String> =
                    texts.iter().map(|text| convert.text(text)).collect();
                match converted {
                    Ok(texts) => {
                        let raw = match raw {
                            Raw::One(_) => Raw::One(texts.concat()),
                            Raw::Many(_) => Raw::Many(texts),
                        };
                        self.said.push(Said { row, raw, origin, theirs: Some(theirs) });
                    }
                    Err(what) => self.mistake(&origin, hidden(row, what)),
                }
            }
        }
    }

    /// Takes the content of a file as the value of a secret.
    fn secret_file(&mut self, row: &'static Setting, raw: &Raw, origin: Origin, folder: &Path) {
        let path = match raw {
            Raw::One(path) => path,
            Raw::Many(paths) if paths.len() == 1 => &paths[0],
            Raw::Many(_) => return self.mistake(&origin, "it takes one file".to_owned()),
        };
        let path = folder.join(path.trim());
        let content = std::fs::metadata(&path).and_then(|metadata| {
            if metadata.len() > SECRET_BYTES_MAX {
                return Err(std::io::Error::other("it has more than 1 MiB"));
            }
            std::fs::read_to_string(&path)
        });
        match content {
            Ok(text) if text.trim().is_empty() => {
                self.mistake(&origin, format!("the file {} is empty", path.display()));
            }
            Ok(text) => {
                let raw = Raw::One(text.trim_end_matches(['\n', '\r']).to_owned());
                self.said.push(Said { row, raw, origin, theirs: None });
            }
            Err(err) => {
                self.mistake(&origin, format!("failed to read {}: {err}", path.display()));
            }
        }
    }

    /// Puts what this layer says over what is known.
    fn layer(&mut self, settings: &mut Settings) {
        // In the order in which it was said.
        let mut by_row = Vec::<(&str, Vec<Said>, Vec<Said>)>::new();
        for said in std::mem::take(&mut self.said) {
            let key = said.row.key;
            let known = by_row.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
                by_row.push((key, vec![], vec![]));
                by_row.len() - 1
            });
            let (_, own, theirs) = &mut by_row[known];
            if said.theirs.is_none() { own } else { theirs }.push(said);
        }
        for (_, own, theirs) in by_row {
            let value = match own.first() {
                Some(first) => {
                    for said in &theirs {
                        let what = format!("it is not looked at, as {} is set", first.origin);
                        self.note(&said.origin, what);
                    }
                    self.own(&own)
                }
                None => self.of_others(&theirs),
            };
            if let Some((row, value, origin)) = value {
                settings.values.insert(row.key, (value, origin));
            }
        }
    }

    fn own(&mut self, own: &[Said]) -> Option<(&'static Setting, Value, Origin)> {
        let first = own.first()?;
        if let Some(second) = own.get(1) {
            let what = format!("{} says the same; keep one of them", first.origin);
            self.mistake(&second.origin, what);
            return None;
        }
        self.read(first).map(|value| (first.row, value, first.origin.clone()))
    }

    fn of_others(&mut self, theirs: &[Said]) -> Option<(&'static Setting, Value, Origin)> {
        let first = theirs.first()?;
        let mut value: Option<Value> = None;
        for said in theirs {
            let row = said.row;
            let what = match &said.origin {
                Origin::File { .. } => format!("it is taken as {}", row.key),
                Origin::Flag(_) => format!("it is taken as {}; here it is --{}", row.key, row.flag),
                _ => format!("it is taken as {}; here it is {}", row.key, row.variable),
            };
            self.note(&said.origin, what);
            let read = self.read(said)?;
            value = match (value, read) {
                (None, read) => Some(read),
                (Some(Value::List(mut items)), Value::List(more)) if said.is_item() => {
                    items.extend(more);
                    Some(Value::List(items))
                }
                (Some(known), read) if known == read => Some(read),
                (Some(_), _) => {
                    let what = format!(
                        "{} means {} too, and says otherwise; keep one of them",
                        first.origin, row.key
                    );
                    self.mistake(&said.origin, what);
                    return None;
                }
            };
        }
        Some((first.row, value?, first.origin.clone()))
    }

    fn read(&mut self, said: &Said) -> Option<Value> {
        match read(said.row, &said.raw) {
            Ok(value) => Some(value),
            Err(what) => {
                let what = hidden(said.row, what);
                // A line of a file does not say which setting it is.
                let what = match &said.origin {
                    Origin::File { .. } => format!("{}: {what}", said.row.key),
                    _ => what,
                };
                self.mistake(&said.origin, what);
                None
            }
        }
    }

    fn mistake(&mut self, origin: &Origin, what: String) {
        self.mistakes.push(Mistake { place: origin.to_string(), what });
    }

    fn note(&mut self, origin: &Origin, what: String) {
        self.notes.push(Note { place: origin.to_string(), what });
    }
}

impl Said {
    fn is_item(&self) -> bool {
        self.theirs.is_some_and(|theirs| matches!(theirs.to, To::Setting(_, Convert::Item(_))))
    }
}

impl SettingName {
    fn leads_to(&self, row: &'static Setting) -> bool {
        matches!(self.to, To::Setting(to, _) if to.key == row.key)
    }

    fn renames(&self, row: &'static Setting) -> bool {
        self.leads_to(row) && matches!(self.to, To::Setting(_, Convert::Words(_)))
    }
}

fn theirs_words(theirs: Option<&SettingName>, text: &str) -> String {
    let converted = match theirs.map(|theirs| theirs.to) {
        Some(To::Setting(_, convert)) => convert.text(text).ok(),
        _ => None,
    };
    converted.unwrap_or_else(|| text.to_owned())
}

fn secret_of_key(key: &str) -> Option<&'static Setting> {
    table::find(key).filter(|row| row.secret)
}

/// Reads what was said as the row wants it.
fn read(row: &Setting, raw: &Raw) -> Result<Value, String> {
    match (row.kind, raw) {
        (_, Raw::One(text)) => row.kind.read(text),
        (Kind::List { separator, .. }, Raw::Many(texts)) => {
            row.kind.read_list(texts.iter().flat_map(|text| text.split(separator)))
        }
        (Kind::Selection, Raw::Many(texts)) => {
            row.kind.read_list(texts.iter().flat_map(|text| text.split(',')))
        }
        // A switch alone means yes.
        (Kind::Switch, Raw::Many(texts)) if texts.is_empty() => Ok(Value::Switch(true)),
        (_, Raw::Many(texts)) => match texts.as_slice() {
            [one] => row.kind.read(one),
            many => Err(format!("it takes one value, and there are {}", many.len())),
        },
    }
}

/// Returns what is wrong with a value; of a secret, only what was expected.
fn hidden(row: &Setting, what: String) -> String {
    if row.secret { format!("it cannot be used; expected {}", row.kind.describe()) } else { what }
}

impl std::fmt::Debug for GivenFlag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values may be secret.
        f.debug_struct("GivenFlag").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
