//! What is expected of a cache.

use kernel_ports::plugin::PluginKind;
use serde_json::Value;
use wit_envelope::cache::{
    CacheCommit, CacheEntries, CacheHit, CacheKey, CacheList, CacheOffer, CachePlace, CachePrune,
    CachePruned, CacheQuery, Transfer,
};

use super::{Miss, Outcome, Subject, Suite, fail, good, hold};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("a miss is an answer, not an error", miss),
    ("an archive is found once it was committed, not before", committed),
    ("what is there already is not sent again", once),
    ("a fallback key finds the newest that begins with it", fallback),
    ("a scope never sees another", scopes),
    ("what is removed is gone, and may be removed again", removed),
    ("archives are listed by key, and no more than asked for", listed),
    ("what was used least lately goes first", pruned),
];

const KIND: PluginKind = PluginKind::Cache;
const SCOPE: &str = "project/conform";

fn miss(subject: &Subject) -> Outcome {
    let hit = find(&subject.stage()?, SCOPE, "missing", &["also-missing"], 1)?;
    hold(hit.entry.is_none() && hit.transfer.is_none(), || format!("it found {hit:?}"))
}

fn committed(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let place = offer(&stage, SCOPE, "k", 1)?;
    match &place.transfer {
        None => return Err(fail("the first offer of a key was not taken")),
        Some(Transfer::Http { url, .. }) => hold(url.starts_with("http"), || {
            format!("the archive is to be sent to {url:?}, which is no URL")
        })?,
        Some(Transfer::Blob { bucket, key }) => {
            hold(!bucket.is_empty() && !key.is_empty(), || {
                "the archive is to be put into a bucket or under a key without a name".into()
            })?;
        }
    }
    let early = find(&stage, SCOPE, "k", &[], 2)?;
    hold(early.entry.is_none(), || "it was found before it was committed".into())?;
    commit(&stage, SCOPE, "k", 10, 3, &place.token)?;
    commit(&stage, SCOPE, "k", 10, 3, &place.token)?;
    let hit = find(&stage, SCOPE, "k", &[], 4)?;
    let Some(entry) = hit.entry else { return Err(fail("it was not found after the commit")) };
    hold(entry.key == "k" && entry.size == 10, || format!("it was found as {entry:?}"))?;
    hold(hit.transfer.is_some(), || "it does not say where the bytes are".into())
}

fn once(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    keep(&stage, SCOPE, "k", 10, 1)?;
    let again = offer(&stage, SCOPE, "k", 2)?;
    hold(again.transfer.is_none(), || "it wants the same key again".into())
}

fn fallback(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for (key, now) in [("deps-old", 1), ("deps-new", 2), ("other", 3)] {
        keep(&stage, SCOPE, key, 10, now)?;
    }
    let found = |keys: &[&str]| -> Result<Option<String>, Miss> {
        Ok(find(&stage, SCOPE, "deps-next", keys, 4)?.entry.map(|entry| entry.key))
    };
    let newest = found(&["nothing-", "deps-"])?;
    hold(newest.as_deref() == Some("deps-new"), || format!("it found {newest:?}, not deps-new"))?;
    let none = found(&[])?;
    hold(none.is_none(), || format!("without fallback keys it found {none:?}"))
}

fn scopes(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    keep(&stage, SCOPE, "k", 10, 1)?;
    for scope in ["project/conformity", "project/conform/pipeline/p"] {
        let hit = find(&stage, scope, "k", &["k", ""], 2)?;
        hold(hit.entry.is_none(), || format!("{scope} sees an archive of {SCOPE}"))?;
    }
    Ok(())
}

fn removed(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    keep(&stage, SCOPE, "k", 10, 1)?;
    for _ in 0..2 {
        let key = CacheKey { scope: SCOPE.to_owned(), key: "k".to_owned() };
        good("the removal", stage.ask::<Value>(KIND, "remove", &key))?;
    }
    let hit = find(&stage, SCOPE, "k", &[], 2)?;
    hold(hit.entry.is_none(), || "it is still there".into())
}

fn listed(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for key in ["c", "a", "b"] {
        keep(&stage, SCOPE, key, 10, 1)?;
    }
    let first = list(&stage, None, 2)?;
    let keys: Vec<&str> = first.entries.iter().map(|entry| entry.key.as_str()).collect();
    hold(keys == ["a", "b"] && first.more, || {
        format!("the first two are {keys:?}, and more is {}", first.more)
    })?;
    let rest = list(&stage, Some("b".to_owned()), 2)?;
    let keys: Vec<&str> = rest.entries.iter().map(|entry| entry.key.as_str()).collect();
    hold(keys == ["c"] && !rest.more, || {
        format!("after b come {keys:?}, and more is {}", rest.more)
    })
}

fn pruned(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for (key, now) in [("a", 1), ("b", 2), ("c", 3)] {
        keep(&stage, SCOPE, key, 10, now)?;
    }
    // Now `b` was used least lately.
    find(&stage, SCOPE, "a", &[], 10)?;
    let scope = SCOPE.to_owned();
    let prune = CachePrune { scope, used_before_ms: 0, keep_bytes: Some(20) };
    let pruned: CachePruned = good("the pruning", stage.ask(KIND, "prune", &prune))?;
    hold(pruned.archives == 1 && pruned.bytes == 10, || format!("it says {pruned:?}"))?;
    let left = list(&stage, None, 10)?;
    let keys: Vec<&str> = left.entries.iter().map(|entry| entry.key.as_str()).collect();
    hold(keys == ["a", "c"], || format!("{keys:?} are left, not a and c"))
}

fn keep(stage: &Stage, scope: &str, key: &str, size: u64, now_ms: u64) -> Result<(), Miss> {
    let place = offer(stage, scope, key, now_ms)?;
    commit(stage, scope, key, size, now_ms, &place.token)
}

fn find(
    stage: &Stage,
    scope: &str,
    key: &str,
    fallback: &[&str],
    now_ms: u64,
) -> Result<CacheHit, Miss> {
    let (scope, key) = (scope.to_owned(), key.to_owned());
    let fallback_keys = fallback.iter().map(|key| (*key).to_owned()).collect();
    good("the search", stage.ask(KIND, "find", &CacheQuery { scope, key, fallback_keys, now_ms }))
}

fn offer(stage: &Stage, scope: &str, key: &str, now_ms: u64) -> Result<CachePlace, Miss> {
    let (scope, key, sha256) = (scope.to_owned(), key.to_owned(), "00".repeat(32));
    let offer = CacheOffer { scope, key, size: 10, sha256, now_ms, keep_ms: 0 };
    good("the offer", stage.ask(KIND, "offer", &offer))
}

fn commit(
    stage: &Stage,
    scope: &str,
    key: &str,
    size: u64,
    now_ms: u64,
    token: &str,
) -> Result<(), Miss> {
    let (scope, key, token) = (scope.to_owned(), key.to_owned(), token.to_owned());
    let commit = CacheCommit { scope, key, size, sha256: "00".repeat(32), now_ms, token };
    good("the commit", stage.ask::<Value>(KIND, "commit", &commit)).map(|_| ())
}

fn list(stage: &Stage, after: Option<String>, limit: u32) -> Result<CacheEntries, Miss> {
    let list = CacheList { scope: SCOPE.to_owned(), prefix: String::new(), after, limit };
    good("the list", stage.ask(KIND, "list", &list))
}
