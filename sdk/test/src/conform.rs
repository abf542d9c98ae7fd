//! Checks a component against what the contract says: of every plugin, and of each of its kinds.
//!
//! Each check has a stage of its own, so that none sees what another has left. A check that cannot
//! be made, such as of a backend that is not reachable here, is skipped and says why.

mod action;
mod cache;
mod code;
mod every;
mod gateway;
mod identity;
mod language;
mod launcher;
mod machine;
mod model;
mod notifier;
mod resource;
mod secrets;
mod webhook;

use std::collections::BTreeMap;

use kernel_ports::plugin::{PluginError, PluginInfo, PluginKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use wit_envelope::manifest::Manifest;

use crate::stage::{Stage, StageBuilder, StageError};

/// What a suite needs besides the component.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// What the plugin reads as its configuration; null: `{}`.
    pub config: Value,
    /// Secrets that the plugin finds.
    pub secrets: BTreeMap<String, String>,
}

/// What came of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The plugin's name; empty when its binary cannot be read.
    pub plugin: String,
    pub version: String,
    pub checks: Vec<Check>,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `every`, or the kind that it is a check of.
    pub suite: String,
    /// A sentence that should be true.
    pub name: String,
    pub verdict: Verdict,
    /// Why it failed or was skipped; empty when it passed.
    pub reason: String,
}

/// Whether a check passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// Why a check did not pass.
enum Miss {
    Failed(String),
    Skipped(String),
}

type Outcome = Result<(), Miss>;
type Suite = &'static [(&'static str, fn(&Subject) -> Outcome)];

/// What is checked.
struct Subject {
    wasm: Vec<u8>,
    info: PluginInfo,
    manifest: Manifest,
    setting: Setting,
    cache: TempDir,
}

impl Report {
    /// Returns whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != Verdict::Failed)
    }
}

/// Checks a component. It must not be called from within an asynchronous task.
#[must_use]
pub fn conform(wasm: &[u8], setting: &Setting) -> Report {
    let mut report = Report { plugin: String::new(), version: String::new(), checks: Vec::new() };
    let subject = match subject(wasm, setting) {
        Ok(subject) => subject,
        Err(reason) => {
            report.checks.push(check(
                "every",
                "it is a plugin of this contract",
                Err(fail(reason)),
            ));
            return report;
        }
    };
    report.plugin.clone_from(&subject.info.name);
    report.version.clone_from(&subject.info.version);
    report.checks.push(check("every", "it is a plugin of this contract", Ok(())));
    let lacks = lacks(&subject);
    let config = &subject.setting.config;
    if lacks.is_none() && !config.is_null() {
        let problems = kernel_host::config_problems(&subject.manifest.config, &config.to_string());
        let fits = hold(problems.is_empty(), || problems.join("; "));
        report.checks.push(check("every", "the configuration that is given fits its schema", fits));
    }
    run(&mut report, "every", every::SUITE, &subject);
    for kind in &subject.info.kinds {
        match &lacks {
            None => run(&mut report, kind.word(), suite(*kind), &subject),
            Some(lacks) => {
                for (name, _) in suite(*kind) {
                    report.checks.push(check(kind.word(), name, Err(skip(lacks))));
                }
            }
        }
    }
    report
}

/// Returns what keeps the plugin from doing anything: nobody would bind it like this.
fn lacks(subject: &Subject) -> Option<String> {
    let required = subject.manifest.config["required"].as_array()?;
    let names = required.iter().filter_map(Value::as_str);
    let missing: Vec<&str> = names.filter(|name| subject.setting.config[name].is_null()).collect();
    (!missing.is_empty())
        .then(|| format!("its configuration lacks {}; give one", missing.join(", ")))
}

fn suite(kind: PluginKind) -> Suite {
    match kind {
        PluginKind::Language => language::SUITE,
        PluginKind::Launcher => launcher::SUITE,
        PluginKind::Resource => resource::SUITE,
        PluginKind::Action => action::SUITE,
        PluginKind::Secrets => secrets::SUITE,
        PluginKind::Cache => cache::SUITE,
        PluginKind::Model => model::SUITE,
        PluginKind::Identity => identity::SUITE,
        PluginKind::Webhook => webhook::SUITE,
        PluginKind::Notifier => notifier::SUITE,
        PluginKind::Gateway => gateway::SUITE,
    }
}

fn run(report: &mut Report, word: &str, suite: Suite, subject: &Subject) {
    for (name, act) in suite {
        report.checks.push(check(word, name, act(subject)));
    }
}

fn check(suite: &str, name: &str, outcome: Outcome) -> Check {
    let (verdict, reason) = match outcome {
        Ok(()) => (Verdict::Passed, String::new()),
        Err(Miss::Failed(reason)) => (Verdict::Failed, reason),
        Err(Miss::Skipped(reason)) => (Verdict::Skipped, reason),
    };
    Check { suite: suite.to_owned(), name: name.to_owned(), verdict, reason }
}

fn subject(wasm: &[u8], setting: &Setting) -> Result<Subject, String> {
    let info = kernel_host::inspect(wasm).map_err(|err| err.to_string())?;
    let manifest = kernel_host::manifest(wasm).map_err(|err| err.to_string())?;
    let cache = tempfile::tempdir().map_err(|err| err.to_string())?;
    Ok(Subject { wasm: wasm.to_vec(), info, manifest, setting: setting.clone(), cache })
}

impl Subject {
    fn builder(&self) -> StageBuilder {
        let mut builder = Stage::builder(self.wasm.clone()).cache(self.cache.path());
        if !self.setting.config.is_null() {
            builder = builder.config_unchecked(self.setting.config.clone());
        }
        for (name, value) in &self.setting.secrets {
            builder = builder.secret(name, value);
        }
        builder
    }

    fn stage(&self) -> Result<Stage, Miss> {
        Ok(self.builder().build()?)
    }
}

impl From<StageError> for Miss {
    fn from(err: StageError) -> Self {
        Self::Failed(err.to_string())
    }
}

impl From<PluginError> for Miss {
    fn from(err: PluginError) -> Self {
        Self::Failed(err.to_string())
    }
}

fn fail(reason: impl Into<String>) -> Miss {
    Miss::Failed(reason.into())
}

fn skip(reason: impl Into<String>) -> Miss {
    Miss::Skipped(reason.into())
}

/// Fails with `reason` unless something holds.
fn hold(holds: bool, reason: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(fail(reason())) }
}

/// Returns the answer, or the code of the plugin's own error. Anything else fails the check.
fn said<T>(result: Result<T, PluginError>) -> Result<Result<T, String>, Miss> {
    match result {
        Ok(answer) => Ok(Ok(answer)),
        Err(PluginError::Said { code, .. }) => Ok(Err(code)),
        Err(PluginError::Denied { .. }) => Ok(Err("denied".to_owned())),
        Err(err) => Err(err.into()),
    }
}

/// As [`said`], where a backend that is not here is no fault of the plugin.
fn reached<T>(result: Result<T, PluginError>) -> Result<Result<T, String>, Miss> {
    match said(result)? {
        Err(code) if matches!(code.as_str(), "unavailable" | "timeout") => {
            Err(skip(format!("what it needs is not reachable here (it says {code:?})")))
        }
        other => Ok(other),
    }
}

/// As [`reached`], where any error fails the check.
fn good<T>(what: &str, result: Result<T, PluginError>) -> Result<T, Miss> {
    reached(result)?.map_err(|code| fail(format!("{what} was refused with {code:?}")))
}
