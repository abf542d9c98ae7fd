use std::sync::Arc;

use kernel_model::attempt::{AttemptEnd, AttemptEvent, Lease, Why};
use kernel_model::event::{Event, Node, Recorded, StepNo};
use kernel_model::id::RunId;
use kernel_model::name::StepPath;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use super::{events_read, events_write};
use crate::store::StoreError;

const RUN: RunId = RunId(7);

fn text() -> impl Strategy<Value = Arc<str>> {
    any::<String>().prop_map(Into::into)
}

fn time() -> impl Strategy<Value = Time> {
    any::<u64>().prop_map(Time)
}

fn run() -> impl Strategy<Value = RunId> {
    any::<u128>().prop_map(RunId)
}

fn step() -> impl Strategy<Value = StepNo> {
    any::<u32>().prop_map(StepNo)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    (0..Outcome::ALL.len()).prop_map(|i| Outcome::ALL[i])
}

fn why() -> impl Strategy<Value = Why> {
    prop_oneof![Just(Why::First), Just(Why::Retried), Just(Why::Suspended), Just(Why::Recurred)]
}

fn node() -> impl Strategy<Value = Node> {
    ("[a-z0-9_.:=,+@]{1,8}x(/[a-zäß -]{1,8}y){0,3}", option::of(step()), text(), text()).prop_map(
        |(path, parent, name, kind)| Node {
            path: StepPath::new(&path).unwrap(),
            parent,
            name,
            kind,
        },
    )
}

fn end() -> impl Strategy<Value = AttemptEnd> {
    use AttemptEnd as E;
    prop_oneof![
        text().prop_map(|value| E::Succeeded { value }),
        (text(), any::<bool>(), text()).prop_map(|(message, retryable, value)| E::Failed {
            message,
            retryable,
            value
        }),
        (text(), any::<bool>()).prop_map(|(message, retryable)| E::Errored { message, retryable }),
        Just(E::TimedOut),
        text().prop_map(|by| E::Cancelled { by }),
        text().prop_map(|message| E::Abandoned { message }),
        Just(E::Skipped),
        (run(), text()).prop_map(|(from, value)| E::Cached { from, value }),
        run().prop_map(|to| E::Deferred { to }),
        time().prop_map(|until| E::Suspended { until }),
        time().prop_map(|at| E::Recurred { at }),
        run().prop_map(|run| E::Spawned { run }),
    ]
}

