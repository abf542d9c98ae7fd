//! For tests: runs the machine against real repositories with the real git.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};

use serde_json::Value;
use tenon_sdk::envelope::machine::{Outcome, ProcessEnded};
use tenon_sdk::envelope::resource::ResourceRequest;
use tenon_sdk::testing::{self, Effect};
use tenon_sdk::{Command, Event, Resource, Result, Step};

use crate::machine::{Git, State};

/// A remote repository, and a place for volumes and working directories.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    attempts: std::cell::Cell<u32>,
    /// What git was called with, in order.
    pub(crate) calls: std::cell::RefCell<Vec<Command>>,
}

impl World {
    /// A world with an empty repository, whose branch is `main`.
    pub(crate) fn new() -> Self {
        testing::reset();
        let dir = tempfile::tempdir().expect("there is a place for temporary files");
        let world = Self { dir, attempts: 0.into(), calls: Vec::new().into() };
        fs::create_dir_all(world.repository()).expect("it is writable");
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    pub(crate) fn uri(&self) -> String {
        format!("file://{}", self.repository().display())
    }

    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join("volumes").join(name);
        fs::create_dir_all(&path).expect("it is writable");
        path
    }

    /// Changes the repository, and returns what git prints.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git_in(&self.repository(), args)
    }

    /// Commits a file, and returns the commit.
    pub(crate) fn commit(&self, path: &str, text: &str) -> String {
        commit_in(&self.repository(), path, text)
    }

    /// Runs an operation to its end.
    pub(crate) fn run(
        &self,
        operation: fn(ResourceRequest) -> Result<Step<State>>,
        request: ResourceRequest,
    ) -> Result<Outcome> {
        let work = self.dir.path().join(format!("work-{}", self.attempts.get()));
        self.attempts.set(self.attempts.get() + 1);
        fs::create_dir_all(&work).expect("it is writable");
        let mut step = operation(request)?;
        for _ in 0..100 {
            let state = match step {
                Step::Done(outcome) => return Ok(outcome),
                Step::Wait { state, .. } => state,
            };
            // As the kernel keeps it.
            let state = serde_json::to_vec(&state).expect("the state is json");
            let state = serde_json::from_slice(&state).expect("the state is readable");
            let effects = testing::effects();
            let [Effect::Start { handle, command }] = effects.as_slice() else {
                panic!("one call at a time: {effects:?}")
            };
            let ended = self.start(&work, command);
            step = Git::resume(state, Event::ProcessEnded { handle: handle.clone(), ended })?;
        }
        panic!("the operation does not end")
    }

    fn start(&self, work: &Path, command: &Command) -> ProcessEnded {
        self.calls.borrow_mut().push(command.clone());
        for (volume, path) in &command.mounts {
            let place = work.join(path);
            if !place.exists() {
                symlink(self.volume(volume), place).expect("it is writable");
            }
        }
        let dir = command.dir.as_ref().map_or(work.to_owned(), |dir| work.join(dir));
        let mut program = Program::new(&command.program);
        program.args(&command.args).env_clear().envs(command.env.clone()).current_dir(dir);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("git is installed");
        let mut stdin = child.stdin.take().expect("it is a pipe");
        let text = command.stdin.clone().unwrap_or_default();
        std::io::Write::write_all(&mut stdin, &text).expect("git reads it");
        drop(stdin);
        let output = child.wait_with_output().expect("git ends");
        ProcessEnded {
            code: output.status.code(),
            signal: output.status.signal().map(|number| number.to_string()),
            stdout: Some(String::from_utf8_lossy(&output.stdout).into_owned()),
            stderr: Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            ..ProcessEnded::default()
        }
    }
}

/// Runs git for the test itself, and returns what it prints.
#[track_caller]
pub(crate) fn git_in(dir: &Path, args: &[&str]) -> String {
    let mut program = Program::new("git");
    program.current_dir(dir).args(args);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ] {
        program.env(name, value);
    }
    let output = program.output().expect("git is installed");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Commits a file, and returns the commit.
#[track_caller]
pub(crate) fn commit_in(dir: &Path, path: &str, text: &str) -> String {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().expect("it has a directory")).expect("it is writable");
    fs::write(file, text).expect("it is writable");
    git_in(dir, &["add", "--all"]);
    git_in(dir, &["commit", "--quiet", "--message", &format!("Change {path}\n\nBecause.")]);
    git_in(dir, &["rev-parse", "HEAD"])
}

/// Returns the request for a source.
pub(crate) fn request(source: Value) -> ResourceRequest {
    ResourceRequest { source, ..ResourceRequest::default() }
}
