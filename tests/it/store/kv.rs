//! Small durable maps.

use std::sync::Arc;

use kernel_ports::kv::KvItem;
use kernel_ports::store::{Store, StoreError};

pub(super) async fn a_value_counts_its_versions(store: Arc<dyn Store>) {
    assert_eq!(store.kv_get("n", "k").await.unwrap(), None);
    assert_eq!(store.kv_set("n", "k", b"a", None).await.unwrap(), 1);
    assert_eq!(store.kv_set("n", "k", &[0, 255], None).await.unwrap(), 2);
    let want = KvItem { value: vec![0, 255], version: 2 };
    assert_eq!(store.kv_get("n", "k").await.unwrap(), Some(want));
}

pub(super) async fn a_version_that_was_not_seen_is_a_conflict(store: Arc<dyn Store>) {
    let err = store.kv_set("n", "k", b"a", Some(1)).await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { seen: 1, found: 0, .. }), "{err}");
    assert_eq!(store.kv_set("n", "k", b"a", Some(0)).await.unwrap(), 1);
    let err = store.kv_set("n", "k", b"b", Some(0)).await.unwrap_err();
    assert!(matches!(err, StoreError::Conflict { seen: 0, found: 1, .. }), "{err}");
    assert_eq!(store.kv_set("n", "k", b"b", Some(1)).await.unwrap(), 2);
    assert_eq!(store.kv_get("n", "k").await.unwrap().unwrap().value, b"b");
}

pub(super) async fn a_removed_value_begins_again(store: Arc<dyn Store>) {
    store.kv_set("n", "k", b"a", None).await.unwrap();
    store.kv_remove("n", "k").await.unwrap();
    assert_eq!(store.kv_get("n", "k").await.unwrap(), None);
    // What is not there need not be removed.
    store.kv_remove("n", "k").await.unwrap();
    assert_eq!(store.kv_set("n", "k", b"b", Some(0)).await.unwrap(), 1);
}

pub(super) async fn keys_are_listed_by_prefix_in_byte_order(store: Arc<dyn Store>) {
    for key in ["a/2", "a/10", "b", "a", "a/ä", "a/\u{10ffff}", "A/1", "a0"] {
        store.kv_set("n", key, b"", None).await.unwrap();
    }
    let list = async |prefix: &str, after: Option<&str>, limit| {
        store.kv_list("n", prefix, after, limit).await.unwrap()
    };
    assert_eq!(list("a/", None, 10).await, ["a/10", "a/2", "a/ä", "a/\u{10ffff}"]);
    assert_eq!(list("a/", Some("a/10"), 2).await, ["a/2", "a/ä"]);
    // A key before the prefix, and one behind it, are fine to go on from.
    assert_eq!(list("a/", Some("A"), 1).await, ["a/10"]);
    assert!(list("a/", Some("b"), 10).await.is_empty());
    assert_eq!(list("", None, 2).await, ["A/1", "a"]);
    assert!(store.kv_list("other", "", None, 10).await.unwrap().is_empty());
}

pub(super) async fn namespaces_are_apart_and_measured(store: Arc<dyn Store>) {
    store.kv_set("n", "ä", &[1; 10], None).await.unwrap();
    store.kv_set("n", "k", b"", None).await.unwrap();
    store.kv_set("m", "k", b"xyz", None).await.unwrap();
    assert_eq!(store.kv_size("n").await.unwrap(), 2 + 10 + 1);
    assert_eq!(store.kv_size("m").await.unwrap(), 4);
    assert_eq!(store.kv_size("none").await.unwrap(), 0);
    assert_eq!(store.kv_get("m", "ä").await.unwrap(), None);
    store.kv_clear("n").await.unwrap();
    store.kv_clear("none").await.unwrap();
    assert_eq!((store.kv_size("n").await.unwrap(), store.kv_size("m").await.unwrap()), (0, 4));
}
