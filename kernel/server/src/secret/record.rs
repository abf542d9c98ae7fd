//! What a run was lent and has got, sealed in the store until the run ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_model::id::RunId;
use kernel_ports::keyring::{Keyring, KeyringError};
use kernel_ports::run::RunStatus;
use kernel_ports::store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// No binding of a plugin can have this name.
const NAMESPACE: &str = "kernel:run-secrets";
/// What it is sealed as.
const SCOPE: &str = "kernel/run-secrets";
const PAGE: u32 = 1_000;

/// The values of one run.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) lent: BTreeMap<String, Zeroizing<String>>,
    /// For the masks only.
    pub(super) seen: Vec<Zeroizing<String>>,
}

/// Why a record could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("failed to seal them")]
    Seal(#[source] KeyringError),
    #[error("failed to write them as JSON")]
    Json(#[source] serde_json::Error),
    #[error(transparent)]
    Store(StoreError),
}

/// The records of all runs in progress.
#[derive(Clone)]
pub(super) struct Records {
    store: Arc<dyn Store>,
    keyring: Arc<dyn Keyring>,
}

impl Records {
    pub(super) fn new(store: Arc<dyn Store>, keyring: Arc<dyn Keyring>) -> Self {
        Self { store, keyring }
    }

    pub(super) async fn keep(&self, run: RunId, record: &Record) -> Result<(), RecordError> {
        let plain = Zeroizing::new(serde_json::to_vec(record).map_err(RecordError::Json)?);
        let key = run.to_string();
        let sealed = self.keyring.seal(SCOPE, key.as_bytes(), &plain).map_err(RecordError::Seal)?;
        let set = self.store.kv_set(NAMESPACE, &key, &sealed, None).await;
        set.map(drop).map_err(RecordError::Store)
    }

    /// Returns the records of runs in progress, and removes those that a dead server left behind.
    pub(super) async fn load(&self) -> Result<Vec<(RunId, Record)>, StoreError> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.kv_list(NAMESPACE, "", after.as_deref(), PAGE).await?;
            let Some(last) = page.last().cloned() else { return Ok(found) };
            after = Some(last);
            for key in page {
                match self.open_run(&key).await? {
                    Some(run) => found.extend(self.read(run, &key).await?.map(|it| (run, it))),
                    None => self.store.kv_remove(NAMESPACE, &key).await?,
                }
            }
        }
    }

    /// Removes the record of a run. If that fails, the next start does it.
    pub(super) async fn forget(&self, run: RunId) {
        if let Err(err) = self.store.kv_remove(NAMESPACE, &run.to_string()).await {
            tracing::warn!(%run, "failed to forget the secrets of a run; the next start does: {err}");
        }
    }

    /// Returns the run of a key, if it goes on.
    async fn open_run(&self, key: &str) -> Result<Option<RunId>, StoreError> {
        let Ok(run) = key.parse::<RunId>() else { return Ok(None) };
        let row = self.store.run_get(run).await?;
        Ok(row.filter(|row| !matches!(row.status, RunStatus::Ended(_))).map(|row| row.id))
    }

    async fn read(&self, run: RunId, key: &str) -> Result<Option<Record>, StoreError> {
        let Some(item) = self.store.kv_get(NAMESPACE, key).await? else { return Ok(None) };
        let opened = self.keyring.open(SCOPE, key.as_bytes(), &item.value).map(Zeroizing::new);
        let record = opened
            .map_err(|err| err.to_string())
            .and_then(|plain| serde_json::from_slice(&plain).map_err(|err| err.to_string()));
        // The run goes on: a step that asks for one of them errors by name.
        record.map(Some).or_else(|err| {
            tracing::error!(%run, "the secrets that were lent to a run cannot be read: {err}");
            Ok(None)
        })
    }
}
