//! The real binary with the standard plugins inside, built once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// Returns the root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Names the binary to test, for who has built it already: each test is a process of its own, which
/// would ask cargo again.
const BINARY: &str = "TENON_TESTED_BINARY";

fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(binary) = std::env::var_os(BINARY) {
            return binary.into();
        }
        for args in [
            &["run", "-q", "-p", "xtask", "--", "plugins"][..],
            // All at once, lest crates are built anew with the features that one of them needs.
            &["build", "-q", "--workspace", "--bins"],
        ] {
            let output =
                Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        }
        // target/<profile>/deps/it-…: the binary lies two folders above.
        let exe = std::env::current_exe().unwrap();
        exe.ancestors().nth(2).unwrap().join("tenon")
    })
}

/// Returns a command that calls `tenon`, with nothing of this environment but the path.
pub(crate) fn tenon(args: &[&str]) -> Command {
    let mut command = Command::new(built());
    command.args(args).env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a command has printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Returns the JSON documents of the standard output, one per line.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// Calls `tenon` and waits for its end.
pub(crate) fn said(args: &[&str]) -> Said {
    tenon(args).output().unwrap().into()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
