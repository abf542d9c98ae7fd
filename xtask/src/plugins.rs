//! Builds the standard plugins, and puts them where the server's build takes them from.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::component;
use crate::tool::{WASM, add_wasm_target, cargo, root, run, target};

/// Builds all plugins into `target/plugins/<name>.wasm`, each written only when it has changed.
pub(crate) fn build() -> Result<()> {
    add_wasm_target()?;
    run(cargo("plugins").args(["build", "--release", "--target", WASM]))?;
    let place = target("").join("plugins");
    fs::create_dir_all(&place).with_context(|| format!("failed to make {}", place.display()))?;
    let names = names()?;
    for name in &names {
        install(name, place.join(format!("{name}.wasm")))?;
    }
    remove_others(&place, &names)
}

/// Returns the names of the plugins, which are those of their folders. What has no manifest is what
/// plugins share.
fn names() -> Result<Vec<String>> {
    let folder = root().join("plugins");
    let mut names = Vec::new();
    let entries = fs::read_dir(&folder);
    for entry in entries.with_context(|| format!("failed to list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().join("manifest.json").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "there is no plugin in {}", folder.display());
    names.sort();
    Ok(names)
}

fn install(name: &str, place: PathBuf) -> Result<()> {
    let built = format!("{WASM}/release/{}.wasm", name.replace('-', "_"));
    let built = target("plugins").join(built);
    let bytes = fs::read(&built).with_context(|| {
        format!("{name}: failed to read {}; is its crate a cdylib?", built.display())
    })?;
    let seen = component::read(name, &bytes).with_context(|| format!("{name} is not good"))?;
    // An unchanged file keeps its time, so that the server is not built again.
    let changed = fs::read(&place).map_or(true, |before| before != bytes);
    if changed {
        fs::write(&place, &bytes)
            .with_context(|| format!("failed to write {}", place.display()))?;
    }
    println!(
        "{name:<18} {:>5} kB  {:<9}  {} uses {}",
        bytes.len() / 1000,
        if changed { "new" } else { "unchanged" },
        seen.exports.join(", "),
        seen.imports.join(", "),
    );
    Ok(())
}

/// Removes plugins that are no longer in the source, lest the server carries them on.
fn remove_others(place: &std::path::Path, names: &[String]) -> Result<()> {
    for entry in fs::read_dir(place)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|kind| kind == "wasm") && !names.contains(&name) {
            fs::remove_file(&path)
                .with_context(|| format!("failed to remove {}", path.display()))?;
            println!("{name:<18} removed: it is no longer in plugins/");
        }
    }
    Ok(())
}
