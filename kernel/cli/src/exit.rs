//! Exit codes: part of the interface, so that scripts can tell what happened.

use crate::show::view::Mark;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    Succeeded,
    Failed,
    /// Wrong arguments, or a source with mistakes. Nothing was started.
    Usage,
    Errored,
    TimedOut,
    Cancelled,
    Skipped,
    /// No server answers, or the connection to it broke.
    Unreachable,
    /// The server said no: no such run, paused, queue full.
    Refused,
    /// Anything else that broke here: files, start-up of the server.
    Broken,
    /// A third Ctrl-C.
    Killed,
}

/// The table for `--help`.
pub const HELP: &str = "\
Exit codes:
   0  the run succeeded, or the command did what it was asked
   1  the run failed: its work said no
   2  wrong arguments, or a pipeline with mistakes; nothing was started
   3  the run errored: something around the work broke
   4  the run timed out
   5  the run was cancelled
   6  the run was skipped
  10  no server answers, or the connection to it broke
  11  the server refused: no such run, pipeline paused, queue full, ...
  12  something broke on this side: a file, a folder, the start of the server
 130  stopped by a third Ctrl-C, without waiting for the run";

impl Exit {
    /// Returns the number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Errored => 3,
            Self::TimedOut => 4,
            Self::Cancelled => 5,
            Self::Skipped => 6,
            Self::Unreachable => 10,
            Self::Refused => 11,
            Self::Broken => 12,
            Self::Killed => 130,
        }
    }

    /// Returns the exit of a run that has ended so. One that has not ended counts as errored.
    #[must_use]
    pub fn of(mark: Mark) -> Self {
        match mark {
            Mark::Succeeded => Self::Succeeded,
            Mark::Failed => Self::Failed,
            Mark::Errored | Mark::Pending | Mark::Running => Self::Errored,
            Mark::TimedOut => Self::TimedOut,
            Mark::Cancelled => Self::Cancelled,
            Mark::Skipped => Self::Skipped,
        }
    }
}

#[cfg(test)]
mod tests;
