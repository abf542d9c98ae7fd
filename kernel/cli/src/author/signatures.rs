//! `tenon plugin signatures`: whether a plugin's signatures are trusted, without installing it.

use kernel_package::{Source, Trust, TrustStore};
use serde_json::json;

use super::fetcher;
use crate::args::author::SignaturesArgs;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::Tone;

pub(super) async fn execute(args: &SignaturesArgs, out: &Out) -> anyhow::Result<Exit> {
    let source: Source = args.source.parse()?;
    let store = TrustStore::read(&args.trust)?;
    let package = fetcher(&args.access)?.fetch(&source).await?;
    let trust = store.judge(&package);
    let (word, key, reason) = match &trust {
        Trust::Trusted { key } => ("trusted", Some(key.as_str()), None),
        Trust::Unsigned => ("unsigned", None, Some("no key of the trust store has signed it")),
        Trust::Refused { reason } => ("refused", None, Some(reason.as_str())),
    };
    let kinds: Vec<&str> = package.signatures.iter().map(|signature| signature.kind()).collect();
    let result = json!({
        "source": source.to_string(),
        "digest": package.digest.to_string(),
        "trust": word,
        "key": key,
        "reason": reason,
        "signatures": kinds,
    });
    out.result(&result, |look| {
        let tone = if key.is_some() { Tone::Good } else { Tone::Bad };
        let why = key.map(|key| format!("signed by {key}")).or(reason.map(ToOwned::to_owned));
        let why = why.unwrap_or_default();
        vec![format!("{}  {why}", look.paint(tone, word)), format!("  {}", package.digest)]
    });
    Ok(if key.is_some() { Exit::Succeeded } else { Exit::Failed })
}
