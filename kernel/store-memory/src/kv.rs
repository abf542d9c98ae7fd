//! Small durable maps of plugin bindings.

use async_trait::async_trait;
use kernel_ports::kv::{KvItem, KvStore};
use kernel_ports::store::StoreError;

use crate::MemoryStore;

#[async_trait]
impl KvStore for MemoryStore {
    async fn kv_get(&self, namespace: &str, key: &str) -> Result<Option<KvItem>, StoreError> {
        Ok(self.data().kv.get(&(namespace.to_owned(), key.to_owned())).cloned())
    }

    async fn kv_set(
        &self,
        namespace: &str,
        key: &str,
        value: &[u8],
        seen: Option<u64>,
    ) -> Result<u64, StoreError> {
        let mut data = self.data();
        let place = (namespace.to_owned(), key.to_owned());
        let found = data.kv.get(&place).map_or(0, |item| item.version);
        if let Some(seen) = seen.filter(|seen| *seen != found) {
            let what = format!("the kept value {key:?} of {namespace:?}");
            return Err(StoreError::Conflict { what, seen, found });
        }
        data.kv.insert(place, KvItem { value: value.to_owned(), version: found + 1 });
        Ok(found + 1)
    }

    async fn kv_remove(&self, namespace: &str, key: &str) -> Result<(), StoreError> {
        self.data().kv.remove(&(namespace.to_owned(), key.to_owned()));
        Ok(())
    }

    async fn kv_clear(&self, namespace: &str) -> Result<(), StoreError> {
        self.data().kv.retain(|(space, _), _| space != namespace);
        Ok(())
    }

    async fn kv_list(
        &self,
        namespace: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let data = self.data();
        let from = (namespace.to_owned(), prefix.to_owned());
        let keys = data.kv.range(from..).map(|((space, key), _)| (space, key));
        let keys = keys.take_while(|(space, key)| *space == namespace && key.starts_with(prefix));
        let keys = keys.filter(|(_, key)| after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(limit as usize).map(|(_, key)| key.clone()).collect())
    }

    async fn kv_size(&self, namespace: &str) -> Result<u64, StoreError> {
        let data = self.data();
        let items = data.kv.iter().filter(|((space, _), _)| *space == namespace);
        Ok(items.map(|((_, key), item)| (key.len() + item.value.len()) as u64).sum())
    }
}
