//! Puts the standard plugins into the binary: compressed, with their digests.
//!
//! They are taken from `target/plugins`, where `cargo xtask plugins` leaves them, or from the
//! folder that `TENON_PLUGINS_DIR` names.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest as _, Sha256};

/// Slow to compress and as fast to read as any other level; done once per change of a plugin.
const LEVEL: i32 = 19;

fn main() -> io::Result<()> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let folder = folder(&out)?;
    println!("cargo::rerun-if-env-changed=TENON_PLUGINS_DIR");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = wasm_files(&folder)?;
    if files.is_empty() {
        println!(
            "cargo::warning=no plugins in {}: this binary will carry none; run `cargo xtask plugins`, then build again",
            folder.display()
        );
    }
    let mut list = String::from("&[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("plugin").to_owned();
        let bytes = fs::read(&file)?;
        let digest: String = Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let compressed = compressed(&out, &name, &digest, &bytes)?;
        let _ = writeln!(
            list,
            "    Standard {{ name: {name:?}, sha256: {digest:?}, bytes: include_bytes!({:?}) }},",
            compressed.display().to_string()
        );
    }
    list.push_str("]\n");
    fs::write(out.join("standard.rs"), list)
}

/// Returns `plugins` in the target folder, which is somewhere above `OUT_DIR`.
fn folder(out: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = env::var_os("TENON_PLUGINS_DIR") {
        return fs::canonicalize(&folder).map_err(|err| {
            io::Error::other(format!("TENON_PLUGINS_DIR={}: {err}", folder.display()))
        });
    }
    // <target>[/<triple>]/<profile>/build/<package>/out: the marker file is cargo's own.
    let target = out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    let target = target.or_else(|| out.ancestors().nth(4)).unwrap_or(out);
    let folder = target.join("plugins");
    // A folder that is there can be watched, and so plugins that come later are seen.
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn wasm_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Compresses unless that has been done for the same bytes.
fn compressed(out: &Path, name: &str, digest: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let file = out.join(format!("{name}-{}.zst", &digest[..16]));
    if !file.is_file() {
        let part = file.with_extension("part");
        fs::write(&part, zstd::encode_all(bytes, LEVEL)?)?;
        fs::rename(&part, &file)?;
    }
    Ok(file)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|err| io::Error::other(format!("{name}: {err}")))
}
