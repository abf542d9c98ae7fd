//! The double of `kv`.

use super::HostResult;
use crate::error::Error;

pub(crate) struct Item {
    pub(crate) value: Vec<u8>,
    pub(crate) version: u64,
}

pub(crate) fn get(key: &str) -> HostResult<Option<Item>> {
    Ok(super::with(|host| {
        host.kv.get(key).map(|(value, version)| Item { value: value.clone(), version: *version })
    }))
}

pub(crate) fn set(key: &str, value: &[u8], seen: Option<u64>) -> HostResult<u64> {
    super::with(|host| {
        let version = host.kv.get(key).map_or(0, |(_, version)| *version);
        if seen.is_some_and(|seen| seen != version) {
            return Err(Error::new("conflict", format!("{key:?} is at version {version}")).into());
        }
        host.kv.insert(key.to_owned(), (value.to_vec(), version + 1));
        Ok(version + 1)
    })
}

pub(crate) fn remove(key: &str) -> HostResult<()> {
    super::with(|host| host.kv.remove(key));
    Ok(())
}

pub(crate) fn list(prefix: &str, after: Option<&str>) -> HostResult<Vec<String>> {
    Ok(super::with(|host| {
        let keys = host.kv.keys().filter(|key| key.starts_with(prefix));
        keys.filter(|key| after.is_none_or(|after| key.as_str() > after))
            .take(1000)
            .cloned()
            .collect()
    }))
}
