//! The secrets that are kept: one vault per server, whatever project they are for.
//!
//! Invariant: a value is looked for in the scopes that are asked for, and in no other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use kernel_auth::{Audit, Outcome};
use kernel_model::id::RunId;
use kernel_model::name::ProjectName;
use kernel_ports::clock::Clock;
use kernel_ports::plugin::Plugins;
use kernel_ports::secret::{SecretError, SecretScope, Secrets};
use kernel_ports::store::Store;
use zeroize::Zeroizing;

use super::backend::{Backends, LOCAL, OWN};
use super::given::GivenSecrets;
use super::witness::{Reader, Witness};

/// The way to the backends, and what is known of secrets beside their values.
pub(crate) struct Vault {
    pub(super) backends: Backends,
    pub(super) given: GivenSecrets,
    /// That of the server's own.
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ring: Arc<kernel_keyring::Ring>,
    /// Held while secrets are written: a migration must not miss one.
    pub(super) writing: tokio::sync::Mutex<()>,
    pub(super) witness: Witness,
    /// The stores of all projects, which say what pipelines there are.
    projects: RwLock<BTreeMap<ProjectName, Arc<dyn Store>>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// `backend` is in use until a migration to another one.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        ring: Arc<kernel_keyring::Ring>,
        clock: Arc<dyn Clock>,
        backend: Option<String>,
    ) -> Self {
        Self {
            backends: Backends::new(Arc::clone(&store), backend),
            given: GivenSecrets::default(),
            store,
            clock,
            ring,
            writing: tokio::sync::Mutex::default(),
            witness: Witness::default(),
            projects: RwLock::default(),
        }
    }

    /// Adds what the configuration gives.
    pub(crate) fn given(self, given: GivenSecrets) -> Self {
        Self { given, ..self }
    }

    /// Says where backends are found, once plugins are there.
    pub(crate) fn plugins_set(&self, plugins: &Arc<dyn Plugins>) {
        self.backends.plugins_set(plugins);
    }

    /// Says where it is written down who has read what, once that is open.
    pub(crate) fn audit_set(&self, audit: &Audit) {
        self.witness.audit_set(audit);
    }

    /// Adds a project whose secrets are moved and sealed with the others.
    pub(crate) fn project_add(&self, name: &ProjectName, store: Arc<dyn Store>) {
        self.projects.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), store);
    }

    pub(crate) fn project_remove(&self, name: &ProjectName) {
        self.projects.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub(super) fn projects(&self) -> BTreeMap<ProjectName, Arc<dyn Store>> {
        self.projects.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks into scopes, in this order, and writes down that it was done.
    pub(super) async fn read_for(
        &self,
        reader: Reader<'_>,
        scopes: &[SecretScope],
        name: &str,
    ) -> Result<Zeroizing<String>, SecretError> {
        let found = self.kept(scopes, name).await;
        let (place, outcome) = match &found {
            Ok((scope, _)) => (scope.to_string(), Outcome::Done),
            Err(_) => (String::new(), Outcome::Failed),
        };
        self.tell(reader, name, &place, outcome).await?;
        found.map(|(_, value)| value)
    }

    pub(super) async fn tell(
        &self,
        reader: Reader<'_>,
        name: &str,
        place: &str,
        outcome: Outcome,
    ) -> Result<(), SecretError> {
        let told = self.witness.tell(reader, name, place, outcome).await;
        told.map_err(|err| SecretError::Audit { name: name.to_owned(), err })
    }

    /// Looks into scopes, in this order. Returns the one that has the name, and the value.
    async fn kept<'a>(
        &self,
        scopes: &'a [SecretScope],
        name: &str,
    ) -> Result<(&'a SecretScope, Zeroizing<String>), SecretError> {
        let backend = match name.starts_with(OWN) {
            true => self.backends.named(LOCAL),
            false => self
                .backends
                .current()
                .await
                .map_err(|err| SecretError::Setting { name: name.to_owned(), err })?,
        };
        for scope in scopes {
            if let Some(value) = self.given.get(scope, name) {
                return Ok((scope, value.clone()));
            }
            let found = backend.read(scope, name, self.clock.now()).await;
            let failed = |err| SecretError::Backend {
                name: name.to_owned(),
                backend: backend.name().to_owned(),
                err,
            };
            if let Some(value) = found.map_err(failed)? {
                return Ok((scope, value));
            }
        }
        Err(SecretError::Missing { name: name.to_owned() })
    }
}

/// For plugins that work for the server as a whole: there are no runs.
#[async_trait]
impl Secrets for Vault {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.to_owned() })
    }

    async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
        let value = self.read_for(Reader::Plugin, &[SecretScope::Server], name).await?;
        Ok(value.as_str().to_owned())
    }
}
