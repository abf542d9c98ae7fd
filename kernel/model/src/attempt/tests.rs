use super::*;

fn lease(token: u64) -> Lease {
    Lease { token, holder: "boot_1".into(), until: None }
}

fn pending() -> AttemptState {
    AttemptState::Pending { not_before: Time(0) }
}

fn running(token: u64) -> AttemptState {
    let assigned = pending().on(&AttemptEvent::Assigned { lease: lease(token) }, Time(1));
    let started = assigned.and_then(|s| s.on(&AttemptEvent::Started { token }, Time(2)));
    started.expect("an attempt can be started")
}

fn ended(token: Option<u64>) -> AttemptEvent {
    AttemptEvent::Ended { token, end: AttemptEnd::Succeeded { value: "1".into() } }
}

#[test]
fn a_result_under_a_lost_lease_is_fenced() {
    assert_eq!(running(7).on(&ended(Some(6)), Time(3)), Err(Refusal::Fenced));
    assert_eq!(pending().on(&ended(Some(6)), Time(3)), Err(Refusal::Fenced));
}

#[test]
fn the_first_result_stands() {
    let done = running(7).on(&ended(Some(7)), Time(3)).expect("the holder may end it");
    assert_eq!(done.on(&ended(Some(7)), Time(4)), Err(Refusal::Ended));
}

#[test]
fn nobody_claims_twice() {
    let event = AttemptEvent::Assigned { lease: lease(8) };
    assert_eq!(running(7).on(&event, Time(3)), Err(Refusal::Illegal));
}

#[test]
fn only_some_ends_need_no_lease() {
    assert_eq!(pending().on(&ended(None), Time(3)), Err(Refusal::Illegal));
    let end = AttemptEnd::Cancelled { by: "ann".into() };
    let cancelled = pending().on(&AttemptEvent::Ended { token: None, end: end.clone() }, Time(3));
    assert_eq!(cancelled, Ok(AttemptState::Ended { end }));
}

#[test]
fn the_first_who_cancels_is_named() {
    let ask = |by: &str| AttemptEvent::CancelRequested { by: by.into() };
    let asked = running(7).on(&ask("ann"), Time(3)).and_then(|s| s.on(&ask("bob"), Time(4)));
    let Ok(AttemptState::Running { cancel_by, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!(cancel_by.as_deref(), Some("ann"));
}
