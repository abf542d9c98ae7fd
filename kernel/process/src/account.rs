//! Users of the machine.

use kernel_ports::process::StartError;
use nix::unistd::{Gid, Uid, User};

/// Whom a program runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Returns the user of a name or number; `None` if that is who runs this process already.
    pub(crate) fn find(user: &str) -> Result<Option<Self>, StartError> {
        let number = user.parse::<u32>().ok();
        let entry = match number {
            Some(uid) => User::from_uid(Uid::from_raw(uid)),
            None => User::from_name(user),
        };
        let account = match (entry, number) {
            (Ok(Some(entry)), _) => Self { uid: entry.uid.as_raw(), gid: entry.gid.as_raw() },
            // A number needs no entry; its group is then the one of the same number.
            (_, Some(uid)) => Self { uid, gid: uid },
            (_, None) => return Err(StartError::UnknownUser { user: user.to_owned() }),
        };
        let current = Self { uid: Uid::effective().as_raw(), gid: Gid::effective().as_raw() };
        match account.uid == current.uid {
            true => Ok(None),
            false if current.uid == 0 => Ok(Some(account)),
            false => Err(StartError::NotRoot { user: user.to_owned() }),
        }
    }
}
