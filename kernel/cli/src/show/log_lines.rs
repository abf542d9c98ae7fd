//! Puts pieces of output together to lines, and gives each line the name of its step.

use std::collections::BTreeMap;

use crate::show::look::{Look, Tone, label_number};

/// A line that never ends is shown in pieces of this size.
const LINE_MAX: usize = 16 * 1024;

/// Who printed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
    /// The server, about the step.
    Note,
}

/// Unfinished lines, by who prints them.
#[derive(Debug, Default)]
pub struct LogLines {
    open: BTreeMap<(u32, u32, Stream), String>,
}

impl LogLines {
    /// Takes a piece of the output of an attempt of a step, and returns the lines that are complete.
    pub fn push(&mut self, step: u32, attempt: u32, stream: Stream, text: &str) -> Vec<String> {
        let open = self.open.entry((step, attempt, stream)).or_default();
        open.push_str(text);
        let mut lines = Vec::new();
        while let Some(end) = open.find('\n') {
            let line: String = open.drain(..=end).collect();
            lines.push(tidy(&line));
        }
        if open.len() > LINE_MAX {
            lines.push(tidy(&std::mem::take(open)));
        }
        if open.is_empty() {
            self.open.remove(&(step, attempt, stream));
        }
        lines
    }

    /// Returns what is left of a step that has ended: lines without an end.
    pub fn finish(&mut self, step: u32) -> Vec<(u32, Stream, String)> {
        let keys: Vec<_> = self.open.keys().filter(|key| key.0 == step).copied().collect();
        let rest = keys.into_iter().filter_map(|key| {
            let line = self.open.remove(&key)?;
            Some((key.1, key.2, tidy(&line)))
        });
        rest.collect()
    }

    /// Returns what is left of all steps.
    pub fn finish_all(&mut self) -> Vec<(u32, u32, Stream, String)> {
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .map(|((step, attempt, stream), line)| (step, attempt, stream, tidy(&line)))
            .collect()
    }
}

/// Returns a line with its prefix: `build/test │ line`.
#[must_use]
pub fn prefixed(look: Look, label: &str, attempt: u32, stream: Stream, line: &str) -> String {
    let label = if attempt > 1 { format!("{label}#{attempt}") } else { label.to_owned() };
    let (bar, tone) = match stream {
        Stream::Stdout => ("│", Tone::Quiet),
        Stream::Stderr => ("!", Tone::Late),
        Stream::Note => ("*", Tone::Quiet),
    };
    let prefix = look.paint(Tone::Label(label_number(&label)), &label);
    let line = if stream == Stream::Note { look.paint(Tone::Quiet, line) } else { line.to_owned() };
    format!("{prefix} {} {line}", look.paint(tone, bar)).trim_end().to_owned()
}

/// Returns a line as it may be printed. Of a line that was drawn over (progress bars), the last
/// state; escape sequences stay only if they are colours, since others would move the cursor.
fn tidy(line: &str) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    let line = line.rsplit('\r').next().unwrap_or_default();
    if !line.contains(|c: char| c.is_control()) {
        return line.to_owned();
    }
    let mut tidied = String::with_capacity(line.len());
    let mut colored = false;
    for (piece, is_escape) in console::AnsiCodeIterator::new(line) {
        if !is_escape {
            tidied.extend(piece.chars().filter(|c| !c.is_control() || *c == '\t'));
        } else if piece.starts_with("\u{1b}[") && piece.ends_with('m') {
            tidied.push_str(piece);
            colored = true;
        }
    }
    if colored {
        tidied.push_str("\u{1b}[0m");
    }
    tidied
}

#[cfg(test)]
mod tests;
