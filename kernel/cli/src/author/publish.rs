//! `tenon plugin publish`: to a registry, with a signature.

use anyhow::{Context as _, bail, ensure};
use kernel_package::artifact::Artifact;
use kernel_package::reference::Version;
use kernel_package::signing::KeyKind;
use kernel_package::{Reference, Source};
use serde_json::json;

use super::{Component, Inspect, fetcher, key, pack};
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
    let Component { bytes, plugin } = Component::read(&args.file, inspect).await?;
    let registry = fetcher(&args.access)?.registry(&to)?;
    let made = Artifact::make(&bytes, &pack::facts(&plugin));
    let digest = registry.push(&bytes, &made).await?;
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
    });
    out.result(&result, |_| {
        let signed = if key.is_some() { ", signed" } else { ", unsigned" };
        vec![
            format!("published {} {} as {to}{signed}", plugin.name, plugin.version),
            format!("  pinned: {pinned}"),
        ]
    });
    Ok(Exit::Succeeded)
}
