//! Where results go.

use std::io::{self, IsTerminal as _, Write as _};

use console::Term;
use serde::Serialize;

use crate::args::{Common, Output};
use crate::show::look::{self, Look};

/// The standard output and error, and how they look.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    pub output: Output,
    /// Of the standard output.
    pub look: Look,
    /// Of the standard error.
    pub look_err: Look,
    /// Whether a tree can be drawn again and again.
    pub live: bool,
}

/// What of the environment matters for the look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    /// NO_COLOR is set.
    pub no_color: bool,
    /// CI is set: what looks like a terminal is a log.
    pub ci: bool,
    /// TERM is `dumb`.
    pub dumb: bool,
}

impl Out {
    /// Looks at the terminal, the options and the environment.
    #[must_use]
    pub fn new(common: &Common, around: Surroundings) -> Self {
        let wants_color = !common.no_color && !around.no_color && !around.dumb;
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let look = |is_terminal| Look { colors: wants_color && is_terminal, ..Look::PLAIN };
        let live = out && !around.ci && !around.dumb && common.output == Output::Text;
        let width = if out { look::width(&Term::stdout()) } else { Look::PLAIN.width };
        let look_out = Look { width, ..look(out) };
        Self { output: common.output, look: look_out, look_err: look(err), live }
    }

    /// Returns whether programs read this.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Prints a line of the result.
    pub fn line(&self, text: &str) {
        // Nobody reads any more: `tenon runs list | head -1`.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// Prints text about what happens, beside the result.
    pub fn aside(&self, text: &str) {
        let _ = write!(io::stderr().lock(), "{text}");
    }

    /// Prints a JSON document on a line of its own.
    pub fn json<T: Serialize>(&self, value: &T) {
        if let Ok(text) = serde_json::to_string(value) {
            self.line(&text);
        }
    }

    /// Prints a JSON document for programs, or lines for people.
    pub fn result<T: Serialize>(&self, value: &T, lines: impl FnOnce(Look) -> Vec<String>) {
        if self.is_json() {
            return self.json(value);
        }
        for line in lines(self.look) {
            self.line(&look::harmless(&line, self.look));
        }
    }
}
