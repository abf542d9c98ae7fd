//! Finds the file of a program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kernel_ports::process::StartError;

/// Where programs are looked for if the environment does not say it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Returns the file that `program` names: a path if it has a slash, relative to `dir`; else a name
/// in one of the folders of `path`.
pub(crate) fn find(program: &str, dir: &Path, path: Option<&str>) -> Result<PathBuf, StartError> {
    let not_found = |hint| StartError::NotFound { program: program.to_owned(), hint };
    if program.is_empty() {
        return Err(not_found("; its name is empty".to_owned()));
    }
    if program.contains('/') {
        let file = dir.join(program);
        return match look(&file) {
            Look::Program => Ok(file),
            Look::Missing => Err(not_found(match program.starts_with('/') {
                true => "; there is no such file".to_owned(),
                false => "; it was looked for in the working directory".to_owned(),
            })),
            Look::Refused(reason) => Err(refused(program, reason)),
        };
    }
    let path = path.unwrap_or(PATH);
    let mut reason = None;
    for folder in path.split(':') {
        let file = dir.join(folder).join(program);
        match look(&file) {
            Look::Program => return Ok(file),
            Look::Missing => {}
            Look::Refused(why) => reason = reason.or(Some(format!("{}: {why}", file.display()))),
        }
    }
    match reason {
        Some(reason) => Err(StartError::NotExecutable { program: program.to_owned(), reason }),
        None => {
            Err(not_found(format!(" in PATH, which is {path:?}; install it, or give its path")))
        }
    }
}

enum Look {
    Program,
    Missing,
    Refused(&'static str),
}

fn look(file: &Path) -> Look {
    match fs::metadata(file) {
        Err(_) => Look::Missing,
        Ok(found) if found.is_dir() => Look::Refused("it is a directory"),
        Ok(found) if !found.is_file() => Look::Refused("it is not a regular file"),
        // Whether this very user may run it is said by the start itself.
        Ok(found) if found.permissions().mode() & 0o111 == 0 => {
            Look::Refused("it lacks the permission to execute; set it with chmod +x")
        }
        Ok(_) => Look::Program,
    }
}

fn refused(program: &str, reason: &str) -> StartError {
    StartError::NotExecutable { program: program.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
