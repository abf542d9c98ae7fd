//! Ends what a leader has left behind.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal as Number, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::leaders;
use crate::procfs::{self, Found, Marked};

/// How long killed processes may take to go. Only one that hangs in the system kernel needs more.
const END_MAX: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// Makes this process the parent of orphaned descendants.
pub(crate) fn adopt_orphans() {
    if let Err(err) = set_child_subreaper(true) {
        tracing::warn!(
            "failed to adopt orphaned processes, those that leave their group may stay: {err}"
        );
    }
}

/// Kills a process group. The leader has not been reaped, so the number is still its.
pub(crate) fn kill_group(leader: i32, signal: Number) {
    // Nobody there is what we want; not allowed is a program that has become another user.
    let _ = killpg(Pid::from_raw(leader), signal);
}

/// Waits until the killed group is gone, and kills all that have left the group and carry the
/// marker, until there are none. The leader has been reaped.
pub(crate) async fn end(leader: i32, marker: &str) {
    let marked = Marked::Exactly(marker.to_owned());
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let group_is_left = group_is_left(leader);
        let escaped = kill_escaped(&marked);
        if !group_is_left && escaped == 0 {
            return;
        }
        if started.elapsed() > END_MAX {
            return tracing::warn!(leader, escaped, "killed processes do not end; they are left");
        }
        sleep(pause).await;
        pause = PAUSE_MAX.min(pause * 2);
    }
}

/// Reaps the group's orphans, and returns whether some of the group live on.
fn group_is_left(leader: i32) -> bool {
    let group = Pid::from_raw(leader);
    loop {
        // A new leader has the number: the old group is gone.
        if leaders::knows(leader) {
            return false;
        }
        match waitpid(Pid::from_raw(-leader), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return killpg(group, None::<Number>) != Err(Errno::ESRCH),
        }
    }
}

/// Kills the marked processes outside of the group, reaps orphans that have ended, and returns how
/// many were killed.
pub(crate) fn kill_escaped(marked: &Marked) -> usize {
    let mut killed = 0;
    let mut kill = |found: &Found| {
        found.signal(Signal::KILL);
        killed += 1;
    };
    match procfs::children() {
        Some(children) => leaders::for_each_orphan(&children, |pid| {
            reap(pid);
            if let Some(found) = Found::open(pid, marked) {
                kill(&found);
            }
        }),
        None => procfs::find(marked).iter().for_each(kill),
    }
    killed
}

/// Reaps an orphan that has ended. What is in our own group was started by someone else here, who
/// waits for it.
fn reap(pid: i32) {
    if procfs::stat(pid).is_some_and(|stat| stat.is_zombie && stat.group != getpgrp().as_raw()) {
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
    }
}
