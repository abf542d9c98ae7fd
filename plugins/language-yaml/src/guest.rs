//! The plugin: binds this crate to the contract.

use tenon_sdk::language::{Compilation, Diagnostic, Language, Severity};
use tenon_sdk::{Error, Result};
use wit_envelope::language::{Command, CompileRequest, RunEvent};

use crate::drive::{DriveError, State};
use crate::{compile, diagnostic, drive};

tenon_sdk::manifest!("../manifest.json");
tenon_sdk::export_language!(Yaml);

/// Pipelines in YAML.
#[derive(Debug)]
pub(crate) struct Yaml;

impl Language for Yaml {
    type State = State;

    fn compile(request: CompileRequest) -> Result<Compilation> {
        let compilation = compile(&request);
        let diagnostics = compilation.diagnostics.into_iter().map(remark).collect();
        Ok(Compilation { plan: compilation.plan, diagnostics })
    }

    fn drive(program: &str, state: &mut State, events: Vec<RunEvent>) -> Result<Vec<Command>> {
        drive::drive_state(program, state, &events).map_err(|err| match err {
            DriveError::Program(_) => Error::invalid(err.to_string()),
            DriveError::State(_) => Error::internal(err.to_string()),
        })
    }
}

fn remark(it: diagnostic::Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: match it.severity {
            diagnostic::Severity::Error => Severity::Error,
            diagnostic::Severity::Warning => Severity::Warning,
        },
        code: it.code.to_owned(),
        message: it.message,
        line: it.at.line,
        column: it.at.column,
        hint: it.hint,
    }
}
