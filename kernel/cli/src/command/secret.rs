//! `tenon secret …`

use std::fs;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use kernel_wire::secret::{KeyRotate, KeyState, SecretMigrate, SecretSet};

use crate::api::Api;
use crate::args::secret::{ScopeArgs, SecretCommand};
use crate::command::by;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::Tone;
use crate::show::table;

pub(super) async fn execute(command: &SecretCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        SecretCommand::Set { name, scope, from_file, value } => {
            let value = value_of(name, from_file.as_deref(), value.as_deref())?;
            let set = SecretSet { value, by: Some(by()) };
            let accepted = api.secret_set(name, &full(scope), &set).await?;
            for warning in &accepted.warnings {
                out.aside(&format!("{}: {warning}\n", out.look_err.paint(Tone::Late, "warning")));
            }
            out.result(&accepted, |look| {
                let name = look.paint(Tone::Strong, name);
                vec![format!("{name} is set for {}", accepted.secret.scope)]
            });
        }
        SecretCommand::List { scope } => list(&full(scope), api, out).await?,
        SecretCommand::Remove { name, scope } => {
            let scope = full(scope);
            api.secret_remove(name, &scope).await?;
            let removed = serde_json::json!({ "removed": name, "scope": scope });
            out.result(&removed, |_| vec![format!("removed {name} from {scope}")]);
        }
        SecretCommand::RotateKey { from_file } => {
            let key = from_file.as_deref().map(read).transpose()?;
            let rotated = api.key_rotate(&KeyRotate { key }).await?;
            let s = if rotated.secrets == 1 { "" } else { "s" };
            let sealed = format!("{} secret{s} sealed again", rotated.secrets);
            out.result(&rotated, |_| match rotated.state {
                KeyState::Done => vec![format!("the server has a new key; {sealed}")],
                KeyState::Pending => vec![
                    sealed,
                    "both keys work until the server starts with the new one: \
                     give it the new one, and start it again"
                        .to_owned(),
                ],
            });
        }
        SecretCommand::Migrate { from, to } => {
            let migrate = SecretMigrate { from: from.clone(), to: to.clone() };
            let moved = api.secret_migrate(&migrate).await?;
            out.result(&moved, |_| {
                let s = if moved.secrets == 1 { "" } else { "s" };
                vec![format!("moved {} secret{s}; {} is in use now", moved.secrets, moved.backend)]
            });
        }
    }
    Ok(Exit::Succeeded)
}

/// Returns the scope as the API reads it: what begins without a project is the request's.
fn full(args: &ScopeArgs) -> String {
    match &args.pipeline {
        Some(pipeline) => format!("pipeline/{pipeline}"),
        None => args.scope.clone(),
    }
}

fn value_of(name: &str, file: Option<&Path>, value: Option<&str>) -> anyhow::Result<String> {
    if let Some(value) = value {
        return Ok(value.to_owned());
    }
    if let Some(file) = file {
        return read(file);
    }
    if std::io::stdin().is_terminal() {
        return prompt(name);
    }
    let mut value = String::new();
    let read = std::io::stdin().read_to_string(&mut value);
    read.context("failed to read the value from standard input")?;
    let value = value.trim_end_matches(['\n', '\r']);
    if value.is_empty() {
        bail!("standard input is empty; pipe the value into this command, or use --from-file");
    }
    Ok(value.to_owned())
}

/// Asks without showing what is typed.
fn prompt(name: &str) -> anyhow::Result<String> {
    let terminal = console::Term::stderr();
    let ask = |text: String| {
        terminal.write_str(&text)?;
        terminal.read_secure_line()
    };
    let value =
        ask(format!("Value of {name} (not shown): ")).context("failed to read the value")?;
    let again = ask("The same once more: ".to_owned()).context("failed to read the value")?;
    if value != again {
        bail!("the two values differ; nothing was changed");
    }
    Ok(value)
}

/// Reads a file, without the line break at its end.
fn read(file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("failed to read {}", file.display()))?;
    // A key file must keep its last line break; a token has one line.
    let line = text.trim_end_matches(['\n', '\r']);
    Ok(if line.contains('\n') { text } else { line.to_owned() })
}

async fn list(scope: &str, api: &Api, out: &Out) -> anyhow::Result<()> {
    let found = api.secrets(scope).await?;
    out.result(&found, |look| {
        if found.items.is_empty() {
            let scope = &found.scope;
            return vec![format!("{scope} has no secrets; set one with `tenon secret set NAME`")];
        }
        let rows: Vec<[String; 3]> = found
            .items
            .iter()
            .map(|secret| {
                let at = secret.updated_at.as_ref().map(ToString::to_string).unwrap_or_default();
                let by = secret.updated_by.clone().unwrap_or_default();
                [look.paint(Tone::Strong, &secret.name), at, by]
            })
            .collect();
        table::lines(["NAME", "SET", "BY"], &rows, look)
    });
    Ok(())
}
