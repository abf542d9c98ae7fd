//! Random histories: whatever is thrown at a run, it stays sound.

use proptest::prelude::*;

use super::*;
use crate::attempt::{AttemptEnd, Lease, Why};

/// Something that may or may not make sense.
fn event() -> impl Strategy<Value = Event> {
    let step = (1_u32..4).prop_map(StepNo);
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    prop_oneof![
        1 => Just(Event::Started),
        1 => Just(Event::Waiting),
        1 => Just(Event::Resumed),
        1 => Just(Event::CancelRequested { by: "ann".into() }),
        1 => outcome.clone().prop_map(|outcome| Event::Ended { outcome, message: None }),
        1 => outcome.clone().prop_map(|outcome| Event::EndDecided { outcome, message: None }),
        1 => (step.clone(), 0_u8..6, prop::option::of(step.clone())).prop_map(|(step, path, parent)| {
            Event::GroupOpened { step, node: node(path, parent) }
        }),
        1 => (step.clone(), outcome.clone()).prop_map(|(step, outcome)| Event::GroupEnded {
            step,
            outcome,
            message: None
        }),
        1 => (step.clone(), 0_u8..6, prop::option::of(step.clone())).prop_map(|(step, path, parent)| {
            let (work, options) = ("{}".into(), "{}".into());
            Event::StepStarted { step, node: node(path, parent), work, options }
        }),
        1 => (step.clone(), outcome).prop_map(|(step, outcome)| {
            Event::StepEnded { step, outcome, message: None, value: "1".into() }
        }),
        4 => (step.clone(), 1_u32..3).prop_map(|(step, attempt)| {
            Event::AttemptCreated { step, attempt, why: Why::First, not_before: Time(0) }
        }),
        1 => (step, 1_u32..4, attempt_event()).prop_map(|(step, attempt, event)| Event::Attempt {
            step,
            attempt,
            event
        }),
        1 => Just(Event::TimerSet { name: "t".into(), due: Time(9) }),
        1 => Just(Event::TimerFired { name: "t".into() }),
        1 => Just(Event::TimerCancelled { name: "t".into() }),
    ]
}

fn attempt_event() -> impl Strategy<Value = AttemptEvent> {
    let token = 1_u64..3;
    let end = prop_oneof![
        Just(AttemptEnd::Succeeded { value: "1".into() }),
        Just(AttemptEnd::TimedOut),
        Just(AttemptEnd::Cancelled { by: "ann".into() }),
        Just(AttemptEnd::Abandoned { message: "gone".into() }),
        Just(AttemptEnd::Suspended { until: Time(5) }),
        Just(AttemptEnd::Spawned { run: crate::id::RunId(1) }),
    ];
    prop_oneof![
        token.clone().prop_map(|token| AttemptEvent::Assigned {
            lease: Lease { token, holder: "boot".into(), until: None }
        }),
        token.clone().prop_map(|token| AttemptEvent::Started { token }),
        token.clone().prop_map(|token| AttemptEvent::MachineSaved { token, state: [1][..].into() }),
        Just(AttemptEvent::CancelRequested { by: "ann".into() }),
        (prop::option::of(token), end).prop_map(|(token, end)| AttemptEvent::Ended { token, end }),
    ]
}

fn node(path: u8, parent: Option<StepNo>) -> Node {
    let path = StepPath::new(&format!("p{path}")).expect("a good path");
    Node { path, parent, name: "n".into(), kind: "task".into() }
}

