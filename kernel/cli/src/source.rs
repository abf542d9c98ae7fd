//! Pipeline sources on disk, and what is said about them.

use std::path::Path;

use anyhow::Context as _;
use kernel_wire::diagnostic::Diagnostic;
use kernel_wire::pipeline::PipelineSet;
use serde_json::Value;

use crate::args::pairs::Typed;
use crate::from_wire;
use crate::out::Out;
use crate::show::diagnostic;

/// The value that stands for the folder that the command was started in.
pub(crate) const CWD: &str = "cwd";

/// Returns the folder that the command was started in.
pub(crate) fn cwd() -> Value {
    std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned().into()
}

/// Reads a source that a server is to keep: `((cwd))` becomes the folder that we are in, as in
/// `tenon run`, unless a variable says otherwise.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_to_keep(file: &Path, vars: &[Typed], out: &Out) -> anyhow::Result<PipelineSet> {
    let mut set = read(file, vars)?;
    if set.source.contains("((cwd))") && !set.vars.contains_key(CWD) {
        let cwd = cwd();
        let folder = cwd.as_str().unwrap_or_default();
        out.aside(&format!("((cwd)) is {folder}; give --var cwd=DIR for another\n"));
        set.vars.insert(CWD.to_owned(), cwd);
    }
    Ok(set)
}

/// Reads a source.
///
/// # Errors
/// Fails when there is no such file, or it is not text.
pub(crate) fn read(file: &Path, vars: &[Typed]) -> anyhow::Result<PipelineSet> {
    let source = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read the pipeline {}", file.display()))?;
    let file_name = file.file_name().unwrap_or(file.as_os_str());
    Ok(PipelineSet {
        source,
        file_name: file_name.to_string_lossy().into_owned(),
        language: None,
        vars: vars.iter().map(|var| (var.name.clone(), var.value.clone())).collect(),
    })
}

/// Returns the name of the pipeline that a file holds, when nobody says another.
pub(crate) fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy();
    let is_ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = stem.chars().map(|c| if is_ok(c) { c } else { '-' }).take(100).collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "pipeline".to_owned() } else { name.to_owned() }
}

/// Prints remarks about a source beside the result.
pub(crate) fn complain(file: &Path, source: &str, diagnostics: &[Diagnostic], out: &Out) {
    let remarks = from_wire::remarks(diagnostics);
    out.aside(&diagnostic::text(&file.display().to_string(), source, &remarks, out.look_err));
}

#[cfg(test)]
mod tests;
