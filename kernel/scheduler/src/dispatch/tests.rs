use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::scheduler::Inbox;

fn request(run: u128, concurrency: Option<(&str, u32, ConcurrencyPolicy)>) -> (Request, Inbox) {
    let (mailbox, inbox) = Mailbox::new();
    let concurrency = concurrency.map(|(key, limit, policy)| {
        let concurrency = Concurrency { key: key.to_owned(), limit, policy };
        Wanted::new(WorkspaceId::DEFAULT, concurrency)
    });
    let request = Request {
        run: RunId(run),
        step: StepNo(1),
        attempt: 1,
        priority: 0,
        requires: vec![],
        concurrency,
        mailbox,
    };
    (request, inbox)
}

fn granted(answer: Answer) -> Slot {
    match answer {
        Answer::Granted(slot) => slot,
        answer => panic!("{answer:?}"),
    }
}

fn slot_of(inbox: &mut Inbox) -> Option<Slot> {
    match inbox.try_recv() {
        Ok(Message::Granted { slot, .. }) => Some(slot),
        _ => None,
    }
}

#[test]
fn the_queue_is_served_by_priority_and_then_by_age() {
    let dispatch = Dispatch::new(1, vec![]);
    let first = granted(dispatch.request(request(1, None).0));
    let (old, mut old_inbox) = request(2, None);
    let (urgent, mut urgent_inbox) = request(3, None);
    assert!(matches!(dispatch.request(old), Answer::Queued));
    assert!(matches!(dispatch.request(Request { priority: 5, ..urgent }), Answer::Queued));
    drop(first);
    let urgent = slot_of(&mut urgent_inbox).expect("the urgent one is first");
    assert!(slot_of(&mut old_inbox).is_none());
    drop(urgent);
    assert!(slot_of(&mut old_inbox).is_some());
}

#[test]
fn a_taken_key_holds_back_only_its_own() {
    let dispatch = Dispatch::new(2, vec![]);
    let queue = Some(("deploy", 1, ConcurrencyPolicy::Queue));
    let holder = granted(dispatch.request(request(1, queue).0));
    let (second, mut inbox) = request(2, queue);
    assert!(matches!(dispatch.request(second), Answer::Queued));
    let waiting = dispatch.waiting(RunId(2), StepNo(1));
    let holders = vec![(RunId(1), StepNo(1))];
    assert_eq!(waiting, Some(Waiting::Key { key: "deploy".into(), limit: 1, holders }));
    let other = granted(dispatch.request(request(3, None).0));
    drop(other);
    assert!(slot_of(&mut inbox).is_none());
    drop(holder);
    assert!(slot_of(&mut inbox).is_some());
}

#[test]
fn the_policies_of_a_taken_key_differ() {
    let dispatch = Dispatch::new(9, vec![]);
    let with = |policy| Some(("k", 1, policy));
    let (first, mut first_inbox) = request(1, with(ConcurrencyPolicy::Queue));
    let slot = granted(dispatch.request(first));
    let reject = dispatch.request(request(2, with(ConcurrencyPolicy::Reject)).0);
    assert!(matches!(reject, Answer::Rejected { .. }));
    let newest = dispatch.request(request(3, with(ConcurrencyPolicy::CancelNewest)).0);
    assert!(matches!(newest, Answer::Superseded { .. }));
    let (oldest, mut inbox) = request(4, with(ConcurrencyPolicy::CancelOldest));
    assert!(matches!(dispatch.request(oldest), Answer::Queued));
    assert!(matches!(first_inbox.try_recv(), Ok(Message::StepCancel { .. })));
    drop(slot);
    assert!(slot_of(&mut inbox).is_some());
}

#[test]
fn missing_tags_are_named() {
    let dispatch = Dispatch::new(1, vec!["linux".into()]);
    let (mut gpu, _inbox) = request(1, None);
    gpu.requires = vec!["linux".into(), "gpu".into()];
    assert!(matches!(dispatch.request(gpu), Answer::Queued));
    let waiting = dispatch.waiting(RunId(1), StepNo(1));
    assert_eq!(waiting, Some(Waiting::Tags { missing: vec!["gpu".into()] }));
}

#[test]
fn a_withdrawn_request_gets_nothing() {
    let dispatch = Dispatch::new(1, vec![]);
    let first = granted(dispatch.request(request(1, None).0));
    let (second, mut inbox) = request(2, None);
    assert!(matches!(dispatch.request(second), Answer::Queued));
    assert!(dispatch.withdraw(RunId(2), StepNo(1)));
    drop(first);
    assert!(slot_of(&mut inbox).is_none());
    granted(dispatch.request(request(3, None).0));
}

#[test]
fn a_slot_for_somebody_who_is_gone_goes_to_the_next() {
    let dispatch = Dispatch::new(1, vec![]);
    let first = granted(dispatch.request(request(1, None).0));
    let (gone, inbox) = request(2, None);
    assert!(matches!(dispatch.request(gone), Answer::Queued));
    drop(inbox);
    let (third, mut inbox) = request(3, None);
    assert!(matches!(dispatch.request(third), Answer::Queued));
    drop(first);
    assert!(slot_of(&mut inbox).is_some());
}

proptest! {
    /// Random requests and releases: limits hold, and nobody who fits is left waiting.
    #[test]
    fn limits_hold_and_no_slot_is_wasted(
        moves in prop::collection::vec((any::<bool>(), 0_u8..3, 0_usize..8), 1..60),
    ) {
        let dispatch = Dispatch::new(3, vec![]);
        let mut held: HashMap<u128, (Slot, u8)> = HashMap::new();
        let mut queued: HashMap<u128, (Inbox, u8)> = HashMap::new();
        for (id, (ask, key, pick)) in (1_u128..).zip(moves) {
            if ask {
                let name = format!("key{key}");
                // Key 0 means none.
                let concurrency = (key > 0).then_some((name.as_str(), u32::from(key), ConcurrencyPolicy::Queue));
                let (request, inbox) = request(id, concurrency);
                match dispatch.request(request) {
                    Answer::Granted(slot) => { held.insert(id, (slot, key)); }
                    Answer::Queued => { queued.insert(id, (inbox, key)); }
                    answer => prop_assert!(false, "{:?}", answer),
                }
            } else if let Some(id) = held.keys().copied().nth(pick) {
                held.remove(&id);
            }
            let ids: Vec<u128> = queued.keys().copied().collect();
            for id in ids {
                if let Some(slot) = queued.get_mut(&id).and_then(|(inbox, _)| slot_of(inbox)) {
                    let key = queued.remove(&id).map_or(0, |(_, key)| key);
                    held.insert(id, (slot, key));
                }
            }
            prop_assert!(held.len() <= 3);
            let of_key = |key: u8| held.values().filter(|(_, k)| *k == key).count();
            prop_assert!(of_key(1) <= 1 && of_key(2) <= 2);
            let fits = |key: u8| key == 0 || of_key(key) < usize::from(key);
            let wasted = held.len() < 3 && queued.values().any(|(_, key)| fits(*key));
            prop_assert!(!wasted, "a slot is free and somebody fits");
        }
    }
}
