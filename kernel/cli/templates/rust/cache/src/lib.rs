//! Where keyed archives are kept: here, in a bucket, with the list of them in the plugin's own map.

use tenon_sdk::envelope::cache::{
    CacheCommit, CacheEntries, CacheEntry, CacheHit, CacheKey, CacheList, CacheOffer, CachePlace,
    CachePrune, CachePruned, CacheQuery, Transfer,
};
use tenon_sdk::{Cache, Error, Result, blob, kv};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

const BUCKET: &str = "caches";
/// What a key of `kv`, and one of a bucket, may have (`kv` of the contract).
const KEY_BYTES_MAX: usize = 512;

impl Cache for Plugin {
    fn find(query: CacheQuery) -> Result<CacheHit> {
        let entries = entries(&query.scope)?;
        let exact = entries.iter().find(|entry| entry.key == query.key);
        let newest = |prefix: &String| {
            let fitting = entries
                .iter()
                .filter(|entry| entry.key.starts_with(prefix.as_str()));
            fitting.max_by_key(|entry| entry.stored_at_ms)
        };
        let found = exact.or_else(|| query.fallback_keys.iter().find_map(newest));
        let Some(found) = found else {
            return Ok(CacheHit::default());
        };
        let entry = CacheEntry {
            used_at_ms: query.now_ms,
            ..found.clone()
        };
        kv::set_json(&place(&query.scope, &entry.key)?, &entry)?;
        let transfer = Some(archive(&query.scope, &entry.key));
        Ok(CacheHit {
            entry: Some(entry),
            transfer,
        })
    }

    fn offer(offer: CacheOffer) -> Result<CachePlace> {
        let known = kv::get(&place(&offer.scope, &offer.key)?)?.is_some();
        let transfer = (!known).then(|| archive(&offer.scope, &offer.key));
        Ok(CachePlace {
            transfer,
            ..CachePlace::default()
        })
    }

    fn commit(commit: CacheCommit) -> Result<()> {
        let entry = CacheEntry {
            key: commit.key.clone(),
            size: commit.size,
            sha256: commit.sha256,
            stored_at_ms: commit.now_ms,
            used_at_ms: commit.now_ms,
        };
        kv::set_json(&place(&commit.scope, &commit.key)?, &entry).map(|_| ())
    }

    fn remove(key: CacheKey) -> Result<()> {
        forget(&key.scope, &key.key)
    }

    fn list(list: CacheList) -> Result<CacheEntries> {
        let mut entries = entries(&list.scope)?;
        entries.retain(|entry| {
            entry.key.starts_with(&list.prefix)
                && list.after.as_ref().is_none_or(|after| entry.key > *after)
        });
        let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
        let more = entries.len() > limit;
        entries.truncate(limit);
        Ok(CacheEntries { entries, more })
    }

    fn prune(prune: CachePrune) -> Result<CachePruned> {
        let mut entries = entries(&prune.scope)?;
        entries.sort_by_key(|entry| entry.used_at_ms);
        let mut left: u64 = entries.iter().map(|entry| entry.size).sum();
        let mut pruned = CachePruned::default();
        for entry in entries {
            let too_much = prune.keep_bytes.is_some_and(|keep| left > keep);
            if entry.used_at_ms < prune.used_before_ms || too_much {
                forget(&prune.scope, &entry.key)?;
                left -= entry.size;
                pruned.archives += 1;
                pruned.bytes += entry.size;
            }
        }
        Ok(pruned)
    }
}

fn entries(scope: &str) -> Result<Vec<CacheEntry>> {
    let prefix = place(scope, "")?;
    let mut entries = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let keys = kv::list(&prefix, after.as_deref())?;
        let Some(last) = keys.last() else {
            return Ok(entries);
        };
        after = Some(last.clone());
        for key in &keys {
            entries.extend(kv::get_json(key)?);
        }
    }
}

/// Forgets an archive, and its bytes first: what is listed no more could not be removed later.
fn forget(scope: &str, key: &str) -> Result<()> {
    // What is too long was never taken.
    let Ok(place) = place(scope, key) else {
        return Ok(());
    };
    blob::open(BUCKET)?.remove(&bytes_of(scope, key))?;
    kv::remove(&place)
}

/// Scopes hold no `:`, so that none reaches into another.
fn place(scope: &str, key: &str) -> Result<String> {
    let place = format!("{scope}:{key}");
    if place.len() <= KEY_BYTES_MAX {
        return Ok(place);
    }
    let most = KEY_BYTES_MAX.saturating_sub(scope.len() + 1);
    let long = key.len();
    Err(Error::limit(format!(
        "the key has {long} bytes and may have {most} in {scope}; hash a part of it"
    )))
}

fn bytes_of(scope: &str, key: &str) -> String {
    format!("{scope}/{key}")
}

fn archive(scope: &str, key: &str) -> Transfer {
    Transfer::Blob {
        bucket: BUCKET.to_owned(),
        key: bytes_of(scope, key),
    }
}

tenon_sdk::export_cache!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Cache as _;
    use tenon_sdk::envelope::cache::{CacheCommit, CacheKey, CacheOffer, CachePrune, CacheQuery};
    use tenon_sdk::testing;

    use super::Plugin;

    fn commit(key: &str, now_ms: u64) {
        let (scope, key) = ("project/a".to_owned(), key.to_owned());
        Plugin::commit(CacheCommit {
            scope,
            key,
            size: 10,
            now_ms,
            ..Default::default()
        })
        .unwrap();
    }

    fn found(key: &str, fallback: &str) -> Option<String> {
        let (scope, key) = ("project/a".to_owned(), key.to_owned());
        let fallback_keys = vec![fallback.to_owned()];
        let query = CacheQuery {
            scope,
            key,
            fallback_keys,
            now_ms: 9,
        };
        Plugin::find(query).unwrap().entry.map(|entry| entry.key)
    }

    #[test]
    fn the_newest_archive_that_fits_is_found() {
        commit("cargo-1", 1);
        commit("cargo-2", 2);
        assert_eq!(found("cargo-1", "npm").as_deref(), Some("cargo-1"));
        assert_eq!(found("cargo-3", "cargo-").as_deref(), Some("cargo-2"));
        assert_eq!(found("npm-1", "npm-"), None);
    }

    #[test]
    fn a_key_that_is_too_long_is_refused_and_what_is_removed_leaves_no_bytes() {
        let scope = "project/a".to_owned();
        let offer = CacheOffer {
            scope,
            key: "k".repeat(510),
            ..CacheOffer::default()
        };
        assert_eq!(Plugin::offer(offer).unwrap_err().code, "limit");
        commit("k", 1);
        let at = ("caches".to_owned(), "project/a/k".to_owned());
        testing::with(|host| host.blobs.insert(at, b"bytes".to_vec()));
        let (scope, key) = ("project/a".to_owned(), "k".to_owned());
        Plugin::remove(CacheKey { scope, key }).unwrap();
        assert!(testing::with(
            |host| host.blobs.is_empty() && host.kv.is_empty()
        ));
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        commit("old", 1);
        commit("new", 2);
        let scope = "project/a".to_owned();
        let prune = CachePrune {
            scope,
            keep_bytes: Some(10),
            ..CachePrune::default()
        };
        assert_eq!(Plugin::prune(prune).unwrap().archives, 1);
        assert_eq!(
            (found("old", "x"), found("new", "x").as_deref()),
            (None, Some("new"))
        );
    }
}
