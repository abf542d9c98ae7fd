//! `tenon plugin publish`: to a registry, with a signature.

use anyhow::{Context as _, bail, ensure};
use kernel_package::artifact::Artifact;
use kernel_package::fetch::TransferError;
use kernel_package::reference::Version;
use kernel_package::registry::Registry;
use kernel_package::signing::KeyKind;
use kernel_package::{Digest, Reference, Source};
use serde_json::json;

use super::{Component, Inspect, Inspected, fetcher, key, pack};
use crate::args::author::PublishArgs;
use crate::exit::Exit;
use crate::out::Out;

pub(super) async fn execute(
    args: &PublishArgs,
    inspect: Inspect,
    out: &Out,
) -> anyhow::Result<Exit> {
    let to = match args.to.parse::<Source>()? {
        Source::Oci(reference) => reference,
        Source::File(_) | Source::Url { .. } => bail!(
            "{} is no registry; write oci://registry/repository:tag, or copy the file where you \
             want it",
            args.to
        ),
    };
    // Before anything is pushed: a plugin without its signature should not be there even shortly.
    let key = key::read(&args.key)?;
    if let Some(key) = &key {
        ensure!(
            key.kind() != KeyKind::Minisign,
            "minisign keys sign files, not artifacts of a registry; use a cosign or ed25519 key"
        );
    }
    let Component { bytes, inspected: Inspected { plugin, .. } } =
        Component::read(&args.file, inspect).await?;
    let registry = fetcher(&args.access)?.registry(&to)?;
    let made = Artifact::make(&bytes, &pack::facts(&plugin));
    let digest = Digest::of(&made.manifest);
    let before = published(&registry, &to).await?;
    if let Some(before) = before.filter(|before| *before != digest && !args.replace) {
        bail!(
            "{to} holds {before} already, and this is {digest}; publish it under another tag, or \
             add --replace"
        );
    }
    let is_there = before == Some(digest);
    if !is_there {
        registry.push(&bytes, &made).await?;
    }
    if let Some(key) = &key {
        let payload = registry.signing_payload(digest);
        let signature = key.sign(&payload)?;
        registry
            .signature_push(digest, &payload, &signature)
            .await
            .context("the plugin was published without a signature; publish it again")?;
    }
    let pinned: Reference = to.at(Version::Digest(digest));
    let result = json!({
        "reference": to.to_string(),
        "pinned": pinned.to_string(),
        "signed": key.is_some(),
        "unchanged": is_there,
        "replaced": before.filter(|_| !is_there).map(|before| before.to_string()),
    });
    out.result(&result, |_| {
        let (name, version) = (&plugin.name, &plugin.version);
        let mut lines = vec![match (is_there, key.is_some()) {
            (true, true) => format!("{name} {version} is {to} already; it was signed"),
            (true, false) => format!("{name} {version} is {to} already; nothing was done"),
            (false, true) => format!("published {name} {version} as {to}, signed"),
            (false, false) => format!("published {name} {version} as {to}, unsigned"),
        }];
        lines.push(format!("  pinned: {pinned}"));
        lines.extend(before.filter(|_| !is_there).map(|before| format!("  in place of: {before}")));
        lines
    });
    Ok(Exit::Succeeded)
}

/// Returns what the tag holds now. Who names a digest hears from the push that this is none.
async fn published(registry: &Registry, to: &Reference) -> anyhow::Result<Option<Digest>> {
    if matches!(to.version, Version::Digest(_)) {
        return Ok(None);
    }
    match registry.manifest(&to.version).await {
        Ok(manifest) => Ok(Some(Digest::of(&manifest))),
        Err(TransferError::NotFound { .. }) => Ok(None),
        Err(err) => Err(err).with_context(|| format!("failed to look at what {to} holds")),
    }
}
