//! `kv`: the binding's own durable map.

use kernel_ports::store::StoreError;
use wasmtime::Result;

use crate::bindings::kv::{Host, Item};
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::fault::Stop;

const KEY_BYTES: usize = 512;
const VALUE_BYTES: usize = 64 * 1024;
const LISTED: u32 = 1_000;

impl Host for CallState {
    async fn get(&mut self, key: String) -> Result<Result<Option<Item>, Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let found = self.services.kv.kv_get(&self.plugin.name, &key).await;
        let item =
            |item: kernel_ports::kv::KvItem| Item { value: item.value, version: item.version };
        Ok(found.map(|found| found.map(item)).map_err(|err| refusal(&err)))
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        seen: Option<u64>,
    ) -> Result<Result<u64, Error>> {
        Ok(self.kv_put(&key, &value, seen).await)
    }

    async fn remove(&mut self, key: String) -> Result<Result<(), Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let removed = self.services.kv.kv_remove(&self.plugin.name, &key).await;
        Ok(removed.map_err(|err| refusal(&err)))
    }

    async fn list(
        &mut self,
        prefix: String,
        after: Option<String>,
    ) -> Result<Result<Vec<String>, Error>> {
        let kv = &self.services.kv;
        let keys = kv.kv_list(&self.plugin.name, &prefix, after.as_deref(), LISTED).await;
        Ok(keys.map_err(|err| refusal(&err)))
    }
}

impl CallState {
    async fn kv_put(&mut self, key: &str, value: &[u8], seen: Option<u64>) -> Result<u64, Error> {
        check_key(key)?;
        if value.len() > VALUE_BYTES {
            return Err(error("limit", format!("a value has at most {VALUE_BYTES} bytes")));
        }
        let (kv, name) = (&self.services.kv, &*self.plugin.name);
        let limit = self.plugin.grants.kv_bytes();
        let size = kv.kv_size(name).await.map_err(|err| refusal(&err))?;
        let new = (key.len() + value.len()) as u64;
        if size.saturating_add(new) > limit {
            // It may still fit, in the place of the old value.
            let old = kv.kv_get(name, key).await.map_err(|err| refusal(&err))?;
            let old = old.map_or(0, |item| (key.len() + item.value.len()) as u64);
            if size.saturating_sub(old).saturating_add(new) > limit {
                let message = format!(
                    "the map of {name} would be larger than {limit} bytes; remove keys, or ask for \
                     more in the manifest"
                );
                return Err(error("limit", message));
            }
        }
        kv.kv_set(name, key, value, seen).await.map_err(|err| refusal(&err))
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() || key.len() > KEY_BYTES {
        return Err(error("invalid", format!("a key has 1 to {KEY_BYTES} bytes")));
    }
    Ok(())
}

fn refusal(err: &StoreError) -> Error {
    let code = match err {
        StoreError::Conflict { .. } => "conflict",
        StoreError::NotFound { .. } => "not-found",
        StoreError::Fenced { .. }
        | StoreError::Full { .. }
        | StoreError::Newer { .. }
        | StoreError::Corrupt { .. }
        | StoreError::Io { .. } => "unavailable",
    };
    error(code, Stop::host(err).to_string())
}
