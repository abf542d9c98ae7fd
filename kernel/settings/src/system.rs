//! How the names of other systems lead to our settings.

use crate::setting::Setting;
use crate::setting_names::NAMES;

/// What another system calls something.
#[derive(Debug)]
pub(crate) struct SettingName {
    pub(crate) system: &'static str,
    /// With its dashes.
    pub(crate) flag: Option<&'static str>,
    pub(crate) variable: Option<&'static str>,
    /// Its key in that system's configuration file.
    pub(crate) key: Option<&'static str>,
    pub(crate) to: To,
}

/// What becomes of it here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum To {
    Setting(&'static Setting, Convert),
    /// It can have this value only, since that is how it always is here.
    Always(&'static str, &'static str),
    /// There is no such thing; this is what to do instead.
    Instead(&'static str),
}

/// How a value of theirs becomes one of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Convert {
    Same,
    /// Their yes is our no.
    Not,
    /// Their numbers are of this unit.
    Unit(&'static str),
    /// Some of their words are others here.
    Words(&'static [(&'static str, &'static str)]),
    /// It is one item of our list, behind this and a `=`.
    Item(&'static str),
    /// They name a file; our folder lies beside it.
    Beside(&'static str),
}

impl Convert {
    /// Returns the value as ours is written.
    pub(crate) fn text(self, text: &str) -> Result<String, String> {
        let text = text.trim();
        match self {
            Self::Same => Ok(text.to_owned()),
            Self::Not => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok("false".to_owned()),
                "false" | "0" | "no" | "off" => Ok("true".to_owned()),
                _ => Err(format!("{text:?} is neither true nor false")),
            },
            Self::Unit(unit) => match text.parse::<u64>() {
                Ok(number) => Ok(format!("{number}{unit}")),
                Err(_) => Err(format!("{text:?} is not a whole number")),
            },
            Self::Words(words) => Ok(text
                .split(',')
                .map(|item| rename(item.trim(), words))
                .collect::<Vec<_>>()
                .join(",")),
            Self::Item(name) => Ok(format!("{name}={text}")),
            Self::Beside(folder) => match text.rsplit_once('/') {
                _ if text == ":memory:" => Err(
                    "nothing is kept in memory alone; name a file, and the data folder lies beside it"
                        .to_owned(),
                ),
                Some((parent, _)) => Ok(format!("{parent}/{folder}")),
                None => Ok(format!("./{folder}")),
            },
        }
    }

    /// Returns what people read about it.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Same => String::new(),
            Self::Not => "yes and no change places".to_owned(),
            Self::Unit(unit) => format!("a number of {unit}"),
            Self::Words(words) => {
                let words = words.iter().map(|(theirs, ours)| format!("`{theirs}` is `{ours}`"));
                words.collect::<Vec<_>>().join(", ")
            }
            Self::Item(name) => format!("as `{name}=…`"),
            Self::Beside(folder) => format!("the folder `{folder}` beside that file"),
        }
    }
}

fn rename(item: &str, words: &[(&str, &str)]) -> String {
    let (not, name) = item.strip_prefix('!').map_or(("", item), |name| ("!", name));
    let ours = words.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours);
    format!("{not}{ours}")
}

/// A flag that only another system has.
#[derive(Debug, Clone, Copy)]
pub struct ForeignFlag {
    /// Without its dashes.
    pub name: &'static str,
    /// Whether it may stand alone.
    pub is_switch: bool,
}

/// Returns the flags of other systems that are not ours too.
pub fn foreign_flags() -> impl Iterator<Item = ForeignFlag> {
    let foreign = NAMES.iter().filter_map(|name| {
        let flag = name.flag?.trim_start_matches('-');
        let is_switch = matches!(name.to, To::Setting(row, _) if row.is_switch());
        Some(ForeignFlag { name: flag, is_switch })
    });
    foreign.filter(|flag| !crate::table::all().any(|row| row.flag == flag.name))
}

pub(crate) fn by_variable(variable: &str) -> Option<&'static SettingName> {
    NAMES.iter().find(|name| name.variable == Some(variable))
}

pub(crate) fn by_flag(flag: &str) -> Option<&'static SettingName> {
    let is = |theirs: &str| theirs.trim_start_matches('-') == flag;
    NAMES.iter().find(|name| name.flag.is_some_and(is))
}

pub(crate) fn by_key(key: &str) -> Option<&'static SettingName> {
    NAMES.iter().find(|name| name.key == Some(key))
}
