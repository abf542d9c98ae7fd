//! Why a call gave no answer: from the engine's errors to those of the port.

use kernel_ports::plugin::PluginError;
use wasmtime::component::ResourceTableError;
use wasmtime::{Error, PoolConcurrencyLimitError, Trap, WasmBacktrace};

/// How much of a message people get to see.
const MESSAGE_BYTES: usize = 4 * 1024;

/// What a host function ends a call with.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Stop {
    #[error("{message}")]
    Limit { message: String },
    /// The guest used what was not granted. What it was stands in the call's state.
    #[error("{capability} is not granted")]
    Denied { capability: String },
    /// The plugin and the contract do not fit together.
    #[error("{message}")]
    Link { message: String },
    /// Not the guest's fault.
    #[error("{message}")]
    Host { message: String },
}

impl Stop {
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::Limit { message: message.into() }
    }

    /// A failure of a port, with its causes.
    pub(crate) fn host(err: &dyn std::error::Error) -> Self {
        let mut message = err.to_string();
        let mut cause = err.source();
        while let Some(err) = cause {
            message.push_str(": ");
            message.push_str(&err.to_string());
            cause = err.source();
        }
        Self::Host { message }
    }
}

/// Which call failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) function: &'a str,
    pub(crate) limit_ms: u64,
    /// What the guest printed, such as the message of a panic.
    pub(crate) stderr: &'a str,
}

/// Returns what the failure of a running guest was. [`Stop::Denied`] is the caller's to explain.
pub(crate) fn classify(err: &Error, failed: Failed<'_>) -> PluginError {
    let plugin = failed.plugin.to_owned();
    if let Some(stop) = err.downcast_ref::<Stop>() {
        return match stop.clone() {
            Stop::Limit { message } => PluginError::Limit { plugin, message },
            Stop::Host { message } => PluginError::Host { plugin, message },
            Stop::Link { message } => PluginError::Link { plugin, message },
            Stop::Denied { capability } => PluginError::Denied {
                plugin,
                capability,
                way_out: "`tenon plugin grant PLUGIN CAPABILITY` grants it".into(),
            },
        };
    }
    if let Some(trap) = err.downcast_ref::<Trap>() {
        match trap {
            Trap::Interrupt => return deadline(failed),
            Trap::StackOverflow => {
                return PluginError::Limit { plugin, message: "its stack is full".into() };
            }
            Trap::AllocationTooLarge => {
                let message = "it wanted too much memory at once".into();
                return PluginError::Limit { plugin, message };
            }
            _ => {}
        }
    }
    if let Some(ResourceTableError::Full) = err.downcast_ref() {
        return PluginError::Limit { plugin, message: "it holds too many handles".into() };
    }
    if err.is::<PoolConcurrencyLimitError>() {
        return PluginError::Host { plugin, message: format!("{err:#}") };
    }
    let cause = err.root_cause().to_string();
    // The engine's type for this is private; its message is all there is.
    if cause.contains("allocated for hostcalls has been exhausted") {
        let message = "it handed over more bytes in one call than a guest may".into();
        return PluginError::Limit { plugin, message };
    }
    PluginError::Trap { plugin, message: trap_message(err, &cause, failed.stderr) }
}

/// A call that took too long.
pub(crate) fn deadline(failed: Failed<'_>) -> PluginError {
    PluginError::Deadline {
        plugin: failed.plugin.to_owned(),
        function: failed.function.to_owned(),
        limit_ms: failed.limit_ms,
    }
}

/// Cuts a guest's text to what people get to see.
pub(crate) fn clip(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let mut end = bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Returns a guest's text as one line without control characters: it is shown in terminals and logs.
pub(crate) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\t', "␤")
}

/// Cuts the message of a guest's error to the contract's length.
pub(crate) fn clip_message(text: String) -> String {
    clip(text, MESSAGE_BYTES)
}

fn trap_message(err: &Error, cause: &str, stderr: &str) -> String {
    let mut message = cause.to_owned();
    let frames = err.downcast_ref::<WasmBacktrace>().map_or(&[][..], WasmBacktrace::frames);
    let names = frames.iter().filter_map(|frame| frame.func_name()).take(3);
    let names: Vec<String> = names.map(|name| clip(name.to_owned(), 200)).collect();
    if !names.is_empty() {
        message.push_str(" in ");
        message.push_str(&names.join(" < "));
    }
    let stderr = stderr.trim();
    if !stderr.is_empty() {
        message.push_str("; it printed: ");
        message.push_str(stderr);
    }
    clip_message(message)
}
