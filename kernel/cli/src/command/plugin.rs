//! `tenon plugin …`

pub(crate) mod install;
pub(crate) mod lock;

use std::path::Path;

use anyhow::Context as _;
use kernel_wire::plugin::Plugin;
use kernel_wire::plugin_admin::{BindingDefault, BindingSet, PluginRollback, PluginSwap, Rules};
use serde_json::{Value, json};

use crate::api::Api;
use crate::args::PluginCommand;
use crate::author::dev;
use crate::command::Usage;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::Look;
use crate::show::plugin as show;

pub(super) async fn execute(command: &PluginCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        PluginCommand::List => {
            let plugins = api.plugins().await?;
            out.result(&plugins, |look| show::list(&plugins, look));
        }
        PluginCommand::Inspect { plugin } => print(&api.plugin(plugin).await?, out),
        // These need no server, and were done before one was looked for.
        PluginCommand::Author(_) => {}
        PluginCommand::Install { from, options, grant_all, locked, lock } => match from {
            Some(from) => {
                let lock = locked.then_some(lock.file.as_path());
                install::install(api, from, options, *grant_all, lock, out).await?;
            }
            None => {
                return install::install_locked(api, options, *grant_all, &lock.file, out).await;
            }
        },
        PluginCommand::Import(args) => return install::import(api, args, out).await,
        PluginCommand::Lock { lock } => lock::lock(api, &lock.file, out).await?,
        PluginCommand::Dev(args) => return dev::execute(args, api, out).await,
        PluginCommand::Upgrade { plugin, from, approve, options } => {
            install::upgrade(api, plugin, from.as_deref(), *approve, options, out).await?;
        }
        PluginCommand::Swap { plugin, to, config } => {
            let config = config.config.as_deref().map(json_file).transpose()?;
            let swap = PluginSwap { to: to.clone(), config };
            serves(&api.plugin_swap(plugin, &swap).await?, out);
        }
        PluginCommand::Rollback { plugin, config } => {
            let config = config.config.as_deref().map(json_file).transpose()?;
            serves(&api.plugin_rollback(plugin, &PluginRollback { config }).await?, out);
        }
        PluginCommand::Enable { plugin } => serves(&api.plugin_do(plugin, "enable").await?, out),
        PluginCommand::Disable { plugin } => {
            let plugin = api.plugin_do(plugin, "disable").await?;
            out.result(&plugin, |_| vec![format!("{} does not serve any more", plugin.name)]);
        }
        PluginCommand::Remove { plugin } => {
            api.plugin_remove(plugin).await?;
            out.result(&json!({ "removed": plugin }), |_| {
                vec![format!("removed {plugin}, with what it was granted and has kept")]
            });
        }
        PluginCommand::Verify { plugin, lock } => {
            return lock::verify(api, plugin.as_deref(), lock.as_deref(), out).await;
        }
        PluginCommand::Logs { plugin, limit } => {
            let mut lines = api.plugin_logs(plugin).await?;
            lines.drain(..lines.len().saturating_sub(*limit));
            out.result(&lines, |look| show::log(&lines, look));
        }
        PluginCommand::Top { limit } => {
            let mut calls = api.plugin_calls().await?;
            calls.truncate(*limit);
            out.result(&calls, |look| show::top(&calls, look));
        }
        PluginCommand::WhyDenied { plugin } => {
            let denials = api.plugin_denials(plugin).await?;
            out.result(&denials, |look| show::denials(plugin, &denials, look));
        }
        PluginCommand::Grant { .. }
        | PluginCommand::Revoke { .. }
        | PluginCommand::Bind { .. }
        | PluginCommand::Unbind { .. }
        | PluginCommand::Bindings => return binding(command, api, out).await,
        PluginCommand::Conform { .. } => {
            anyhow::bail!("a client alone cannot run plugins; use the binary `tenon`")
        }
    }
    Ok(Exit::Succeeded)
}

async fn binding(command: &PluginCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let bound = match command {
        PluginCommand::Grant { binding, rules } => {
            let rules = Rules { rules: rules.clone() };
            api.binding_rules(binding, "grant", &rules).await?
        }
        PluginCommand::Revoke { binding, rules } => {
            let rules = Rules { rules: rules.clone() };
            api.binding_rules(binding, "revoke", &rules).await?
        }
        PluginCommand::Bind { name, plugin, config, rules, default, project } => {
            let set = BindingSet {
                plugin: plugin.clone(),
                config: config.as_deref().map(json_file).transpose()?,
                rules: Some(rules.clone()).filter(|rules| !rules.is_empty()),
                default_for: default.map(|kind| BindingDefault { kind, project: project.clone() }),
            };
            api.binding_set(name, &set).await?
        }
        PluginCommand::Unbind { name } => {
            api.binding_remove(name).await?;
            out.result(&json!({ "removed": name }), |_| {
                vec![format!("unbound {name}, which is gone with what it has kept")]
            });
            return Ok(Exit::Succeeded);
        }
        _ => {
            let bindings = api.bindings().await?;
            out.result(&bindings, |look| show::bindings(&bindings, look));
            return Ok(Exit::Succeeded);
        }
    };
    out.result(&bound, |_| vec![show::one_binding(&bound)]);
    Ok(Exit::Succeeded)
}

/// Prints all that is known of a plugin.
pub fn print(plugin: &Plugin, out: &Out) {
    out.result(plugin, |look| show::detail(plugin, look));
}

fn serves(plugin: &Plugin, out: &Out) {
    out.result(plugin, |_| vec![show::serving(plugin, Look::PLAIN)]);
}

/// Reads a JSON object: from a file, from the standard input (`-`), or as it stands here.
///
/// # Errors
/// Fails when there is no such file, or no JSON in it.
pub fn json_file(file: &Path) -> anyhow::Result<Value> {
    let written = file.to_str().filter(|text| text.trim_start().starts_with('{'));
    if let Some(text) = written {
        let read = serde_json::from_str(text);
        return read.map_err(|err| Usage(format!("the configuration is no JSON: {err}")).into());
    }
    if let Some(text) = file.to_str().filter(|text| is_other_json(text) && !file.exists()) {
        return Err(Usage(format!(
            "{text} is JSON, but no object; a configuration is one, such as {{\"key\": 1}}"
        ))
        .into());
    }
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin()).context("failed to read the standard input")?
    } else {
        std::fs::read_to_string(file)
            .with_context(|| format!("failed to read {}", file.display()))?
    };
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

/// Returns whether a text is JSON that begins as no name of a file is likely to.
fn is_other_json(text: &str) -> bool {
    let begins = text.trim_start().starts_with(|c: char| c.is_ascii_digit() || "[\"".contains(c));
    begins && serde_json::from_str::<Value>(text).is_ok()
}

#[cfg(test)]
mod tests;
