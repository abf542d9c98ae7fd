//! Packages the SDK as its users get it, and unpacks it: nothing of this repository helps there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::tool::{cargo, run, target, tool};

/// The published crates, by the workspace that they lie in.
const CRATES: [(&str, &str); 2] = [("", "wit-envelope"), ("sdk/rust", "tenon-sdk")];

/// Puts `NAME-VERSION/` for each crate into a folder, `target/sdk` unless another is named.
pub(crate) fn pack(place: Option<PathBuf>) -> Result<()> {
    let place = place.unwrap_or_else(|| target("").join("sdk"));
    if place.exists() {
        fs::remove_dir_all(&place)
            .with_context(|| format!("failed to remove {}", place.display()))?;
    }
    fs::create_dir_all(&place).with_context(|| format!("failed to make {}", place.display()))?;
    for (workspace, name) in CRATES {
        let mut package = cargo(workspace);
        // The lock file would name the other crate, which is in no registry yet.
        package.args(["package", "--quiet", "--no-verify", "--allow-dirty", "--exclude-lockfile"]);
        run(package.args(["--package", name]).arg("--target-dir").arg(&place))?;
    }
    let packed = place.join("package");
    let entries = fs::read_dir(&packed);
    for entry in entries.with_context(|| format!("failed to list {}", packed.display()))? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "crate") {
            run(tool("tar").arg("-xzf").arg(&file).arg("-C").arg(&place))?;
        }
    }
    println!("the SDK as it is published lies in {}", place.display());
    Ok(())
}

/// Returns each published crate and the folder that it was unpacked into.
pub(crate) fn unpacked(place: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let find = |name: &'static str| {
        let entries = fs::read_dir(place)?;
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut found = folders.filter(|folder| {
            let folder = folder.file_name().unwrap_or_default().to_string_lossy();
            folder.strip_prefix(name).is_some_and(|rest| rest.starts_with("-"))
        });
        let found = found.next().with_context(|| format!("{name} was not packaged"))?;
        Ok((name, found))
    };
    CRATES.iter().map(|(_, name)| find(name)).collect()
}
