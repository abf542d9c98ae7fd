//! From the model to the wire. The model's types are never written themselves.

pub(crate) mod access;
mod event;
mod pipeline;
mod plugin;
mod run;
mod secret;
mod step;
mod waiting;
mod workspace;

use kernel_model::time::Time;
use kernel_ports::log::LogStream;
use kernel_ports::plugin::Diagnostic;
use kernel_wire as wire;
use kernel_wire::time::Timestamp;
use serde_json::Value;

pub(crate) use event::event;
pub(crate) use pipeline::{pipeline, pipeline_version};
pub(crate) use plugin::{
    binding, denial, kind_back, plugin, plugin_calls, plugin_imported, plugin_installed,
    plugin_log_line, plugin_verified,
};
pub(crate) use run::{artifact, run, run_tree};
pub(crate) use secret::secret;
pub(crate) use step::step_detail;
#[cfg(test)]
use waiting::waiting;
pub(crate) use workspace::{workspace, workspace_state_back};

pub(crate) fn time(at: Time) -> Timestamp {
    Timestamp { ms: at.0 }
}

/// Returns JSON that the kernel stored; null if it cannot be read, which an answer survives.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

pub(crate) fn diagnostic(remark: Diagnostic) -> wire::diagnostic::Diagnostic {
    use wire::diagnostic::Severity;
    wire::diagnostic::Diagnostic {
        severity: if remark.is_error { Severity::Error } else { Severity::Warning },
        code: remark.code,
        message: remark.message,
        line: remark.line,
        column: remark.column,
        hint: remark.hint,
    }
}

pub(crate) fn log_stream(stream: LogStream) -> wire::log::LogStream {
    match stream {
        LogStream::Stdout => wire::log::LogStream::Stdout,
        LogStream::Stderr => wire::log::LogStream::Stderr,
        LogStream::Note => wire::log::LogStream::Note,
    }
}

#[cfg(test)]
mod tests;
