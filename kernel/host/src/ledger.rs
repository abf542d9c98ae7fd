//! What is remembered of a binding: its log, and what it was refused. Bounded, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel_model::time::Time;
use kernel_ports::plugin_admin::{Denial, PluginLogLine};

/// What is kept of a plugin's own log.
const LINES: usize = 1_000;
const LINES_BYTES: usize = 256 * 1024;
/// How many different refusals are kept.
const DENIALS: usize = 50;

/// What one binding has said and wanted, whatever its version.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    lines: Mutex<Lines>,
    denials: Mutex<VecDeque<Denial>>,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<PluginLogLine>,
    bytes: usize,
}

impl Ledger {
    /// Keeps a line; the oldest ones go.
    pub(crate) fn line(&self, line: PluginLogLine) {
        let mut lines = lock(&self.lines);
        lines.bytes += line.text.len();
        lines.kept.push_back(line);
        while lines.kept.len() > LINES || lines.bytes > LINES_BYTES {
            let Some(gone) = lines.kept.pop_front() else { break };
            lines.bytes -= gone.text.len();
        }
    }

    /// Returns the lines, the oldest first.
    pub(crate) fn lines(&self) -> Vec<PluginLogLine> {
        lock(&self.lines).kept.iter().cloned().collect()
    }

    /// Keeps a refusal. One that repeats is counted, and the newest again.
    pub(crate) fn denial(&self, denial: Denial) {
        let mut denials = lock(&self.denials);
        let known = denials.iter().position(|known| known.asked == denial.asked);
        let before = known.and_then(|at| denials.remove(at)).map_or(0, |known| known.count);
        denials.push_front(Denial { count: before + 1, ..denial });
        denials.truncate(DENIALS);
    }

    /// Returns the refusals, the newest first.
    pub(crate) fn denials(&self) -> Vec<Denial> {
        lock(&self.denials).iter().cloned().collect()
    }
}

/// Counts the traps of one version in a window of time.
#[derive(Debug, Default)]
pub(crate) struct Traps(Mutex<VecDeque<Time>>);

impl Traps {
    /// So many of them...
    pub(crate) const MAX: usize = 5;
    /// ...within this time are too many: what is wrong is the plugin, not one call.
    pub(crate) const WINDOW_MS: u64 = 60_000;

    /// Notes a trap, and returns whether it is one too many.
    pub(crate) fn note(&self, now: Time) -> bool {
        let mut times = lock(&self.0);
        times.push_back(now);
        while times.front().is_some_and(|time| now.0.saturating_sub(time.0) > Self::WINDOW_MS) {
            times.pop_front();
        }
        if times.len() < Self::MAX {
            return false;
        }
        times.clear();
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use kernel_model::time::Time;
    use kernel_ports::plugin_admin::{Denial, PluginLogLine};

    use super::{LINES, LINES_BYTES, Ledger, Traps};

    fn line(text: String) -> PluginLogLine {
        PluginLogLine { at: Time(0), level: "info", run: None, text }
    }

    #[test]
    fn a_log_keeps_its_newest_lines_within_both_bounds() {
        let ledger = Ledger::default();
        for number in 0..LINES + 10 {
            ledger.line(line(number.to_string()));
        }
        let lines = ledger.lines();
        assert_eq!((lines.len(), lines[0].text.as_str()), (LINES, "10"));
        for _ in 0..10 {
            ledger.line(line("x".repeat(LINES_BYTES / 4)));
        }
        assert_eq!(ledger.lines().len(), 4);
    }

    #[test]
    fn a_refusal_that_repeats_is_counted() {
        let ledger = Ledger::default();
        for asked in ["kv", "process:git", "kv"] {
            ledger.denial(Denial {
                at: Time(0),
                binding: "x".into(),
                function: "start",
                run: None,
                asked: asked.into(),
                way_out: String::new(),
                count: 0,
                is_lifted: false,
            });
        }
        let found = ledger.denials();
        let found: Vec<_> = found.iter().map(|d| (d.asked.as_str(), d.count)).collect();
        assert_eq!(found, [("kv", 2), ("process:git", 1)]);
    }

    #[test]
    fn traps_are_too_many_only_within_the_window() {
        let traps = Traps::default();
        let step = Traps::WINDOW_MS / 4 + 1;
        assert!((0..20).all(|n| !traps.note(Time(n * step))), "one now and then is none too many");
        let late = 100 * step;
        let noted: Vec<bool> = (0..6).map(|n| traps.note(Time(late + n))).collect();
        assert_eq!(noted, [false, false, false, false, true, false]);
    }
}
