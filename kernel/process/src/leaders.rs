//! Which children of this process are watched by someone, and which are adopted orphans.

use std::collections::HashSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// The leaders of all trees that are watched. Children belong to the process, so this does, too.
static LEADERS: Mutex<Option<HashSet<i32>>> = Mutex::new(None);
/// Held shared between the birth of a leader and its entry, so that nobody takes it for an orphan.
static BIRTHS: RwLock<()> = RwLock::new(());

/// Starts a leader.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let _birth = BIRTHS.read().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn()?;
    leaders().get_or_insert_default().insert(number(&child));
    Ok(child)
}

/// Returns the process number of a child.
pub(crate) fn number(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap_or(i32::MAX)
}

/// Forgets a leader. It has been reaped.
pub(crate) fn forget(leader: i32) {
    leaders().get_or_insert_default().remove(&leader);
}

/// Returns whether this is the number of a leader that has not been reaped.
pub(crate) fn knows(leader: i32) -> bool {
    leaders().as_ref().is_some_and(|known| known.contains(&leader))
}

/// Calls `f` with each of the children that is not a leader, while none is born.
pub(crate) fn for_each_orphan(children: &[i32], mut f: impl FnMut(i32)) {
    if children.iter().all(|child| knows(*child)) {
        return;
    }
    let _no_births = BIRTHS.write().unwrap_or_else(PoisonError::into_inner);
    children.iter().filter(|child| !knows(**child)).for_each(|child| f(*child));
}

fn leaders() -> MutexGuard<'static, Option<HashSet<i32>>> {
    LEADERS.lock().unwrap_or_else(PoisonError::into_inner)
}
