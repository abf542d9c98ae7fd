//! What `/proc` says about processes.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable that marks a tree.
pub(crate) const MARKER: &str = "TENON_ATTEMPT";

/// Which processes, by the value of their marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marked {
    Exactly(String),
    StartingWith(String),
}

/// A process that cannot be mistaken for a later one of the same number.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) pid: i32,
    handle: OwnedFd,
}

impl Found {
    /// Returns the process if it lives and its marker fits. A dead one that was not reaped has no
    /// environment any more, and so does not fit.
    pub(crate) fn open(pid: i32, marked: &Marked) -> Option<Self> {
        // The handle first: if the number is reused before the environment is read, the handle is
        // that of a dead process, and signals to it go nowhere.
        let handle = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
        marked.fits(&fs::read(format!("/proc/{pid}/environ")).ok()?).then_some(Self { pid, handle })
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended in the meantime, or run as someone whom we may not signal.
        let _ = pidfd_send_signal(&self.handle, signal);
    }
}

impl Marked {
    fn fits(&self, environ: &[u8]) -> bool {
        environ.split(|byte| *byte == 0).any(|variable| {
            let value = variable.strip_prefix(MARKER.as_bytes());
            let value = value.and_then(|value| value.strip_prefix(b"="));
            value.is_some_and(|value| match self {
                Self::Exactly(marker) => value == marker.as_bytes(),
                Self::StartingWith(prefix) => value.starts_with(prefix.as_bytes()),
            })
        })
    }
}

/// Returns the living processes of this machine that fit, but this one.
pub(crate) fn find(marked: &Marked) -> Vec<Found> {
    let own = own_pid();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let pids = names.filter_map(|name| name.parse().ok()).filter(|pid| *pid != own);
    pids.filter_map(|pid| Found::open(pid, marked)).collect()
}

/// Returns the adopted children of this process (and some that it has started itself); `None` where
/// the system does not tell. Orphans are given to the first living thread: the main one.
pub(crate) fn children() -> Option<Vec<i32>> {
    let own = own_pid();
    let text = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).ok()?;
    Some(text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

/// What is known of a process that may be dead already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) is_zombie: bool,
    pub(crate) parent: i32,
    pub(crate) group: i32,
}

/// Returns the state of a process; `None` if there is none.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name comes in brackets, and may hold brackets and spaces itself.
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Stat { is_zombie: matches!(state, "Z" | "X"), parent, group })
}

pub(crate) fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
