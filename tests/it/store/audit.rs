//! The chain of what was done, as it is kept.

use std::sync::Arc;

use kernel_model::time::Time;
use kernel_ports::access::AccessStore;
use kernel_ports::audit::{AuditFilter, AuditPlace, AuditRow, AuditSeal};
use kernel_ports::store::StoreError;

fn link(seq: u8, actor: &str, action: &str) -> AuditRow {
    AuditRow {
        seq: seq.into(),
        at: Time(u64::from(seq) * 10),
        actor: actor.to_owned(),
        address: "192.0.2.1".to_owned(),
        action: action.to_owned(),
        target: "server".to_owned(),
        outcome: "done".to_owned(),
        before: None,
        after: Some("{}".to_owned()),
        request: "r".to_owned(),
        hash: [seq; 32],
    }
}

fn seal(base: u8, head: u8) -> AuditSeal {
    let place = |seq: u8| AuditPlace { seq: seq.into(), hash: [seq; 32] };
    AuditSeal { base: place(base), head: place(head), at: Time(1), signature: [head; 32] }
}

async fn three(store: &dyn AccessStore) -> Vec<AuditRow> {
    let rows = vec![
        link(1, "user/alice", "pipeline.set"),
        link(2, "user/bob", "pipeline.remove"),
        link(3, "user/alice", "login"),
    ];
    store.audit_append(&rows[..1], &seal(0, 1), true).await.unwrap();
    store.audit_append(&rows[1..], &seal(0, 3), false).await.unwrap();
    rows
}

pub(super) async fn links_read_back_in_their_order(store: Arc<dyn AccessStore>) {
    assert_eq!(store.audit_seal().await.unwrap(), None);
    let rows = three(&*store).await;
    assert_eq!(store.audit_read(0, 10).await.unwrap(), rows);
    assert_eq!(store.audit_read(1, 1).await.unwrap(), rows[1..2]);
    assert_eq!(store.audit_seal().await.unwrap(), Some(seal(0, 3)));
    assert_eq!(store.audit_checkpoints().await.unwrap(), [seal(0, 1)]);
}

pub(super) async fn a_link_that_does_not_follow_is_a_conflict(store: Arc<dyn AccessStore>) {
    three(&*store).await;
    for seq in [3, 5] {
        let rows = [link(seq, "user/eve", "login")];
        let err = store.audit_append(&rows, &seal(0, seq), false).await.unwrap_err();
        assert!(matches!(err, StoreError::Conflict { found: 3, .. }), "{err}");
    }
    assert_eq!(store.audit_seal().await.unwrap(), Some(seal(0, 3)));
}

pub(super) async fn links_are_listed_by_any_filter_from_the_newest(store: Arc<dyn AccessStore>) {
    three(&*store).await;
    let list = async |filter: AuditFilter, before, limit| {
        let found = store.audit_list(&filter, before, limit).await.unwrap();
        found.iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    let text = str::to_owned;
    assert_eq!(list(AuditFilter::default(), None, 10).await, [3, 2, 1]);
    assert_eq!(list(AuditFilter::default(), Some(3), 1).await, [2]);
    let filter = AuditFilter { actor: text("user/alice"), ..AuditFilter::default() };
    assert_eq!(list(filter, None, 10).await, [3, 1]);
    let filter = AuditFilter { action: text("pipeline."), ..AuditFilter::default() };
    assert_eq!(list(filter, None, 10).await, [2, 1]);
    let filter = AuditFilter { outcome: text("denied"), ..AuditFilter::default() };
    assert_eq!(list(filter, None, 10).await, [] as [u64; 0]);
    let since = AuditFilter {
        since: Some(Time(20)),
        until: Some(Time(30)),
        target: text("server"),
        ..AuditFilter::default()
    };
    assert_eq!(list(since, None, 10).await, [2]);
}

pub(super) async fn what_is_pruned_is_gone_and_the_chain_goes_on(store: Arc<dyn AccessStore>) {
    let rows = three(&*store).await;
    store.audit_prune(&seal(2, 3)).await.unwrap();
    assert_eq!(store.audit_read(0, 10).await.unwrap(), rows[2..]);
    assert_eq!(store.audit_checkpoints().await.unwrap(), []);
    assert_eq!(store.audit_seal().await.unwrap(), Some(seal(2, 3)));
    store.audit_append(&[link(4, "a", "b")], &seal(2, 4), false).await.unwrap();
    store.audit_prune(&seal(4, 4)).await.unwrap();
    assert_eq!(store.audit_read(0, 10).await.unwrap(), []);
    store.audit_append(&[link(5, "a", "b")], &seal(4, 5), false).await.unwrap();
    assert_eq!(store.audit_seal().await.unwrap(), Some(seal(4, 5)));
}
