//! `tenon plugin bundle`: plugins and their signatures in one file.

use std::fs;

use anyhow::{Context as _, ensure};
use kernel_package::bundle::{self, Bundled};
use kernel_package::{Digest, Lock, Package, Source};
use serde_json::json;

use super::{Inspect, fetcher};
use crate::args::author::BundleArgs;
use crate::exit::Exit;
use crate::out::Out;

pub(super) async fn execute(
    args: &BundleArgs,
    inspect: Inspect,
    out: &Out,
) -> anyhow::Result<Exit> {
    let fetcher = fetcher(&args.access)?;
    let mut bundled = Vec::new();
    for text in &args.sources {
        let package = fetcher.fetch(&text.parse::<Source>()?).await?;
        bundled.push(named(package, inspect)?);
    }
    if let Some(file) = &args.lock {
        ensure!(file.is_file(), "there is no lock file {}", file.display());
        for entry in Lock::read(file)?.entries() {
            let package = fetcher.fetch(&pinned(&entry.origin, entry.digest)?).await?;
            let plugin = named(package, inspect)?;
            Lock::read(file)?.check(&plugin.entry(entry.signer.clone()), true)?;
            bundled.push(plugin);
        }
    }
    let mut bytes = Vec::new();
    bundle::export(&bundled, &mut bytes)?;
    let shown = args.to.display();
    fs::write(&args.to, &bytes).with_context(|| format!("failed to write {shown}"))?;
    let names: Vec<String> =
        bundled.iter().map(|plugin| format!("{} {}", plugin.name, plugin.version)).collect();
    let digest = Digest::of(&bytes).to_string();
    let result = json!({ "bundle": args.to, "digest": digest, "plugins": names });
    out.result(&result, |_| {
        let mut lines = vec![format!("wrote {shown}"), format!("  {digest}")];
        lines.extend(names.iter().map(|name| format!("  {name}")));
        lines
    });
    Ok(Exit::Succeeded)
}

/// Returns where a pinned plugin is fetched from: an address needs its digest.
fn pinned(origin: &str, digest: Digest) -> anyhow::Result<Source> {
    let text = if origin.starts_with("https://") || origin.starts_with("http://") {
        format!("{origin}#{digest}")
    } else {
        origin.to_owned()
    };
    Ok(text.parse()?)
}

fn named(package: Package, inspect: Inspect) -> anyhow::Result<Bundled> {
    let origin = package.origin.clone();
    let plugin = inspect(&origin, &package.bytes);
    let plugin = plugin.with_context(|| format!("{origin} cannot be used"))?;
    let plugin = plugin.plugin;
    Ok(Bundled { name: plugin.name, version: plugin.version, package })
}
