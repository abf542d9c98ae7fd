//! Ends what a dead server has left behind.

use std::collections::HashSet;
use std::time::Duration;

use rustix::process::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::procfs::{self, Found, Marked};
use crate::tree;

/// How long processes may take to end by themselves, and then to be gone.
const TERM_MAX: Duration = Duration::from_secs(2);
const KILL_MAX: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Ends every process whose marker starts with `prefix`; returns how many there were.
pub(crate) async fn end(prefix: &str) -> usize {
    if prefix.is_empty() {
        tracing::warn!("asked to end all marked processes of the machine; refused");
        return 0;
    }
    let marked = Marked::StartingWith(prefix.to_owned());
    // Whoever started this server may be marked itself; to end it would end us.
    let spared = ancestors();
    let started = Instant::now();
    let mut seen = HashSet::new();
    loop {
        let found = find(&marked, &spared).await;
        if found.is_empty() {
            return seen.len();
        }
        let elapsed = started.elapsed();
        if elapsed > TERM_MAX + KILL_MAX {
            tracing::warn!(processes = found.len(), prefix, "killed processes do not end");
            return seen.len();
        }
        for found in &found {
            let is_new = seen.insert(found.pid);
            if elapsed > TERM_MAX {
                found.signal(Signal::KILL);
            } else if is_new {
                found.signal(Signal::TERM);
            }
        }
        sleep(PAUSE).await;
    }
}

async fn find(marked: &Marked, spared: &HashSet<i32>) -> Vec<Found> {
    let marked = marked.clone();
    let found = spawn_blocking(move || {
        let found = procfs::find(&marked);
        if found.is_empty() {
            // Reaps those of them that were ours.
            tree::kill_escaped(&marked);
        }
        found
    });
    let mut found = found.await.unwrap_or_default();
    found.retain(|found| !spared.contains(&found.pid));
    found
}

fn ancestors() -> HashSet<i32> {
    let mut known = HashSet::new();
    let mut pid = procfs::own_pid();
    while pid > 0 && known.insert(pid) {
        pid = procfs::stat(pid).map_or(0, |stat| stat.parent);
    }
    known
}
