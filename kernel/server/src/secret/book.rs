//! Setting, listing, removing and moving secrets. No method gives a value back.

use async_trait::async_trait;
use kernel_model::name::ProjectName;
use kernel_model::time::Time;
use kernel_ports::plugin::PluginError;
use kernel_ports::secret::{
    KeyRotated, KeyRotation, Migrated, SecretAt, SecretBook, SecretBookError, SecretInfo,
    SecretScope, reference,
};
use kernel_ports::store::{Store, StoreError};
use serde::{Deserialize, Serialize};

use super::backend::{Backend, LOCAL, OWN};
use super::given::BY;
use super::{Vault, configs};

/// What is known of a secret beside its value.
const NAMESPACE: &str = "kernel:secrets";
/// A value and its sealed form fit what plugins may keep.
const VALUE_BYTES_MAX: usize = 32 * 1024;
const PAGE: u32 = 1_000;

/// As it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    updated_at: u64,
    updated_by: String,
}

#[async_trait]
impl SecretBook for Vault {
    async fn secret_backend(&self) -> Result<String, SecretBookError> {
        Ok(self.backend().await?.name().to_owned())
    }

    async fn secret_set(
        &self,
        at: &SecretAt,
        value: &str,
        by: &str,
    ) -> Result<SecretInfo, SecretBookError> {
        check(at, value)?;
        self.check_free(at)?;
        let _writing = self.writing.lock().await;
        let now = self.clock.now();
        let backend = self.backend_of(at).await?;
        let written = backend.write(&at.scope, &at.name, value, now).await;
        written.map_err(|err| refused(&backend, err))?;
        let note = Note { updated_at: now.0, updated_by: by.to_owned() };
        let text = serde_json::to_vec(&note).unwrap_or_default();
        let set = self.store.kv_set(NAMESPACE, &key(at), &text, None).await;
        set.map_err(SecretBookError::Store)?;
        Ok(info(at.clone(), Some(note)))
    }

    async fn secret_list(&self, scope: &SecretScope) -> Result<Vec<SecretInfo>, SecretBookError> {
        let mut names = self.names(&self.backend().await?, scope).await?;
        let local = self.backends.named(LOCAL);
        if *scope == SecretScope::Server {
            names.retain(|name| !name.starts_with(OWN));
            let own = self.names(&local, scope).await?;
            names.extend(own.into_iter().filter(|name| name.starts_with(OWN)));
            names.extend(self.given.names().cloned());
        }
        names.sort();
        names.dedup();
        let mut list = Vec::with_capacity(names.len());
        for name in names {
            let at = SecretAt { scope: scope.clone(), name };
            if self.given.has(&at) {
                list.push(SecretInfo { at, updated_at: None, updated_by: Some(BY.to_owned()) });
                continue;
            }
            let note = self.store.kv_get(NAMESPACE, &key(&at)).await;
            let note = note.map_err(SecretBookError::Store)?;
            let note = note.and_then(|item| serde_json::from_slice(&item.value).ok());
            list.push(info(at, note));
        }
        Ok(list)
    }

    async fn secret_remove(&self, at: &SecretAt) -> Result<(), SecretBookError> {
        self.check_free(at)?;
        let _writing = self.writing.lock().await;
        let backend = self.backend_of(at).await?;
        if !self.names(&backend, &at.scope).await?.contains(&at.name) {
            return Err(SecretBookError::Unknown { at: at.clone() });
        }
        self.remove(&backend, at).await
    }

    async fn secret_scope_remove(&self, scope: &SecretScope) -> Result<(), SecretBookError> {
        let _writing = self.writing.lock().await;
        let backend = self.backend().await?;
        for name in self.names(&backend, scope).await? {
            self.remove(&backend, &SecretAt { scope: scope.clone(), name }).await?;
        }
        Ok(())
    }

