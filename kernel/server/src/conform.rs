//! `tenon plugin conform FILE`: the conformance suites, for any component and without a server.

use std::path::Path;

use anyhow::Context as _;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_cli::show::look::{Look, Tone};
use tenon_test::conform::{Check, Report, Setting, Verdict, conform};

/// Checks a file, and prints what came of each check. The exit code is 1 when one has failed.
pub(crate) async fn check(
    file: &Path,
    config: Option<&Path>,
    secrets: &[String],
    out: &Out,
) -> anyhow::Result<Exit> {
    let wasm = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let mut setting = Setting::default();
    if let Some(path) = config {
        let path_shown = path.display();
        let text = std::fs::read(path).with_context(|| format!("failed to read {path_shown}"))?;
        setting.config =
            serde_json::from_slice(&text).with_context(|| format!("{path_shown} is no JSON"))?;
        anyhow::ensure!(setting.config.is_object(), "{path_shown} must be a JSON object");
    }
    for secret in secrets {
        let (name, value) =
            secret.split_once('=').context("--secret expects NAME=VALUE, such as token=s3cret")?;
        setting.secrets.insert(name.to_owned(), value.to_owned());
    }
    // The suites wait for the host's answers, which no task may do.
    let report = tokio::task::spawn_blocking(move || conform(&wasm, &setting)).await?;
    out.result(&report, |look| lines(&report, look));
    Ok(if report.passed() { Exit::Succeeded } else { Exit::Failed })
}

fn lines(report: &Report, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    if !report.plugin.is_empty() {
        lines.push(format!("{} {}", look.paint(Tone::Strong, &report.plugin), report.version));
    }
    let mut suite = "";
    for check in &report.checks {
        if check.suite != suite {
            suite = &check.suite;
            let title = if suite == "every" { "every plugin" } else { suite };
            lines.push(String::new());
            lines.push(look.paint(Tone::Strong, title));
        }
        lines.extend(check_lines(check, look));
    }
    let count = |verdict| report.checks.iter().filter(|check| check.verdict == verdict).count();
    lines.push(String::new());
    lines.push(format!(
        "{} passed, {} failed, {} skipped",
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Skipped),
    ));
    lines
}

fn check_lines(check: &Check, look: Look) -> Vec<String> {
    let sign = match check.verdict {
        Verdict::Passed => look.paint(Tone::Good, "pass"),
        Verdict::Failed => look.paint(Tone::Bad, "FAIL"),
        Verdict::Skipped => look.paint(Tone::Quiet, "skip"),
    };
    let mut lines = vec![format!("  {sign}  {}", check.name)];
    if !check.reason.is_empty() {
        lines.push(format!("        {}", check.reason));
    }
    lines
}
