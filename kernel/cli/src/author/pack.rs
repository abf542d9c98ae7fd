//! `tenon plugin pack`: one file, or an image layout.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use kernel_package::artifact::{Artifact, Facts};
use kernel_package::{Digest, layout};
use kernel_wire::plugin::Plugin;
use serde_json::json;

use super::{Component, Inspect, Inspected};
use crate::args::author::PackArgs;
use crate::exit::Exit;
use crate::out::Out;

pub(super) async fn execute(args: &PackArgs, inspect: Inspect, out: &Out) -> anyhow::Result<Exit> {
    let Component { bytes, inspected: Inspected { plugin, .. } } =
        Component::read(&args.plugin, inspect).await?;
    let digest = Digest::of(&bytes).to_string();
    let place = if let Some(folder) = &args.layout {
        layout::write(folder, &bytes, &Artifact::make(&bytes, &facts(&plugin)), &plugin.version)?;
        folder.clone()
    } else {
        let name = || PathBuf::from(format!("{}-{}.wasm", plugin.name, plugin.version));
        let file = args.to.clone().unwrap_or_else(name);
        fs::write(&file, &bytes).with_context(|| format!("failed to write {}", file.display()))?;
        file
    };
    let result = json!({ "place": place, "digest": digest });
    out.result(&result, |_| {
        vec![
            format!("packed {} {} into {}", plugin.name, plugin.version, place.display()),
            format!("  {digest}"),
        ]
    });
    Ok(Exit::Succeeded)
}

/// What a registry shows of a plugin.
pub(super) fn facts(plugin: &Plugin) -> Facts {
    Facts {
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        summary: plugin.summary.clone(),
        created: None,
        exports: plugin.exports.clone(),
        imports: plugin.imports.clone(),
    }
}
