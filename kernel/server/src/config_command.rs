//! `tenon config`: what the settings are, and what is wrong with them.

use std::collections::BTreeMap;

use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_settings::{Effect, Setting, table};
use serde::Serialize;
use serde_json::Value;

use crate::args::{ConfigCommand, ServerArgs};
use crate::config::{self, Loaded};

/// One setting, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    value: Value,
    /// None: nobody has said anything, and there is no default.
    origin: Option<String>,
    secret: bool,
    /// Whether it changes anything in this version.
    effect: bool,
}

/// Does what the command says.
pub(crate) fn execute(command: &ConfigCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Show { server } => show(&config::load(server)?, out),
        ConfigCommand::Check { file, server } => {
            let named = ServerArgs {
                config: file.clone().or_else(|| server.config.clone()),
                flags: server.flags.clone(),
            };
            check(&config::load(&named)?, out);
        }
        ConfigCommand::Schema => {
            let text = serde_json::to_string_pretty(&kernel_settings::schema())?;
            out.line(&text);
        }
    }
    Ok(Exit::Succeeded)
}

fn show(loaded: &Loaded, out: &Out) {
    let shown: BTreeMap<&str, Shown> = table::all().map(|row| (row.key, of(row, loaded))).collect();
    out.result(&shown, |_| {
        let width = table::all().map(|row| row.key.len()).max().unwrap_or_default();
        let mut lines = vec![];
        for row in table::all() {
            let value = loaded.settings.text(row).unwrap_or_else(|| "-".to_owned());
            let origin = loaded
                .settings
                .origin(row)
                .map_or_else(|| "not set".to_owned(), ToString::to_string);
            lines.push(format!("{:width$}  {value}  ({origin})", row.key));
        }
        lines.extend(loaded.notes.iter().map(|note| format!("note: {note}")));
        lines
    });
}

fn of(row: &'static Setting, loaded: &Loaded) -> Shown {
    Shown {
        value: loaded.settings.shown(row).map_or(Value::Null, |value| value.json()),
        origin: loaded.settings.origin(row).map(ToString::to_string),
        secret: row.secret,
        effect: row.effect == Effect::Now,
    }
}

fn check(loaded: &Loaded, out: &Out) {
    let set = table::all().filter(|row| loaded.settings.is_set(row)).count();
    let notes: Vec<String> = loaded.notes.iter().map(ToString::to_string).collect();
    let file = loaded.file.as_ref().map(|file| file.display().to_string());
    let json = serde_json::json!({ "ok": true, "file": file, "set": set, "notes": notes });
    out.result(&json, |_| {
        let what = file.as_deref().unwrap_or("no file of settings, but the environment");
        let mut lines = vec![format!("ok: {what}; {set} settings are set")];
        lines.extend(notes.iter().map(|note| format!("note: {note}")));
        lines
    });
}
