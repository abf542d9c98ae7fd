//! What is expected of a launcher.

use kernel_ports::plugin::{Effect, MachineInput, MachineStep, PluginKind};
use serde_json::{Value, json};
use wit_envelope::launch::Launched;
use wit_envelope::machine::Status;

use super::code::refusal;
use super::machine::{event, goes_on, refuses_foreign_state};
use super::{Miss, Outcome, Subject, Suite, fail, good, hold, reached, skip};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("a command is started, or waited for", starts),
    ("exit code 0 is a success, another one a failure, and both say the code", ends),
    ("a program that cannot be started is an end, not a wait", refused),
    ("what it cannot know changes nothing", unknown),
    ("a state of others is refused", foreign),
];

const KIND: PluginKind = PluginKind::Launcher;

fn starts(subject: &Subject) -> Outcome {
    let step = start(&subject.stage()?)?;
    hold(step.done.is_some() || !step.effects.is_empty() || step.wake_after_ms.is_some(), || {
        "it waits, but nothing would ever wake it".into()
    })
}

fn ends(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for code in [0, 3] {
        let step = start(&stage)?;
        let handle = process(&step)?;
        let data = json!({"code": code, "elapsedMs": 5}).to_string();
        let end = stage.step(KIND, event(&step.state, "process-ended", Some(handle), &data))?;
        let Some(outcome) = end.done else {
            return Err(fail("it waits on after the end of its process"));
        };
        let want = if code == 0 { Status::Succeeded } else { Status::Failed };
        hold(outcome.status == want, || format!("exit code {code} is {:?}", outcome.status))?;
        let launched: Launched = serde_json::from_value(outcome.output)
            .map_err(|err| fail(format!("the output is no `launched.json`: {err}")))?;
        hold(launched.code == code, || format!("exit code {code} is given as {}", launched.code))?;
    }
    Ok(())
}

fn refused(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let step = start(&stage)?;
    let handle = process(&step)?;
    let data = json!({"code": "not-found", "message": "there is no program \"true\""}).to_string();
    match super::said(stage.step(KIND, event(&step.state, "process-refused", Some(handle), &data)))?
    {
        Err(code) => refusal(KIND, &code),
        Ok(step) => match step.done {
            None => Err(fail("it waits on for a process that never started")),
            Some(outcome) => hold(outcome.status != Status::Succeeded, || {
                "it takes a program that never started for a success".into()
            }),
        },
    }
}

fn unknown(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let step = start(&stage)?;
    goes_on(&stage, KIND, &step)
}

fn foreign(subject: &Subject) -> Outcome {
    refuses_foreign_state(&subject.stage()?, KIND)
}

fn start(stage: &Stage) -> Result<MachineStep, Miss> {
    // Some launchers need an image, and others refuse one.
    let plain = json!({"command": {"path": "true"}});
    let imaged = json!({"command": {"path": "true"}, "image": {"reference": "busybox"}});
    let launch = |spec: &Value| stage.step(KIND, MachineInput::Launch { spec: spec.to_string() });
    match reached(launch(&plain))? {
        Ok(step) => Ok(step),
        Err(_) => good("the start", launch(&imaged)),
    }
}

/// Returns the process that a step has asked for.
fn process(step: &MachineStep) -> Result<&str, Miss> {
    let mut handles = step.effects.iter().filter_map(|effect| match effect {
        Effect::ProcessStart(command) => Some(command.handle.as_str()),
        Effect::ProcessSignal { .. } => None,
    });
    handles.next_back().ok_or_else(|| skip("it starts no process of the host"))
}
