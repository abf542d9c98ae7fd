//! Buckets of plugins.

use kernel_ports::bucket::{BucketAt, BucketError, BucketLimits, Buckets as _};

use crate::Place;

const ROOMY: BucketLimits = BucketLimits { bytes: 1 << 20, keys: 100 };

fn at(owner: &str, name: &str) -> BucketAt {
    BucketAt { owner: owner.into(), name: name.into() }
}

async fn put(place: &Place, at: &BucketAt, key: &str, bytes: &[u8]) -> Result<(), BucketError> {
    let mut upload = place.storage.bucket_upload(at, key, ROOMY).await?;
    upload.write(bytes.to_vec()).await?;
    upload.finish().await.map(drop)
}

async fn keys(place: &Place, at: &BucketAt) -> Vec<String> {
    let items = place.storage.bucket_list(at, "", None, 100).await.unwrap();
    items.into_iter().map(|item| item.key).collect()
}

#[tokio::test]
async fn what_is_kept_is_there_after_a_restart_and_what_was_half_written_is_not() {
    let mut place = Place::new();
    let bucket = at("tools/work", "kept");
    put(&place, &bucket, "a/b", b"hello").await.unwrap();
    let mut half = place.storage.bucket_upload(&bucket, "half", ROOMY).await.unwrap();
    half.write(b"never".to_vec()).await.unwrap();
    // A crash runs no destructor.
    std::mem::forget(half);
    place.reopen();
    assert_eq!(keys(&place, &bucket).await, ["a/b"]);
    let read = place.storage.bucket_read(&bucket, "a/b", 1, 3).await.unwrap();
    assert_eq!(read, b"ell");
    let info = place.storage.bucket_info(&bucket, "a/b").await.unwrap().unwrap();
    assert_eq!(info.size, 5);
    let folder = place.path().join("buckets/tools%2fwork");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "the half is gone from the disk");
}

#[tokio::test]
async fn one_binding_never_sees_the_buckets_of_another() {
    let place = Place::new();
    let names = ["tools", "tools/work", "../tools", "tools%2fwork"];
    for owner in names {
        put(&place, &at(owner, "kept"), owner, b"x").await.unwrap();
    }
    put(&place, &at("tools", "other"), "elsewhere", b"x").await.unwrap();
    for owner in names {
        assert_eq!(keys(&place, &at(owner, "kept")).await, [owner]);
    }
    assert!(!place.path().join("tools").exists(), "a name leads out of the folder of buckets");
}

#[tokio::test]
async fn what_is_cleared_is_gone_for_one_binding_and_can_be_begun_anew() {
    let mut place = Place::new();
    let (gone, stays) = (at("tools", "kept"), at("tools/work", "kept"));
    for at in [&gone, &stays] {
        put(&place, at, "a", b"x").await.unwrap();
    }
    place.storage.bucket_clear(&gone.owner).await.unwrap();
    place.storage.bucket_clear(&"nobody".into()).await.unwrap();
    assert!(keys(&place, &gone).await.is_empty());
    put(&place, &gone, "b", b"y").await.unwrap();
    place.reopen();
    assert_eq!(keys(&place, &gone).await, ["b"]);
    assert_eq!(keys(&place, &stays).await, ["a"]);
}
