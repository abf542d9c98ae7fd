//! Values of secrets: lent to one run, or kept by a backend; masked once a run has got them.
//!
//! Invariants:
//! - What is written to disk is sealed, and `Debug` shows nothing.
//! - A value is known to the masks of a run before the run gets it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use kernel_auth::Outcome;
use kernel_model::id::RunId;
use kernel_model::name::{Name, ProjectName};
use kernel_ports::keyring::Keyring;
use kernel_ports::secret::{SecretError, SecretScope, SecretUse, Secrets};
use kernel_ports::store::{Store, StoreError};
use kernel_redact::Masker;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use self::backend::OWN;
use self::record::{Record, Records};
use self::witness::Reader;

pub(crate) use self::book::scopes_of;
pub(crate) use self::given::GivenSecrets;
pub(crate) use self::mask::Masks;
pub(crate) use self::vault::Vault;

mod backend;
mod book;
pub(crate) mod configs;
mod given;
mod mask;
mod record;
mod vault;
mod witness;

/// The secrets of all runs of a project that are in progress, and the way to those that are kept.
pub(crate) struct Keeper {
    project: Name,
    runs: RwLock<HashMap<RunId, RunSecrets>>,
    records: Records,
    vault: Arc<Vault>,
    tasks: TaskTracker,
}

/// What one run has and may have.
#[derive(Default)]
struct RunSecrets {
    by: Option<SecretUse>,
    lent: BTreeMap<String, Zeroizing<String>>,
    /// Values that it was lent or has got.
    seen: Vec<Zeroizing<String>>,
    /// Whether something of it is on disk.
    is_kept: bool,
    masks: Arc<Masks>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Takes up what runs in progress were lent, and forgets that of the others.
    pub(crate) async fn open(
        project: &ProjectName,
        store: Arc<dyn Store>,
        vault: Arc<Vault>,
    ) -> Result<Self, StoreError> {
        let keyring = Arc::clone(&vault.ring) as Arc<dyn Keyring>;
        let records = Records::new(store, keyring);
        let mut runs = HashMap::new();
        for (run, record) in records.load().await? {
            let mut secrets = RunSecrets { is_kept: true, ..RunSecrets::default() };
            secrets.take(record);
            runs.insert(run, secrets);
        }
        let (project, runs) = (project.name().clone(), RwLock::new(runs));
        Ok(Self { project, runs, records, vault, tasks: TaskTracker::new() })
    }

    /// Returns the masks of a run, which grow with the values that it gets.
    pub(crate) fn masks(&self, run: RunId) -> Arc<Masks> {
        Arc::clone(&self.write().entry(run).or_default().masks)
    }

    /// Waits until what was to be forgotten is.
    pub(crate) async fn settle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<RunId, RunSecrets>> {
        self.runs.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<RunId, RunSecrets>> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for a value: what the run was lent, then its scopes, the nearest first.
    async fn find(&self, run: RunId, name: &str, is_granted: bool) -> Result<String, SecretError> {
        let (lent, by) = {
            let runs = self.read();
            let secrets = runs.get(&run);
            let lent = secrets.and_then(|secrets| secrets.lent.get(name)).cloned();
            (lent, secrets.and_then(|secrets| secrets.by.clone()))
        };
        if let Some(value) = lent {
            return Ok(value.as_str().to_owned());
        }
        let by = by.ok_or_else(|| SecretError::Missing { name: name.to_owned() })?;
        let project = self.project.clone();
        let pipeline =
            SecretScope::Pipeline { project: project.clone(), pipeline: by.pipeline.clone() };
        let scopes = [pipeline, SecretScope::Project(project), SecretScope::Server];
        // A reference from outside of the pipeline learns nothing, not even what there is.
        let reader = Reader::Run(run, &by.pipeline);
        if name.starts_with(OWN) || !(is_granted || by.declares(name)) {
            self.vault.tell(reader, name, "", Outcome::Denied).await?;
            return Err(SecretError::Undeclared { name: name.to_owned() });
        }
        let value = self.vault.read_for(reader, &scopes, name).await?;
        self.see(run, &value).await?;
        Ok(value.as_str().to_owned())
    }

    /// Adds a value to what is masked for a run, and keeps that for the time after a restart.
    async fn see(&self, run: RunId, value: &Zeroizing<String>) -> Result<(), SecretError> {
        let record = {
            let mut runs = self.write();
            let secrets = runs.entry(run).or_default();
            if secrets.seen.contains(value) {
                return Ok(());
            }
            secrets.seen.push(value.clone());
            secrets.masks_renew();
            secrets.is_kept = true;
            secrets.record()
        };
        self.records.keep(run, &record).await.map_err(|err| keep(run, err))
    }
}

impl RunSecrets {
    fn take(&mut self, record: Record) {
        self.seen.extend(record.seen);
        self.seen.extend(record.lent.values().cloned());
        self.lent.extend(record.lent);
        self.masks_renew();
    }

    fn record(&self) -> Record {
        Record { lent: self.lent.clone(), seen: self.seen.clone() }
    }

    fn masks_renew(&self) {
        self.masks.set(Masker::new(self.seen.iter().map(|value| value.as_str())));
    }
}

fn keep(run: RunId, err: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SecretError {
    SecretError::Keep { run, err: err.into() }
}

#[async_trait]
impl Secrets for Keeper {
    async fn secret_get(&self, run: RunId, name: &str) -> Result<String, SecretError> {
        self.find(run, name, false).await
    }

    async fn secret_get_granted(&self, run: RunId, name: &str) -> Result<String, SecretError> {
        self.find(run, name, true).await
    }

    async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
        self.vault.secret_get_of_server(name).await
    }

    async fn secret_lend(
        &self,
        run: RunId,
        values: Vec<(String, String)>,
    ) -> Result<(), SecretError> {
        let lent = values.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let record = {
            let mut runs = self.write();
            let secrets = runs.entry(run).or_default();
            secrets.take(Record { lent, seen: vec![] });
            secrets.is_kept = true;
            secrets.record()
        };
        self.records.keep(run, &record).await.map_err(|err| keep(run, err))
    }

    fn secret_admit(&self, run: RunId, by: SecretUse) {
        self.write().entry(run).or_default().by = Some(by);
    }

    fn secret_mask(&self, run: RunId, text: &str) -> Option<String> {
        let masks = self.read().get(&run).map(|secrets| Arc::clone(&secrets.masks))?;
        let masked = masks.get().mask(text.as_bytes())?;
        Some(String::from_utf8_lossy(&masked).into_owned())
    }

    fn secret_forget(&self, run: RunId) {
        self.vault.witness.forget(run);
        let gone = self.write().remove(&run);
        if gone.is_some_and(|secrets| secrets.is_kept) {
            let records = self.records.clone();
            self.tasks.spawn(async move { records.forget(run).await });
        }
    }
}

#[cfg(test)]
mod tests;