fn attempt_event() -> impl Strategy<Value = AttemptEvent> {
    use AttemptEvent as E;
    prop_oneof![
        (any::<u64>(), text(), option::of(time())).prop_map(|(token, holder, until)| E::Assigned {
            lease: Lease { token, holder, until }
        }),
        any::<u64>().prop_map(|token| E::Started { token }),
        (any::<u64>(), vec(any::<u8>(), 0..20))
            .prop_map(|(token, state)| E::MachineSaved { token, state: state.into() }),
        (any::<u64>(), any::<String>())
            .prop_map(|(token, state)| E::MachineSaved { token, state: state.into_bytes().into() }),
        text().prop_map(|by| E::CancelRequested { by }),
        (any::<Option<u64>>(), end()).prop_map(|(token, end)| E::Ended { token, end }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    use Event as E;
    prop_oneof![
        prop_oneof![Just(E::Started), Just(E::Waiting), Just(E::Resumed)],
        text().prop_map(|by| E::CancelRequested { by }),
        (outcome(), option::of(text()))
            .prop_map(|(outcome, message)| E::Ended { outcome, message }),
        (outcome(), option::of(text()))
            .prop_map(|(outcome, message)| E::EndDecided { outcome, message }),
        (step(), node()).prop_map(|(step, node)| E::GroupOpened { step, node }),
        (step(), outcome(), option::of(text()))
            .prop_map(|(step, outcome, message)| E::GroupEnded { step, outcome, message }),
        (step(), node(), text(), text()).prop_map(|(step, node, work, options)| E::StepStarted {
            step,
            node,
            work,
            options
        }),
        (step(), outcome(), option::of(text()), text()).prop_map(
            |(step, outcome, message, value)| E::StepEnded { step, outcome, message, value }
        ),
        (step(), any::<u32>(), why(), time()).prop_map(|(step, attempt, why, not_before)| {
            E::AttemptCreated { step, attempt, why, not_before }
        }),
        (step(), any::<u32>(), attempt_event()).prop_map(|(step, attempt, event)| E::Attempt {
            step,
            attempt,
            event
        }),
        (step(), text()).prop_map(|(step, text)| E::Noted { step, text }),
        (text(), time()).prop_map(|(name, due)| E::TimerSet { name, due }),
        text().prop_map(|name| E::TimerCancelled { name }),
        text().prop_map(|name| E::TimerFired { name }),
        (text(), text()).prop_map(|(query, values)| E::FactsRead { query, values }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(
        events in vec((time(), event()).prop_map(|(at, event)| Recorded { at, event }), 0..12),
    ) {
        let stored = events_write(&events).unwrap();
        prop_assert_eq!(events_read(RUN, &stored).unwrap(), events);
    }
}

/// Reads `stored`, which an earlier version wrote, and expects this version to write the same.
#[track_caller]
fn stays(stored: &str) {
    let events = events_read(RUN, stored).unwrap();
    assert_eq!(events_write(&events).unwrap(), stored);
}

#[test]
fn the_words_on_disk_stay_as_they_are() {
    stays(r#"[[1,"started"],[2,"waiting"],[3,"resumed"],[4,{"cancel-requested":{"by":"ann"}}]]"#);
    stays(
        r#"[[4,{"end-decided":{"outcome":"skipped"}}],[5,{"ended":{"outcome":"timed-out","message":"late"}}]]"#,
    );
    stays(r#"[[1,{"group":{"n":1,"node":{"path":"a","name":"A","kind":"job"}}}]]"#);
    stays(
        r#"[[1,{"step":{"n":2,"node":{"path":"a/b","up":1,"name":"B","kind":"task"},"work":"{}","options":"{}"}}]]"#,
    );
    stays(
        r#"[[1,{"attempt-created":{"n":2,"attempt":1,"why":"first","not_before":0}}],[2,{"attempt":{"n":2,"attempt":1,"is":{"assigned":{"token":1,"holder":"h"}}}}],[3,{"attempt":{"n":2,"attempt":1,"is":{"started":{"token":1}}}}]]"#,
    );
    stays(
        r#"[[1,{"attempt":{"n":2,"attempt":1,"is":{"saved":{"token":1,"state":{"text":"{}"}}}}}],[2,{"attempt":{"n":2,"attempt":1,"is":{"saved":{"token":1,"state":{"base64":"/w=="}}}}}]]"#,
    );
    stays(
        r#"[[1,{"attempt":{"n":2,"attempt":1,"is":{"ended":{"token":1,"end":{"cached":{"from":"run_00000000000000000000000007","value":"1"}}}}}}],[2,{"step-ended":{"n":2,"outcome":"succeeded","value":"1"}}],[3,{"group-ended":{"n":1,"outcome":"failed","message":"m"}}]]"#,
    );
    stays(
        r#"[[1,{"note":{"n":1,"text":"t"}}],[2,{"timer-set":{"name":"t","due":9}}],[3,{"timer-fired":{"name":"t"}}],[4,{"timer-cancelled":{"name":"t"}}],[5,{"facts":{"query":"q","values":"{}"}}]]"#,
    );
}

/// Expects `stored` to be refused for a reason that holds `reason`.
#[track_caller]
fn refused(stored: &str, reason: &str) {
    let err = events_read(RUN, stored).unwrap_err();
    let StoreError::Corrupt { what, reason: found } = err else { panic!("{err}") };
    assert!(what.contains(&RUN.to_string()), "{what}");
    assert!(found.contains(reason), "{found}");
}

#[test]
fn what_makes_no_sense_is_named() {
    refused(r#"[[1,"started"],[2,"flown"]]"#, "unknown variant `flown`");
    refused(r#"[[1,{"ended":{"outcome":"bored"}}]]"#, "\"bored\" is not an outcome");
    refused(r#"[[1,{"group":{"n":1,"node":{"path":"..","name":"","kind":""}}}]]"#, "step path");
    refused(
        r#"[[1,{"attempt":{"n":1,"attempt":1,"is":{"ended":{"end":{"spawned":{"run":"run_7"}}}}}}]]"#,
        "run_7",
    );
    refused(
        r#"[[1,{"attempt":{"n":1,"attempt":1,"is":{"saved":{"token":1,"state":{"base64":"?"}}}}}]]"#,
        "base 64",
    );
    refused("[[1,", "EOF");
}
