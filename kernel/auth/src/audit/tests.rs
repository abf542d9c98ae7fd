use std::path::Path;
use std::sync::Arc;

use kernel_model::time::Time;
use kernel_ports::access::AccessStore;
use kernel_ports::audit::{AuditFilter, AuditPlace, AuditRow, AuditSeal, AuditStore};
use kernel_ports::clock::{Clock, System};
use kernel_ports::keyring::SubKey;
use kernel_store_memory::MemoryControl;

use super::{Audit, Entry, KEEP_MIN, Outcome, Tampered};

/// An even number: the character that it falls into began one byte before.
const STATE_MAX: usize = 300;

async fn audit(store: &Arc<MemoryControl>, folder: &Path) -> Audit {
    let store = Arc::clone(store) as Arc<dyn AccessStore>;
    let head = Some(folder.join("audit.head"));
    Audit::open(store, Arc::new(System::default()), SubKey::new([7; 32]), head, STATE_MAX)
        .await
        .unwrap()
}

fn entry(target: &str) -> Entry {
    Entry {
        actor: "user/alice".to_owned(),
        action: "pipeline.set".to_owned(),
        target: target.to_owned(),
        ..Entry::default()
    }
}

/// Returns a chain of ten links, and where it is kept.
async fn ten(folder: &Path) -> (Arc<MemoryControl>, Audit) {
    let store = Arc::new(MemoryControl::new());
    let audit = audit(&store, folder).await;
    for i in 0..10 {
        assert_eq!(audit.record(entry(&format!("pipeline {i}"))).await.unwrap(), i + 1);
    }
    (store, audit)
}

async fn rows(store: &MemoryControl) -> (Vec<AuditRow>, AuditSeal) {
    (store.audit_read(0, 1_000).await.unwrap(), store.audit_seal().await.unwrap().unwrap())
}

/// Returns a store as somebody leaves it who can write to it, and nothing else.
async fn forged(rows: &[AuditRow], seal: &AuditSeal) -> Arc<MemoryControl> {
    let store = Arc::new(MemoryControl::new());
    // The store numbers from its base; so what is not there is put there as removed.
    let base = AuditPlace { seq: rows[0].seq - 1, ..AuditPlace::default() };
    store.audit_prune(&AuditSeal { base, ..seal.clone() }).await.unwrap();
    store.audit_append(rows, seal, false).await.unwrap();
    store
}

async fn verdict(store: &Arc<MemoryControl>, folder: &Path) -> Tampered {
    // Before a start has noted anything.
    let plain = Arc::clone(store) as Arc<dyn AccessStore>;
    let (orders, _) = tokio::sync::mpsc::unbounded_channel();
    let audit = Audit {
        store: plain,
        clock: Arc::new(System::default()),
        key: SubKey::new([7; 32]),
        anchor: Some(Arc::new(super::Anchor::new(folder.join("audit.head")))),
        orders,
        state_bytes_max: STATE_MAX,
    };
    audit.verify(None).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn an_untouched_chain_is_verified_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, first) = ten(folder.path()).await;
    let verified = first.verify(None).await.unwrap().unwrap();
    assert_eq!((verified.links, verified.head.seq), (10, 10));
    drop(first);
    let second = audit(&store, folder.path()).await;
    assert_eq!(second.record(entry("more")).await.unwrap(), 11);
    let verified = second.verify(Some(verified.head)).await.unwrap().unwrap();
    assert_eq!(verified.links, 11);
}

#[tokio::test]
async fn every_edited_field_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = ten(folder.path()).await;
    let (rows, seal) = rows(&store).await;
    let edits: [fn(&mut AuditRow); 8] = [
        |row| row.actor = "user/eve".to_owned(),
        |row| row.at = Time(row.at.0 + 1),
        |row| row.address = "x".to_owned(),
        |row| row.action = "pipeline.get".to_owned(),
        |row| row.target.push('x'),
        |row| row.outcome = "denied".to_owned(),
        |row| row.after = Some(String::new()),
        |row| row.request = "x".to_owned(),
    ];
    for edit in edits {
        let mut rows = rows.clone();
        edit(&mut rows[4]);
        let store = forged(&rows, &seal).await;
        assert_eq!(verdict(&store, folder.path()).await, Tampered::Changed { seq: 5 });
    }
}

#[tokio::test]
async fn links_in_another_order_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = ten(folder.path()).await;
    let (mut rows, seal) = rows(&store).await;
    rows.swap(2, 3);
    (rows[2].seq, rows[3].seq) = (3, 4);
    let store = forged(&rows, &seal).await;
    assert_eq!(verdict(&store, folder.path()).await, Tampered::Changed { seq: 3 });
}

#[tokio::test]
async fn a_removed_beginning_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = ten(folder.path()).await;
    let (rows, seal) = rows(&store).await;
    let store = forged(&rows[3..], &seal).await;
    assert_eq!(verdict(&store, folder.path()).await, Tampered::Removed { after: 0, found: 4 });
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found_even_with_an_older_seal() {
    let folder = tempfile::tempdir().unwrap();
    let (store, audit) = ten(folder.path()).await;
    let (eleven, older) = rows(&store).await;
    audit.record(entry("what eve did")).await.unwrap();
    let newer = rows(&store).await.1;
    for seal in [older, newer] {
        let store = forged(&eleven, &seal).await;
        let want = Tampered::Cut { found: 10, expected: 11 };
        assert_eq!(verdict(&store, folder.path()).await, want);
    }
}

