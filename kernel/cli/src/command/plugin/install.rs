//! `tenon plugin install`, `tenon plugin upgrade` and `tenon plugin import`.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kernel_package::fetch::file_fetch;
use kernel_package::lock::Entry;
use kernel_package::{Digest, Lock, Source};
use kernel_wire::plugin_admin::{InstallOutcome, PluginFetch, PluginImported, PluginInstalled};

use super::json_file;
use crate::api::Api;
use crate::api::plugin::InstallBody;
use crate::args::plugin::{ImportArgs, InstallArgs};
use crate::command::{self, Usage};
use crate::exit::Exit;
use crate::out::Out;
use crate::show::plugin as show;

/// What a request says beside the plugin.
type Query = Vec<(&'static str, String)>;

pub(super) async fn install(
    api: &Api,
    from: &str,
    options: &InstallArgs,
    grant_all: bool,
    lock: Option<&Path>,
    out: &Out,
) -> anyhow::Result<()> {
    let mut query = query(options)?;
    query.extend(grant_all.then(|| ("grantAll", "true".to_owned())));
    let body = body(from, options, &mut query)?;
    if let Some(file) = lock {
        let entry = pinned(&read(file)?, file, from, &body)?;
        pin(&mut query, &entry);
    }
    let installed = api.plugin_install(None, &query, body).await?;
    report(api, &installed, out).await
}

/// Installs or upgrades everything that a lock file pins and that does not serve.
pub(super) async fn install_locked(
    api: &Api,
    options: &InstallArgs,
    grant_all: bool,
    file: &Path,
    out: &Out,
) -> anyhow::Result<Exit> {
    if !options.rules.is_empty() || options.config.is_some() || options.digest.is_some() {
        let text =
            "--grant, --config and --digest are about one plugin; name it, or leave them out";
        return Err(Usage(text.to_owned()).into());
    }
    let lock = read(file)?;
    let mut all = Vec::new();
    let mut exit = Exit::Succeeded;
    // One that fails does not hide what came of the others, as in `import`.
    for entry in lock.entries() {
        let done = entry_install(api, entry, options, grant_all).await;
        let (installed, refused) = match done {
            Ok(installed) => (Some(installed), None),
            Err(err) => {
                if exit == Exit::Succeeded {
                    exit = command::exit(&err);
                }
                (None, Some(format!("{}: {err:#}", entry.name)))
            }
        };
        all.push(PluginImported { origin: entry.origin.clone(), installed, refused });
    }
    report_all(api, &all, out).await;
    Ok(exit)
}

/// Installs or upgrades what one entry of a lock file pins.
async fn entry_install(
    api: &Api,
    entry: &Entry,
    options: &InstallArgs,
    grant_all: bool,
) -> anyhow::Result<PluginInstalled> {
    let mut query = query(options)?;
    query.extend(grant_all.then(|| ("grantAll", "true".to_owned())));
    query.push(("orUpgrade", "true".to_owned()));
    let body = match entry.origin.strip_prefix("file://") {
        Some(path) => body(path, options, &mut query)
            .with_context(|| format!("{path} is pinned as a file; name it where it lies now"))?,
        None => body(&address(entry), options, &mut query)?,
    };
    pin(&mut query, entry);
    Ok(api.plugin_install(None, &query, body).await?)
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

pub(super) async fn import(api: &Api, args: &ImportArgs, out: &Out) -> anyhow::Result<Exit> {
    let shown = args.bundle.display();
    let bundle = std::fs::read(&args.bundle).with_context(|| format!("failed to read {shown}"))?;
    ensure!(!bundle.is_empty(), "{shown} is empty; `tenon plugin bundle` writes a bundle");
    let mut query = Query::new();
    query.extend(args.locked.then(|| ("locked", "true".to_owned())));
    query.extend(args.digest.clone().map(|digest| ("digest", digest)));
    query.extend(args.rules.iter().map(|rule| ("grant", rule.clone())));
    if args.locked {
        for entry in read(&args.lock.file)?.entries() {
            query.push(("pin", format!("{}={}", entry.name, entry.digest.hex())));
            let signer = entry.signer.as_ref();
            query.extend(signer.map(|signer| ("signer", format!("{}={signer}", entry.name))));
        }
    }
    let flags = [
        ("grantAll", args.grant_all),
        ("approve", args.approve),
        ("allowUnsigned", args.allow_unsigned),
    ];
    query.extend(flags.iter().filter(|(_, on)| *on).map(|(name, _)| (*name, "true".to_owned())));
    let imported = api.plugin_import(&query, bundle.into()).await?;
    report_all(api, &imported, out).await;
    let is_refused = imported.iter().any(|plugin| plugin.refused.is_some());
    Ok(if is_refused { Exit::Refused } else { Exit::Succeeded })
}

/// Returns the component if it is a file here, else where the server finds it.
pub(crate) fn body(
    from: &str,
    options: &InstallArgs,
    query: &mut Query,
) -> anyhow::Result<InstallBody> {
    let is_address = from.starts_with("https://") || from.starts_with("http://");
    let text = match &options.digest {
        Some(digest) if is_address && !from.contains('#') => {
            format!("{from}#sha256:{}", digest.strip_prefix("sha256:").unwrap_or(digest))
        }
        _ => from.to_owned(),
    };
    let file = match text.parse::<Source>().map_err(|err| Usage(err.to_string()))? {
        Source::File(file) => file,
        Source::Url { url, digest } => {
            let (from, digest) = (url.to_string(), Some(digest.hex()));
            return Ok(InstallBody::Fetch(PluginFetch { from, digest }));
        }
        Source::Oci(reference) => {
            let from = reference.to_string();
            return Ok(InstallBody::Fetch(PluginFetch { from, digest: None }));
        }
    };
    let package = file_fetch(&file).with_context(|| format!("{} is not sent", file.display()))?;
    ensure!(
        !package.bytes.is_empty(),
        "{} is empty, so it is no plugin; build it again, or name another file",
        file.display()
    );
    query.push(("origin", package.origin));
    let texts = package.signatures.iter().filter_map(|signature| signature.text());
    query.extend(texts.map(|text| ("signature", text)));
    Ok(InstallBody::Bytes(package.bytes.into()))
}

fn query(options: &InstallArgs) -> anyhow::Result<Query> {
    let mut query: Query = options.rules.iter().map(|rule| ("grant", rule.clone())).collect();
    if let Some(file) = &options.config {
        query.push(("config", json_file(file)?.to_string()));
    }
    query.extend(options.digest.clone().map(|digest| ("digest", digest)));
    query.extend(options.signer.clone().map(|signer| ("signer", signer)));
    query.extend(options.allow_unsigned.then(|| ("allowUnsigned", "true".to_owned())));
    Ok(query)
}

/// Reads a lock file that must be there.
fn read(file: &Path) -> anyhow::Result<Lock> {
    let shown = file.display();
    ensure!(
        file.is_file(),
        "there is no lock file {shown}; write one with `tenon plugin lock`, or name it with --lock"
    );
    let lock = Lock::read(file)?;
    // A file without any pin would allow everything to whoever asks for what it pins only.
    ensure!(
        lock.entries().next().is_some(),
        "{shown} pins no plugin; `tenon plugin lock` pins what is installed"
    );
    Ok(lock)
}

/// Finds what the lock file says of a plugin that is about to be installed.
fn pinned(lock: &Lock, file: &Path, from: &str, body: &InstallBody) -> anyhow::Result<Entry> {
    let fits = |entry: &&Entry| match body {
        InstallBody::Bytes(bytes) => entry.digest == Digest::of(bytes),
        InstallBody::Fetch(fetch) => entry.origin == fetch.from,
        InstallBody::Nothing => false,
    };
    let entry = lock.entries().find(fits);
    entry.cloned().with_context(|| {
        format!(
            "{} does not pin {from}; install it without --locked, and then pin it with `tenon \
             plugin lock`",
            file.display()
        )
    })
}

/// Says what the plugin must be.
fn pin(query: &mut Query, entry: &Entry) {
    query.retain(|(name, _)| *name != "digest" && (*name != "signer" || entry.signer.is_none()));
    query.push(("digest", entry.digest.hex()));
    query.extend(entry.signer.clone().map(|signer| ("signer", signer)));
}

/// Returns a pinned origin as it is fetched again: an address needs its digest.
fn address(entry: &Entry) -> String {
    if entry.origin.starts_with("oci://") {
        return entry.origin.clone();
    }
    format!("{}#{}", entry.origin, entry.digest)
}

/// Says what came of it; where it serves, also what it asks for and may not use.
async fn report(api: &Api, installed: &PluginInstalled, out: &Out) -> anyhow::Result<()> {
    let plugin = match installed.outcome {
        InstallOutcome::Active | InstallOutcome::Unchanged if !out.is_json() => {
            Some(api.plugin(&installed.name).await?)
        }
        InstallOutcome::Active | InstallOutcome::Unchanged | InstallOutcome::Waiting => None,
    };
    out.result(installed, |look| show::installed(installed, plugin.as_ref(), look));
    Ok(())
}

/// Says what came of each of several.
async fn report_all(api: &Api, all: &[PluginImported], out: &Out) {
    let mut plugins = Vec::new();
    for installed in all.iter().filter_map(|one| one.installed.as_ref()) {
        if !out.is_json() && installed.outcome != InstallOutcome::Waiting {
            // What is done stays done, and is said, even if no more can be found out about it.
            plugins.extend(api.plugin(&installed.name).await);
        }
    }
    out.result(&all, |look| show::imported(all, &plugins, look));
}
