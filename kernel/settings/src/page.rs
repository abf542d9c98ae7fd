//! The pages of the book that come from the table.

use std::fmt::Write as _;

use crate::setting::{Effect, Setting};
use crate::setting_names::NAMES;
use crate::system::{Convert, SettingName, To};
use crate::table;

const CONFIGURATION: &str = include_str!("page/configuration.md");
const COMING_FROM: &str = include_str!("page/coming-from.md");

/// Returns the reference of all settings.
#[must_use]
pub fn configuration() -> String {
    let mut text = CONFIGURATION.to_owned();
    for (title, rows) in table::sections() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n### {title}");
        for row in rows {
            setting(&mut text, row);
        }
    }
    text
}

fn setting(text: &mut String, row: &Setting) {
    let mut line = |what: std::fmt::Arguments<'_>| {
        let _ = writeln!(text, "{what}");
    };
    line(format_args!("\n#### `{}`\n", row.key));
    line(format_args!("{}.", row.help));
    if let Effect::Later(what) = row.effect {
        line(format_args!("**No effect yet**: it is checked and kept; {what} will come later."));
    }
    line(format_args!(""));
    line(format_args!("- flag `--{}`, variable `{}`", row.flag, row.variable));
    line(format_args!("- {}", row.kind.describe()));
    match row.default {
        Some(default) => line(format_args!("- default `{default}`")),
        None => line(format_args!("- not set by default")),
    }
    if row.secret {
        line(format_args!(
            "- secret: masked wherever it is shown; from a file by `--{}-file`, `{}_FILE` or \
             `{}_file`",
            row.flag, row.variable, row.key
        ));
    }
    line(format_args!("- since {}", row.since));
}

/// Returns the page for those who come from another system.
#[must_use]
pub fn coming_from() -> String {
    let mut text = COMING_FROM.to_owned();
    let mut systems: Vec<&str> = NAMES.iter().map(|name| name.system).collect();
    systems.dedup();
    for system in systems {
        let _ = writeln!(text, "\n## {system}\n");
        text.push_str("| there | here | remarks |\n| --- | --- | --- |\n");
        for name in NAMES.iter().filter(|name| name.system == system) {
            let _ = writeln!(text, "| {} | {} | {} |", there(name), here(name), remarks(name));
        }
    }
    text
}

pub(crate) fn there(name: &SettingName) -> String {
    let names = [name.flag, name.variable, name.key].into_iter().flatten();
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn here(name: &SettingName) -> String {
    match name.to {
        To::Setting(row, _) => format!("`{}`: `--{}`, `{}`", row.key, row.flag, row.variable),
        To::Always(..) | To::Instead(_) => "–".to_owned(),
    }
}

fn remarks(name: &SettingName) -> String {
    let mut remarks = vec![];
    match name.to {
        To::Setting(row, convert) => {
            if !matches!(convert, Convert::Same) {
                remarks.push(convert.describe());
            }
            if let Some(own) = own_meaning(name, row) {
                remarks.push(own);
            }
            if let Effect::Later(what) = row.effect {
                remarks.push(format!("no effect yet: {what} will come later"));
            }
        }
        To::Always(value, what) => remarks.push(format!("only `{value}`: {what}")),
        To::Instead(what) => remarks.push(what.to_owned()),
    }
    remarks.join("; ")
}

/// Our flag of the same name may be another setting.
fn own_meaning(name: &SettingName, to: &Setting) -> Option<String> {
    let flag = name.flag?.trim_start_matches('-');
    let own = table::all().find(|row| row.flag == flag && row.key != to.key)?;
    Some(format!(
        "`--{flag}` here is `{}`, and is taken as that where it can be: say `--{}`",
        own.key, to.flag
    ))
}

#[cfg(test)]
mod tests;
