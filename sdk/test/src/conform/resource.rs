//! What is expected of a resource.

use kernel_ports::plugin::{MachineInput, MachineStep, PluginKind};
use serde_json::json;
use wit_envelope::machine::Status;
use wit_envelope::resource::{Checked, Operation};

use super::code::refusal;
use super::machine::{goes_on, refuses_foreign_state};
use super::{Miss, Outcome, Subject, Suite, fail, hold, said};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("a check gives versions, waits, or says what is wrong", checks),
    ("the same check gives the same versions", same),
    ("a get without a volume is refused", no_volume),
    ("what it cannot know changes nothing", unknown),
    ("a state of others is refused", foreign),
];

const KIND: PluginKind = PluginKind::Resource;

fn checks(subject: &Subject) -> Outcome {
    let step = match check(&subject.stage()?)? {
        Err(code) => return refusal(KIND, &code),
        Ok(step) => step,
    };
    let Some(outcome) = step.done else {
        return hold(!step.effects.is_empty() || step.wake_after_ms.is_some(), || {
            "it waits, but nothing would ever wake it".into()
        });
    };
    if outcome.status != Status::Succeeded {
        return hold(outcome.message.is_some(), || "it does not say what is wrong".into());
    }
    serde_json::from_value::<Checked>(outcome.output)
        .map(|_| ())
        .map_err(|err| fail(format!("the output is no `resource-checked.json`: {err}")))
}

fn same(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let versions = |step: Result<MachineStep, String>| step.ok()?.done.map(|done| done.output);
    let (one, two) = (versions(check(&stage)?), versions(check(&stage)?));
    hold(one == two, || format!("it gave {one:?}, then {two:?}"))
}

fn no_volume(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let request = json!({"source": {}, "version": {"ref": "1"}}).to_string();
    let input = MachineInput::Resource { operation: Operation::Get, request };
    match said(stage.step(KIND, input))? {
        Err(code) => refusal(KIND, &code),
        Ok(step) => hold(step.done.is_none_or(|done| done.status != Status::Succeeded), || {
            "it succeeds without a place to put anything".into()
        }),
    }
}

fn unknown(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    match check(&stage)? {
        Ok(step) => goes_on(&stage, KIND, &step),
        Err(_) => Ok(()),
    }
}

fn foreign(subject: &Subject) -> Outcome {
    refuses_foreign_state(&subject.stage()?, KIND)
}

/// Checks with an empty source, which some resources refuse.
fn check(stage: &Stage) -> Result<Result<MachineStep, String>, Miss> {
    let request = json!({"source": {}}).to_string();
    said(stage.step(KIND, MachineInput::Resource { operation: Operation::Check, request }))
}