#[tokio::test]
async fn a_seal_of_somebody_else_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = ten(folder.path()).await;
    let (mut rows, mut seal) = rows(&store).await;
    // A whole new chain, made without the key.
    let mut before = [0; 32];
    for row in &mut rows {
        row.actor = "user/eve".to_owned();
        row.hash = super::chain::link(&before, row);
        before = row.hash;
    }
    seal.head.hash = before;
    let store = forged(&rows, &seal).await;
    assert_eq!(verdict(&store, folder.path()).await, Tampered::SealForged { seq: 10 });
}

#[tokio::test]
async fn a_missing_seal_or_note_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = ten(folder.path()).await;
    let nothing = Arc::new(MemoryControl::new());
    assert_eq!(verdict(&nothing, folder.path()).await, Tampered::SealMissing);
    std::fs::remove_file(folder.path().join("audit.head")).unwrap();
    assert_eq!(verdict(&store, folder.path()).await, Tampered::AnchorForged);
    std::fs::write(folder.path().join("audit.head"), "1 2 3\n").unwrap();
    assert_eq!(verdict(&store, folder.path()).await, Tampered::AnchorForged);
}

#[tokio::test]
async fn a_start_over_a_cut_chain_does_not_hide_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, audit_before) = ten(folder.path()).await;
    let (ten, older) = rows(&store).await;
    audit_before.record(entry("what eve did")).await.unwrap();
    let store = forged(&ten, &older).await;
    let after = audit(&store, folder.path()).await;
    after.record(entry("more")).await.unwrap();
    let found = after.verify(None).await.unwrap().unwrap_err();
    let Tampered::Noted { seq: 11, found } = found else { panic!("{found:?}") };
    assert!(found.contains("its end was cut off"), "{found}");
}

#[tokio::test]
async fn a_place_that_was_noted_elsewhere_is_held_against_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (_, audit) = ten(folder.path()).await;
    let wrong = AuditPlace { seq: 5, hash: [1; 32] };
    let found = audit.verify(Some(wrong)).await.unwrap().unwrap_err();
    assert_eq!(found, Tampered::Changed { seq: 5 });
    let later = AuditPlace { seq: 50, hash: [1; 32] };
    let found = audit.verify(Some(later)).await.unwrap().unwrap_err();
    assert_eq!(found, Tampered::Cut { found: 10, expected: 50 });
}

#[tokio::test]
async fn many_at_once_are_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryControl::new());
    let audit = audit(&store, folder.path()).await;
    let recording: Vec<_> = (0..600).map(|i| audit.submit(entry(&i.to_string()))).collect();
    let mut numbers = Vec::new();
    for answer in recording {
        numbers.push(answer.await.unwrap().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=600).collect::<Vec<u64>>());
    assert_eq!(audit.verify(None).await.unwrap().unwrap().links, 600);
    assert!(!store.audit_checkpoints().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryControl::new());
    let audit = audit(&store, folder.path()).await;
    let large = Some(format!("\"{}\"", "ä".repeat(STATE_MAX)));
    audit.record(Entry { after: large, ..entry("x") }).await.unwrap();
    let row = audit.list(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    let json: serde_json::Value = serde_json::from_str(&row.after.unwrap()).unwrap();
    assert_eq!(json["bytes"], 2 * STATE_MAX + 2);
    assert_eq!(json["cut"].as_str().unwrap().len(), STATE_MAX - 1, "no character is halved");
    assert_eq!(row.outcome, Outcome::Done.word());
}

/// A clock that is set.
struct Set(std::sync::atomic::AtomicU64);

impl Clock for Set {
    fn now(&self) -> Time {
        Time(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

#[tokio::test]
async fn old_links_are_removed_but_the_newest_stay() {
    let day = 24 * 60 * 60_000;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Set(day.into()));
    let head = Some(folder.path().join("audit.head"));
    let store = Arc::new(MemoryControl::new());
    let audit =
        Audit::open(store, Arc::clone(&clock) as _, SubKey::new([7; 32]), head, STATE_MAX).await;
    let audit = audit.unwrap();
    for i in 0..300 {
        audit.record(entry(&i.to_string())).await.unwrap();
    }
    // Ten days later nothing is old enough, whatever is asked for.
    clock.0.store(11 * day, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(audit.prune(0).await.unwrap(), 0);
    clock.0.store(20 * day, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(audit.prune(0).await.unwrap(), 300 - KEEP_MIN);
    let verified = audit.verify(None).await.unwrap().unwrap();
    assert_eq!((verified.links, verified.base.seq), (KEEP_MIN, 300 - KEEP_MIN));
    assert_eq!(audit.record(entry("more")).await.unwrap(), 301);
}