    async fn secret_migrate(&self, from: &str, to: &str) -> Result<Migrated, SecretBookError> {
        let _writing = self.writing.lock().await;
        let (from, to) = (&*configs::full(from), &*configs::full(to));
        if from == to {
            return Err(SecretBookError::SameBackend { backend: to.to_owned() });
        }
        let (source, target) = (self.backends.named(from), self.backends.named(to));
        let now = self.clock.now();
        let mut secrets = 0;
        for scope in self.scopes().await.map_err(SecretBookError::Store)? {
            for name in self.names(&source, &scope).await? {
                if scope == SecretScope::Server && name.starts_with(OWN) {
                    continue;
                }
                let at = SecretAt { scope: scope.clone(), name };
                secrets += usize::from(self.copy(&source, &target, at, now).await?);
            }
        }
        self.backends.current_set(to).await.map_err(SecretBookError::Store)?;
        Ok(Migrated { secrets, backend: to.to_owned() })
    }

    async fn secret_key_rotate(&self, key: Option<&str>) -> Result<KeyRotated, SecretBookError> {
        let _writing = self.writing.lock().await;
        let ring = std::sync::Arc::clone(&self.ring);
        let key = key.map(|key| zeroize::Zeroizing::new(key.to_owned()));
        // Making a key from words takes a tenth of a second of work.
        let rotate = move || ring.rotate(key.as_ref().map(|key| key.as_bytes()));
        let rotated = tokio::task::spawn_blocking(rotate).await;
        let failed = |err: Box<dyn std::error::Error + Send + Sync>| SecretBookError::Key { err };
        let rotated = rotated.map_err(|err| failed(Box::new(err)))?;
        let state = match rotated.map_err(|err| failed(Box::new(err)))? {
            kernel_keyring::Rotated::Done => KeyRotation::Done,
            kernel_keyring::Rotated::Pending => KeyRotation::Pending,
        };
        Ok(KeyRotated { state, secrets: self.reseal().await? })
    }
}

impl Vault {
    /// Refuses what the configuration gives: it would be given again.
    fn check_free(&self, at: &SecretAt) -> Result<(), SecretBookError> {
        match self.given.has(at) {
            true => Err(SecretBookError::Given { at: at.clone() }),
            false => Ok(()),
        }
    }

    async fn backend(&self) -> Result<Backend, SecretBookError> {
        self.backends.current().await.map_err(SecretBookError::Store)
    }

    async fn backend_of(&self, at: &SecretAt) -> Result<Backend, SecretBookError> {
        if at.scope == SecretScope::Server && at.name.starts_with(OWN) {
            return Ok(self.backends.named(LOCAL));
        }
        self.backend().await
    }

    async fn names(
        &self,
        backend: &Backend,
        scope: &SecretScope,
    ) -> Result<Vec<String>, SecretBookError> {
        let names = backend.list(scope, self.clock.now()).await;
        let mut names = names.map_err(|err| refused(backend, err))?;
        names.retain(|name| reference::is_name(name));
        Ok(names)
    }

    async fn remove(&self, backend: &Backend, at: &SecretAt) -> Result<(), SecretBookError> {
        let removed = backend.remove(&at.scope, &at.name, self.clock.now()).await;
        removed.map_err(|err| refused(backend, err))?;
        let forgot = self.store.kv_remove(NAMESPACE, &key(at)).await;
        forgot.map_err(SecretBookError::Store)
    }

    /// Writes all values again, each as it is: they are sealed with the newest key. Returns how many.
    async fn reseal(&self) -> Result<usize, SecretBookError> {
        let (current, local) = (self.backend().await?, self.backends.named(LOCAL));
        let now = self.clock.now();
        let mut secrets = 0;
        for scope in self.scopes().await.map_err(SecretBookError::Store)? {
            let mut at = Vec::new();
            for backend in [&current, &local] {
                let names = self.names(backend, &scope).await?;
                // What the local one keeps besides is its own, or was left there by a migration.
                at.extend(names.into_iter().map(|name| (backend, name)));
                if current.name() == local.name() {
                    break;
                }
            }
            for (backend, name) in at.into_iter().filter(|(backend, _)| backend.seals()) {
                let failed =
                    |err| SecretBookError::Reseal { backend: backend.name().to_owned(), err };
                let read = backend.read(&scope, &name, now).await.map_err(failed)?;
                let Some(value) = read else { continue };
                backend.write(&scope, &name, &value, now).await.map_err(failed)?;
                secrets += 1;
            }
        }
        Ok(secrets)
    }

