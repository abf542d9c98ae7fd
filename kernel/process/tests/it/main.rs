//! Real programs on this machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod ends;
mod limits;
mod outputs;
mod trees;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::process::{Process, ProcessExit, ProcessSpec, Processes, StartError};
use kernel_ports::store::StoreError;
use kernel_process::Supervisor;
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

/// Keeps what it gets, per stream.
#[derive(Default)]
pub(crate) struct Sink {
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
}

#[async_trait]
impl LogSink for Sink {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        let kept = if stream == LogStream::Stdout { &self.stdout } else { &self.stderr };
        kept.lock().unwrap().extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Sink {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.lock().unwrap().clone()).unwrap()
    }
}

/// A place to run programs in.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) processes: Supervisor,
    pub(crate) sink: Arc<Sink>,
    marker: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            dir: tempfile::tempdir().unwrap(),
            processes: Supervisor::new(vec![env!("CARGO_BIN_EXE_shim").to_owned()]),
            sink: Arc::default(),
            marker: format!("test-{}-{number}/run", std::process::id()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A program, with only `PATH` in its environment.
    pub(crate) fn program(&self, program: &str, args: &[&str]) -> ProcessSpec {
        ProcessSpec {
            marker: self.marker.clone(),
            program: program.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
            dir: self.path().to_owned(),
            ..ProcessSpec::default()
        }
    }

    pub(crate) fn script(&self, text: &str) -> ProcessSpec {
        self.program("sh", &["-c", text])
    }

    pub(crate) async fn start(&self, spec: ProcessSpec) -> Result<Arc<dyn Process>, StartError> {
        let sink: Arc<dyn LogSink> = Arc::<Sink>::clone(&self.sink);
        self.processes.start(spec, sink).await
    }

    pub(crate) async fn run(&self, spec: ProcessSpec) -> ProcessExit {
        let process = self.start(spec).await.unwrap();
        ended(process.as_ref()).await
    }

    pub(crate) async fn refusal(&self, spec: ProcessSpec) -> String {
        let err = self.start(spec).await.err().unwrap();
        let cause = std::error::Error::source(&err).map(|cause| format!(": {cause}"));
        format!("{err}{}", cause.unwrap_or_default())
    }

    /// Waits until a script has written a file, and returns the number in it.
    pub(crate) async fn number_in(&self, name: &str) -> i32 {
        let path = self.path().join(name);
        level(|| std::fs::read_to_string(&path).ok()?.trim_end().parse().ok()).await
    }
}

pub(crate) async fn ended(process: &dyn Process) -> ProcessExit {
    tokio::time::timeout(BOUND, process.wait()).await.expect("the process does not end")
}

/// Waits until `look` sees something.
pub(crate) async fn level<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(BOUND, wait).await.expect("it does not come to that")
}

/// Whether a process is there and not a zombie.
pub(crate) fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.chars().nth(1)).is_some_and(|state| state != 'Z')
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap() == 0
}
