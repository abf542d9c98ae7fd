//! The shim: applies limits to itself, then becomes the program.
//!
//! To set limits between fork and exec needs unsafe code, and what may be called there is little.
//! So a program with limits is started by way of a second program, which is ours, has one thread, and
//! may call what it likes.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::resource::setrlimit;
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

use crate::account::Account;
use crate::limit;

/// The exit code of a program that could not be started, as shells have it.
pub const EXIT_CODE: u8 = 126;

/// What a program gets besides its arguments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) nice: Option<i32>,
    pub(crate) rlimits: Vec<(String, u64)>,
    pub(crate) account: Option<Account>,
}

/// Why the shim could not become the program.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    #[error("these are not arguments for the start of a program; bug, or called by hand")]
    Arguments,
    #[error("failed to set the limit {name:?} to {value}: {err}")]
    Limit { name: String, value: u64, err: io::Error },
    #[error("failed to set the niceness to {value}: {err}")]
    Nice { value: i32, err: io::Error },
    #[error("failed to become the user {uid}: {err}")]
    User { uid: u32, err: io::Error },
    #[error("failed to start {program:?}: {err}")]
    Start { program: OsString, err: io::Error },
}

/// Becomes the program that `args` describe; returns only why not. The caller prints that and exits
/// with [`EXIT_CODE`].
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExecError {
    become_program(args).err().unwrap_or(ExecError::Arguments)
}

impl Wishes {
    /// Whether the shim is needed; it is not for a user alone.
    pub(crate) fn need_shim(&self) -> bool {
        self.nice.is_some() || !self.rlimits.is_empty()
    }

    /// Returns the arguments that tell the shim.
    pub(crate) fn to_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        args.extend(self.nice.map(|value| format!("nice={value}")));
        args.extend(self.rlimits.iter().map(|(name, value)| format!("limit:{name}={value}")));
        args.extend(self.account.map(|Account { uid, gid }| format!("user={uid}:{gid}")));
        args.push("--".to_owned());
        args
    }

    fn from_args(args: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut wishes = Self::default();
        loop {
            let arg = args.next()?.into_string().ok()?;
            if arg == "--" {
                return Some(wishes);
            }
            let (key, value) = arg.split_once('=')?;
            match key {
                "nice" => wishes.nice = Some(value.parse().ok()?),
                "user" => {
                    let (uid, gid) = value.split_once(':')?;
                    wishes.account =
                        Some(Account { uid: uid.parse().ok()?, gid: gid.parse().ok()? });
                }
                _ => {
                    let name = key.strip_prefix("limit:")?.to_owned();
                    wishes.rlimits.push((name, value.parse().ok()?));
                }
            }
        }
    }

    /// Applies them to this process. The user comes last: it may not raise limits.
    fn apply(&self) -> Result<(), ExecError> {
        for (name, value) in &self.rlimits {
            let resource = limit::find(name).ok_or(ExecError::Arguments)?;
            setrlimit(resource, *value, *value).map_err(|err| ExecError::Limit {
                name: name.clone(),
                value: *value,
                err: err.into(),
            })?;
        }
        if let Some(value) = self.nice {
            rustix::process::setpriority_process(None, value)
                .map_err(|err| ExecError::Nice { value, err: err.into() })?;
        }
        if let Some(Account { uid, gid }) = self.account {
            setgroups(&[])
                .and_then(|()| setgid(Gid::from_raw(gid)))
                .and_then(|()| setuid(Uid::from_raw(uid)))
                .map_err(|err| ExecError::User { uid, err: err.into() })?;
        }
        Ok(())
    }
}

fn become_program(args: impl IntoIterator<Item = OsString>) -> Result<(), ExecError> {
    let mut args = args.into_iter();
    let wishes = Wishes::from_args(&mut args).ok_or(ExecError::Arguments)?;
    let (file, program) = args.next().zip(args.next()).ok_or(ExecError::Arguments)?;
    wishes.apply()?;
    let err = Command::new(file).arg0(&program).args(args).exec();
    Err(ExecError::Start { program, err })
}