    /// Copies one value and reads it back. False if it is gone meanwhile.
    async fn copy(
        &self,
        from: &Backend,
        to: &Backend,
        at: SecretAt,
        now: Time,
    ) -> Result<bool, SecretBookError> {
        let read = from.read(&at.scope, &at.name, now).await;
        let Some(value) = read.map_err(|err| refused(from, err))? else { return Ok(false) };
        let written = to.write(&at.scope, &at.name, &value, now).await;
        written.map_err(|err| refused(to, err))?;
        let back = to.read(&at.scope, &at.name, now).await.map_err(|err| refused(to, err))?;
        if back.as_ref() != Some(&value) {
            let (from, to) = (from.name().to_owned(), to.name().to_owned());
            return Err(SecretBookError::Differs { at, from, to });
        }
        Ok(true)
    }

    /// Returns all scopes in which there may be secrets.
    async fn scopes(&self) -> Result<Vec<SecretScope>, StoreError> {
        let mut scopes = vec![SecretScope::Server];
        for (project, store) in self.projects() {
            scopes.extend(scopes_of(&project, store.as_ref()).await?);
        }
        Ok(scopes)
    }
}

/// Returns the scopes of a project in which there may be secrets.
pub(crate) async fn scopes_of(
    project: &ProjectName,
    store: &dyn Store,
) -> Result<Vec<SecretScope>, StoreError> {
    let project = project.name();
    let mut scopes = vec![SecretScope::Project(project.clone())];
    let mut after = None;
    loop {
        let page = store.pipeline_list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(scopes) };
        after = Some(last.name.clone());
        scopes.extend(page.into_iter().map(|pipeline| SecretScope::Pipeline {
            project: project.clone(),
            pipeline: pipeline.name,
        }));
    }
}

/// Refuses what is no name, and what no value can be.
pub(super) fn check(at: &SecretAt, value: &str) -> Result<(), SecretBookError> {
    let name = at.name.clone();
    if !reference::is_name(&name) {
        let reason = "it has 1 to 128 letters, digits, '_', '-', '.' or '/'";
        return Err(SecretBookError::Name { name, reason });
    }
    let visible = value.trim_end_matches(['\n', '\r']).len();
    if visible < kernel_redact::LEN_MIN {
        let reason = format!(
            "it has {visible} bytes, and values of fewer than {} cannot be taken out of logs",
            kernel_redact::LEN_MIN
        );
        return Err(SecretBookError::Value { name, reason });
    }
    if value.len() > VALUE_BYTES_MAX {
        let reason = format!("it has {} bytes, more than {VALUE_BYTES_MAX}", value.len());
        return Err(SecretBookError::Value { name, reason });
    }
    Ok(())
}

fn key(at: &SecretAt) -> String {
    format!("{}:{}", at.scope, at.name)
}

fn info(at: SecretAt, note: Option<Note>) -> SecretInfo {
    let (updated_at, updated_by) =
        note.map(|note| (Time(note.updated_at), note.updated_by)).unzip();
    SecretInfo { at, updated_at, updated_by }
}

fn refused(backend: &Backend, err: PluginError) -> SecretBookError {
    let backend = backend.name().to_owned();
    match err {
        PluginError::Said { code, .. } if code == "unsupported" => {
            SecretBookError::ReadOnly { backend }
        }
        err => SecretBookError::Backend { backend, err },
    }
}
