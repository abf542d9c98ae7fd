use std::sync::Mutex as StdMutex;

use expect_test::expect;
use kernel_model::event::StepNo;
use kernel_ports::secret::Secrets as _;

use super::*;
use crate::secret::Vault;

/// Logs that remember what reached them.
#[derive(Default, Clone)]
struct Kept(Arc<StdMutex<Vec<String>>>);

#[async_trait]
impl Logs for Kept {
    async fn log_open(&self, _: LogKey) -> Result<Arc<dyn LogSink>, StoreError> {
        Ok(Arc::new(self.clone()))
    }
    async fn log_read(&self, _: LogKey, _: u64, _: usize) -> Result<LogPage, StoreError> {
        Ok(LogPage::default())
    }
    fn log_watch(&self, _: LogKey) -> watch::Receiver<LogProgress> {
        watch::channel(LogProgress::default()).1
    }
    async fn log_remove(&self, _: RunId) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl LogSink for Kept {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.0.lock().unwrap().push(format!("{stream:?} {text:?}"));
        Ok(())
    }
    async fn finish(&self) -> Result<(), StoreError> {
        self.0.lock().unwrap().push("finished".to_owned());
        Ok(())
    }
}

async fn keeper(folder: &std::path::Path) -> Arc<Keeper> {
    let store = kernel_store_sqlite::SqliteStore::open(&folder.join("project.db")).unwrap();
    let ring = kernel_keyring::Ring::open(folder, kernel_keyring::Source::Generated).unwrap();
    let project = kernel_model::name::ProjectName::default();
    let clock = Arc::new(kernel_ports::clock::System::default());
    let store = Arc::new(store);
    let vault = Vault::new(Arc::clone(&store) as _, Arc::new(ring), clock, None);
    Arc::new(Keeper::open(&project, store, Arc::new(vault)).await.unwrap())
}

async fn log(secret: Option<&str>, appends: &[(LogStream, &'static str)]) -> Vec<String> {
    let run = RunId(7);
    let folder = tempfile::tempdir().unwrap();
    let secrets = keeper(folder.path()).await;
    if let Some(value) = secret {
        let lent = vec![("token".to_owned(), value.to_owned())];
        secrets.secret_lend(run, lent).await.unwrap();
    }
    let kept = Kept::default();
    let logs = MaskedLogs::new(Arc::new(kept.clone()), secrets);
    let sink = logs.log_open(LogKey { run, step: StepNo(1), attempt: 1 }).await.unwrap();
    for (stream, text) in appends {
        sink.append(*stream, Bytes::from_static(text.as_bytes())).await.unwrap();
    }
    sink.finish().await.unwrap();
    kept.0.lock().unwrap().clone()
}

#[tokio::test]
async fn a_value_that_two_streams_print_at_the_same_time_is_masked_in_both() {
    let shown = log(
        Some("hunter22"),
        &[
            (LogStream::Stdout, "out: hun"),
            (LogStream::Stderr, "err: hunt"),
            (LogStream::Stdout, "ter22\n"),
            (LogStream::Stderr, "er22\n"),
            (LogStream::Note, "hunter"),
        ],
    )
    .await;
    expect![[r#"
        [
            "Stdout \"out: \"",
            "Stderr \"err: \"",
            "Stdout \"***\\n\"",
            "Stderr \"***\\n\"",
            "Note \"hunter\"",
            "finished",
        ]
    "#]]
    .assert_debug_eq(&shown);
}

#[tokio::test]
async fn a_run_without_secrets_has_no_layer_in_between() {
    let shown = log(None, &[(LogStream::Stdout, "hunter22")]).await;
    assert_eq!(shown, ["Stdout \"hunter22\"", "finished"]);
}
