//! `log`: the plugin's own log, which goes into the server's.

use kernel_ports::plugin_admin::PluginLogLine;
use wasmtime::Result;

use crate::bindings::log::{Host, Level};
use crate::call::CallState;
use crate::fault::{clip, printable};

/// What stands for a value that was read outside of a run; those of a run have a mask of their own.
const MASK: &str = "***";
/// Longer lines are cut.
const LINE_BYTES: usize = 8 * 1024;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String) -> Result<()> {
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines > self.services.limits.log_lines {
            return Ok(());
        }
        let plugin = &*self.plugin.name;
        let (pass, held_back) = self.plugin.log_gate.pass(self.services.clock.now());
        if held_back > 0 {
            tracing::warn!(plugin, held_back, "plugin logs too much; lines were held back");
        }
        if !pass {
            return Ok(());
        }
        let run = self.facts.run.map(tracing::field::display);
        // One line: the next one would look like the server's own.
        let message = clip(printable(&self.masked(message)), LINE_BYTES);
        self.plugin.ledger.line(PluginLogLine {
            at: self.services.clock.now(),
            level: word(level),
            run: self.facts.run,
            text: message.clone(),
        });
        match level {
            Level::Debug => tracing::debug!(plugin, run, "{message}"),
            Level::Info => tracing::info!(plugin, run, "{message}"),
            Level::Warn => tracing::warn!(plugin, run, "{message}"),
            Level::Error => tracing::error!(plugin, run, "{message}"),
        }
        Ok(())
    }
}

impl CallState {
    /// Returns a text without the values of secrets that its run, or this call, has got.
    fn masked(&self, text: String) -> String {
        let of_run = self.facts.run.and_then(|run| self.services.secrets.secret_mask(run, &text));
        let text = of_run.unwrap_or(text);
        self.revealed.iter().fold(text, |text, value| text.replace(value, MASK))
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
