//! `tenon plugin conform PLUGIN`: the conformance suites, for any component and without a server.

use std::path::Path;

use anyhow::Context as _;
use kernel_cli::author::component_file;
use kernel_cli::command::plugin::json_file;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_cli::show::look::{Look, Tone};
use tenon_test::conform::{Check, Report, Setting, Verdict, conform};

/// Checks a file, or what was built in a folder, and prints what came of each check. The exit code is 1 when one has failed.
pub(crate) async fn check(
    file: &Path,
    config: Option<&Path>,
    secrets: &[String],
    out: &Out,
) -> anyhow::Result<Exit> {
    let file = component_file(file).await?;
    let shown = file.display();
    let wasm = std::fs::read(&file).with_context(|| format!("failed to read {shown}"))?;
    let mut setting = Setting::default();
    if let Some(written) = config {
        setting.config = json_file(written)?;
        let shown = written.display();
        anyhow::ensure!(setting.config.is_object(), "{shown} must be a JSON object");
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
