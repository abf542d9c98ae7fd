//! `tenon plugin install` and `tenon plugin upgrade`.

use std::path::Path;

use anyhow::{Context as _, bail};
use kernel_wire::plugin_admin::{InstallOutcome, PluginFetch, PluginInstalled};

use super::json_file;
use crate::api::Api;
use crate::api::plugin::InstallBody;
use crate::args::plugin::InstallArgs;
use crate::out::Out;
use crate::show::plugin as show;

pub(super) async fn install(
    api: &Api,
    from: &str,
    options: &InstallArgs,
    grant_all: bool,
    out: &Out,
) -> anyhow::Result<()> {
    let mut query = query(options)?;
    query.extend(grant_all.then(|| ("grantAll", "true".to_owned())));
    let body = body(from, options, &mut query)?;
    let installed = api.plugin_install(None, &query, body).await?;
    report(api, &installed, out).await
}

pub(super) async fn upgrade(
    api: &Api,
    plugin: &str,
    from: Option<&str>,
    approve: bool,
    options: &InstallArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let mut query = query(options)?;
    query.extend(approve.then(|| ("approve", "true".to_owned())));
    let body = match from {
        Some(from) => body(from, options, &mut query)?,
        None => InstallBody::Nothing,
    };
    let installed = api.plugin_install(Some(plugin), &query, body).await?;
    report(api, &installed, out).await
}

/// Returns the component if it is a file here, else where the server finds it.
fn body(
    from: &str,
    options: &InstallArgs,
    query: &mut Vec<(&'static str, String)>,
) -> anyhow::Result<InstallBody> {
    if from.contains("://") {
        if from.starts_with("http") && options.digest.is_none() {
            bail!(
                "what an address gives may change: say with --digest which SHA-256 {from} must have"
            );
        }
        let digest = options.digest.clone();
        return Ok(InstallBody::Fetch(PluginFetch { from: from.to_owned(), digest }));
    }
    let bytes = std::fs::read(from).with_context(|| format!("failed to read the plugin {from}"))?;
    let name = Path::new(from).file_name().map(|name| name.to_string_lossy().into_owned());
    query.push(("origin", name.unwrap_or_else(|| from.to_owned())));
    Ok(InstallBody::Bytes(bytes.into()))
}

fn query(options: &InstallArgs) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut query: Vec<(&'static str, String)> =
        options.rules.iter().map(|rule| ("grant", rule.clone())).collect();
    if let Some(file) = &options.config {
        query.push(("config", json_file(file)?.to_string()));
    }
    query.extend(options.digest.clone().map(|digest| ("digest", digest)));
    query.extend(options.allow_unsigned.then(|| ("allowUnsigned", "true".to_owned())));
    Ok(query)
}

/// Says what came of it; where it serves, also what it asks for and may not use.
async fn report(api: &Api, installed: &PluginInstalled, out: &Out) -> anyhow::Result<()> {
    let plugin = match installed.outcome {
        InstallOutcome::Active if !out.is_json() => Some(api.plugin(&installed.name).await?),
        InstallOutcome::Active | InstallOutcome::Unchanged | InstallOutcome::Waiting => None,
    };
    out.result(installed, |look| show::installed(installed, plugin.as_ref(), look));
    Ok(())
}
