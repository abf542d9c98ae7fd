//! What goes in and what comes out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::process::{ProcessLog, Processes};
use kernel_ports::store::StoreError;

use super::{Place, ended, level};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_megabytes_arrive_complete_and_in_order() {
    let place = Place::new();
    // Ten million lines of 10 bytes on each stream, at once.
    let text = "seq -f '%09.0f' 0 9999999 >&2 & seq -f '%09.0f' 0 9999999; wait";
    let exit = place.run(place.script(text)).await;
    assert_eq!(exit.code, Some(0));
    for kept in [&place.sink.stdout, &place.sink.stderr] {
        let kept = kept.lock().unwrap();
        assert_eq!(kept.len(), 100_000_000);
        let number = |line: &[u8]| std::str::from_utf8(&line[..9]).unwrap().parse::<usize>().ok();
        let wrong = kept.chunks_exact(10).enumerate().find(|(n, line)| number(line) != Some(*n));
        assert_eq!(wrong, None);
    }
}

#[tokio::test]
async fn the_streams_stay_apart() {
    let place = Place::new();
    place.run(place.script("echo out; echo err >&2; echo out")).await;
    assert_eq!(place.sink.stdout(), "out\nout\n");
    assert_eq!(place.sink.stderr(), "err\n");
}

#[tokio::test]
async fn input_of_any_size_is_fed_while_the_output_is_read() {
    let place = Place::new();
    let mut spec = place.program("cat", &[]);
    spec.stdin = b"0123456789abcdef".repeat(200_000);
    let want = spec.stdin.clone();
    assert_eq!(place.run(spec).await.code, Some(0));
    assert!(*place.sink.stdout.lock().unwrap() == want);
}

#[tokio::test]
async fn input_that_nobody_reads_does_no_harm() {
    let place = Place::new();
    let mut spec = place.script("exit 3");
    spec.stdin = vec![b'x'; 4_000_000];
    assert_eq!(place.run(spec).await.code, Some(3));
}

#[tokio::test]
async fn without_input_a_program_reads_its_end_at_once() {
    let place = Place::new();
    assert_eq!(place.run(place.program("cat", &[])).await.code, Some(0));
    assert_eq!(place.sink.stdout(), "");
}

#[tokio::test]
async fn the_beginning_is_captured_and_more_is_announced() {
    let place = Place::new();
    let mut spec = place.script("printf 1234567890; printf abc >&2");
    spec.capture_stdout = 4;
    spec.capture_stderr = 3;
    let exit = place.run(spec.clone()).await;
    assert_eq!((exit.stdout.as_slice(), exit.stderr.as_slice()), (&b"1234"[..], &b"abc"[..]));
    assert!(exit.truncated);
    spec.capture_stdout = 10;
    assert!(!place.run(spec).await.truncated);
}

/// Is full for the first two tries of each piece.
#[derive(Default)]
struct FullAtFirst {
    tries: AtomicUsize,
    kept: Mutex<Vec<u8>>,
}

#[async_trait]
impl LogSink for FullAtFirst {
    async fn append(&self, _: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % 3 < 2 {
            return Err(StoreError::Full { path: "/somewhere".to_owned() });
        }
        self.kept.lock().unwrap().extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_makes_a_program_wait_and_loses_nothing() {
    let place = Place::new();
    let sink = Arc::new(FullAtFirst::default());
    // It goes on when it has been heard, so it is alive all the while.
    let spec = place.script("echo first; while ! [ -e heard ]; do sleep 0.01; done");
    let log: Arc<dyn LogSink> = Arc::<FullAtFirst>::clone(&sink);
    let process = place.processes.start(spec, log).await.unwrap();
    level(|| (!sink.kept.lock().unwrap().is_empty()).then_some(())).await;
    std::fs::write(place.path().join("heard"), "").unwrap();
    assert_eq!(ended(process.as_ref()).await.code, Some(0));
    assert_eq!(*sink.kept.lock().unwrap(), b"first\n");
}

#[tokio::test]
async fn the_log_gets_the_streams_that_were_asked_for() {
    for (log, stdout, stderr) in
        [(ProcessLog::All, "a", "b"), (ProcessLog::Stderr, "", "b"), (ProcessLog::None, "", "")]
    {
        let place = Place::new();
        let mut spec = place.script("printf a; printf b >&2");
        spec.log = log;
        spec.capture_stdout = 9;
        let exit = place.run(spec).await;
        assert_eq!(exit.stdout, b"a");
        assert_eq!((place.sink.stdout().as_str(), place.sink.stderr().as_str()), (stdout, stderr));
    }
}
