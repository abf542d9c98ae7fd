//! Small durable maps of plugin bindings.

use async_trait::async_trait;
use kernel_ports::kv::{KvItem, KvStore};
use kernel_ports::store::StoreError;

use crate::SqliteStore;
use crate::column::{int, uint_at};

#[async_trait]
impl KvStore for SqliteStore {
    async fn kv_get(&self, namespace: &str, key: &str) -> Result<Option<KvItem>, StoreError> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        self.database
            .read("read a kept value", move |db| {
                db.first(
                    "SELECT value, version FROM kv WHERE namespace = ?1 AND key = ?2",
                    (namespace, key),
                    |row| Ok(KvItem { value: row.get(0)?, version: uint_at(row, 1)? }),
                )
            })
            .await
    }

    async fn kv_set(
        &self,
        namespace: &str,
        key: &str,
        value: &[u8],
        seen: Option<u64>,
    ) -> Result<u64, StoreError> {
        let (namespace, key, value) = (namespace.to_owned(), key.to_owned(), value.to_owned());
        self.database
            .write("keep a value", move |db| {
                let found = db.first(
                    "SELECT version FROM kv WHERE namespace = ?1 AND key = ?2",
                    (&namespace, &key),
                    |row| uint_at(row, 0),
                )?;
                let found = found.unwrap_or(0);
                if let Some(seen) = seen.filter(|seen| *seen != found) {
                    let what = format!("the kept value {key:?} of {namespace:?}");
                    return Err(StoreError::Conflict { what, seen, found }.into());
                }
                db.execute(
                    "INSERT INTO kv (namespace, key, value, version) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version",
                    (namespace, key, value, int(found + 1)),
                )?;
                Ok(found + 1)
            })
            .await
    }

    async fn kv_remove(&self, namespace: &str, key: &str) -> Result<(), StoreError> {
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        self.database
            .write("remove a kept value", move |db| {
                db.execute("DELETE FROM kv WHERE namespace = ?1 AND key = ?2", (namespace, key))?;
                Ok(())
            })
            .await
    }

    async fn kv_clear(&self, namespace: &str) -> Result<(), StoreError> {
        let namespace = namespace.to_owned();
        self.database
            .write("remove all values of a namespace", move |db| {
                db.execute("DELETE FROM kv WHERE namespace = ?1", (namespace,))?;
                Ok(())
            })
            .await
    }

    async fn kv_list(
        &self,
        namespace: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let (namespace, prefix) = (namespace.to_owned(), prefix.to_owned());
        let after = after.map(str::to_owned);
        self.database
            .read("list kept values", move |db| {
                // Keys with a prefix lie side by side: the first one without it ends the list.
                let mut found: Vec<String> = Vec::new();
                db.each(
                    "SELECT key FROM kv WHERE namespace = ?1 AND key >= ?2
                 AND (?3 IS NULL OR key > ?3) ORDER BY key LIMIT ?4",
                    (namespace, &prefix, after, limit),
                    |row| {
                        let key: String = row.get(0)?;
                        let goes_on = key.starts_with(&prefix);
                        found.extend(goes_on.then_some(key));
                        Ok(goes_on)
                    },
                )?;
                Ok(found)
            })
            .await
    }

    async fn kv_size(&self, namespace: &str) -> Result<u64, StoreError> {
        let namespace = namespace.to_owned();
        self.database
            .read("measure kept values", move |db| {
                let size = db.first(
                    "SELECT coalesce(sum(octet_length(key) + octet_length(value)), 0)
                 FROM kv WHERE namespace = ?1",
                    (namespace,),
                    |row| uint_at(row, 0),
                )?;
                Ok(size.unwrap_or(0))
            })
            .await
    }
}
