//! Turns a specification into a started child.

use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use kernel_ports::process::{ProcessLog, ProcessSpec, StartError};
use nix::errno::Errno;

use crate::account::Account;
use crate::exec::Wishes;
use crate::procfs::MARKER;
use crate::{leaders, limit, program};

/// A script that was just written may be held open for a moment by a child of another thread, which
/// has not come to its exec yet. Then a start says "text file busy".
const BUSY_TRIES: u32 = 40;
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Whether a stream has to be read at all.
pub(crate) fn is_read(spec: &ProcessSpec) -> (bool, bool) {
    let stdout = spec.log == ProcessLog::All || spec.capture_stdout > 0;
    let stderr = spec.log != ProcessLog::None || spec.capture_stderr > 0;
    (stdout, stderr)
}

/// Starts the program, as the leader of its own process group.
pub(crate) fn start(spec: &ProcessSpec, shim: &[String]) -> Result<Child, StartError> {
    let lost = |err| StartError::Io { program: spec.program.clone(), err };
    if !spec.dir.is_dir() {
        let text = format!("its directory {} does not exist", spec.dir.display());
        return Err(lost(io::Error::new(ErrorKind::NotFound, text)));
    }
    let wishes = wishes(spec)?;
    let path = spec.env.get("PATH").map(String::as_str);
    let file = program::find(&spec.program, &spec.dir, path)?;
    let mut command = match shim {
        [first, rest @ ..] if wishes.need_shim() => {
            let mut command = Command::new(first);
            command.args(rest).args(wishes.to_args()).arg(&file).arg(&spec.program);
            command
        }
        [] if wishes.need_shim() => {
            let text = "this server has no shim for programs with limits; bug".to_owned();
            return Err(lost(io::Error::other(text)));
        }
        _ => {
            let mut command = Command::new(&file);
            command.arg0(&spec.program);
            if let Some(Account { uid, gid }) = wishes.account {
                // Drops the supplementary groups, too.
                command.uid(uid).gid(gid);
            }
            command
        }
    };
    let piped = |wanted| if wanted { Stdio::piped() } else { Stdio::null() };
    let (stdout, stderr) = is_read(spec);
    command
        .args(&spec.args)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, &spec.marker)
        .current_dir(&spec.dir)
        .stdin(piped(!spec.stdin.is_empty()))
        .stdout(piped(stdout))
        .stderr(piped(stderr))
        .process_group(0);
    spawn(&mut command).map_err(|err| explain(spec, &file, err))
}

fn wishes(spec: &ProcessSpec) -> Result<Wishes, StartError> {
    for name in spec.rlimits.keys() {
        if limit::find(name).is_none() {
            return Err(StartError::UnknownLimit { name: name.clone(), known: limit::KNOWN });
        }
    }
    Ok(Wishes {
        nice: spec.nice,
        rlimits: spec.rlimits.iter().map(|(name, value)| (name.clone(), *value)).collect(),
        account: spec.user.as_deref().map(Account::find).transpose()?.flatten(),
    })
}

fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 1..BUSY_TRIES {
        match leaders::spawn(command) {
            Err(err) if err.kind() == ErrorKind::ExecutableFileBusy => thread::sleep(BUSY_PAUSE),
            done => return done,
        }
    }
    leaders::spawn(command)
}

/// Says what the bare error number does not.
fn explain(spec: &ProcessSpec, file: &Path, err: io::Error) -> StartError {
    let program = spec.program.clone();
    let errno = err.raw_os_error().map(Errno::from_raw);
    let reason = match errno {
        // The file was there a moment ago, so it is what its first line names that is missing.
        Some(Errno::ENOENT) if file.exists() && spec.dir.is_dir() => {
            "the interpreter that its first line names does not exist".to_owned()
        }
        Some(Errno::ENOEXEC) => {
            "it is not a program; a script needs a first line such as #!/bin/sh".to_owned()
        }
        Some(Errno::EACCES) => match &spec.user {
            Some(user) => format!("the user {user:?} may not run it, or not enter its directory"),
            None => "the server's user may not run it, or not enter its directory".to_owned(),
        },
        _ => return StartError::Io { program, err },
    };
    StartError::NotExecutable { program, reason }
}