/// Applies what can be applied; returns the accepted history and the run.
fn drive(events: Vec<Event>) -> (Vec<Recorded>, Run) {
    let (mut run, mut history) = (Run::default(), vec![]);
    let first = [
        Event::Started,
        Event::StepStarted {
            step: StepNo(1),
            node: node(0, None),
            work: "{}".into(),
            options: "{}".into(),
        },
    ];
    for (at, event) in (1..).zip(first.into_iter().chain(events)) {
        let recorded = Recorded { at: Time(at), event };
        let before = run.clone();
        match run.on(&recorded) {
            Ok(()) => history.push(recorded),
            Err(_) => assert_eq!(run, before, "a refused event changed the run"),
        }
    }
    (history, run)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_replayed_history_gives_the_same_run(events in prop::collection::vec(event(), 0..80)) {
        let (history, run) = drive(events);
        prop_assert_eq!(Run::replay(&history), Ok(run));
    }

    #[test]
    fn no_step_is_lost_and_none_ends_twice(events in prop::collection::vec(event(), 0..80)) {
        let (history, run) = drive(events);
        let count = |pick: fn(&Event) -> Option<StepNo>| {
            let mut numbers: Vec<_> = history.iter().filter_map(|r| pick(&r.event)).collect();
            let all = numbers.len();
            numbers.sort();
            numbers.dedup();
            (all, numbers.len())
        };
        let started = count(|event| match event {
            Event::GroupOpened { step, .. } | Event::StepStarted { step, .. } => Some(*step),
            _ => None,
        });
        let ended = count(|event| match event {
            Event::GroupEnded { step, .. } | Event::StepEnded { step, .. } => Some(*step),
            _ => None,
        });
        prop_assert_eq!(started.0, run.steps.len());
        prop_assert_eq!(started.0, started.1);
        prop_assert_eq!(ended.0, ended.1);
        let closed = run.steps.iter().filter(|step| step.outcome().is_some()).count();
        prop_assert_eq!(ended.0, closed);
        if run.outcome().is_some() {
            prop_assert_eq!(closed, run.steps.len(), "a run ended over an open step");
        }
    }

    #[test]
    fn an_attempt_has_one_holder_and_one_end(events in prop::collection::vec(event(), 0..80)) {
        let (history, run) = drive(events);
        for step in &run.steps {
            let Some(work) = &step.work else { continue };
            let open = work.attempts.iter().filter(|a| a.state.end().is_none()).count();
            prop_assert!(open <= 1, "two attempts of one step at the same time");
            for attempt in &work.attempts {
                let of_it = |want: fn(&AttemptEvent) -> bool| history.iter().filter(|r| matches!(
                    &r.event,
                    Event::Attempt { step: s, attempt: a, event }
                        if *s == step.no && *a == attempt.number && want(event)
                )).count();
                let assigned = of_it(|event| matches!(event, AttemptEvent::Assigned { .. }));
                let ended = of_it(|event| matches!(event, AttemptEvent::Ended { .. }));
                prop_assert!(assigned <= 1 && ended <= 1, "{assigned} holders, {ended} ends");
            }
        }
    }

    #[test]
    fn nothing_follows_the_end(events in prop::collection::vec(event(), 0..80)) {
        let (history, _) = drive(events);
        let end = history.iter().position(|r| matches!(r.event, Event::Ended { .. }));
        prop_assert!(end.is_none_or(|at| at + 1 == history.len()));
    }
}

/// A sensible life, so that the random ones above are not the only evidence.
#[test]
fn a_step_is_retried_and_its_run_succeeds() {
    let (no, token) = (StepNo(1), 1);
    let lease = |token| Lease { token, holder: "boot".into(), until: None };
    let attempt = |attempt, event| Event::Attempt { step: no, attempt, event };
    let created =
        |attempt, why| Event::AttemptCreated { step: no, attempt, why, not_before: Time(0) };
    let failed =
        AttemptEnd::Failed { message: "exit code 1".into(), retryable: true, value: "{}".into() };
    let events = vec![
        created(1, Why::First),
        attempt(1, AttemptEvent::Assigned { lease: lease(token) }),
        attempt(1, AttemptEvent::Started { token }),
        attempt(1, AttemptEvent::Ended { token: Some(token), end: failed }),
        created(2, Why::Retried),
        Event::Waiting,
        Event::Resumed,
        attempt(2, AttemptEvent::Assigned { lease: lease(2) }),
        attempt(2, AttemptEvent::Started { token: 2 }),
        attempt(
            2,
            AttemptEvent::Ended {
                token: Some(2),
                end: AttemptEnd::Succeeded { value: "7".into() },
            },
        ),
        Event::StepEnded {
            step: no,
            outcome: Outcome::Succeeded,
            message: None,
            value: "7".into(),
        },
        Event::Ended { outcome: Outcome::Succeeded, message: None },
    ];
    let wanted = events.len() + 2;
    let (history, run) = drive(events);
    assert_eq!(history.len(), wanted);
    assert_eq!(run.outcome(), Some(Outcome::Succeeded));
    assert_eq!(run.step(no).map(Step::tried).map(|tried| tried.ended), Some(1));
}
