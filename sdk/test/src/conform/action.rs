//! What is expected of actions.

use kernel_ports::plugin::{MachineInput, PluginKind};

use super::code::refusal;
use super::machine::{goes_on, refuses_foreign_state};
use super::{Outcome, Subject, Suite, fail, hold, said};

pub(super) const SUITE: Suite = &[
    ("a function that is not there is `not-found`", missing),
    ("each function has a summary and schemas", described),
    ("each function answers an empty input with a result or an error", answers),
    ("what it cannot know changes nothing", unknown),
    ("a state of others is refused", foreign),
];

const KIND: PluginKind = PluginKind::Action;

fn missing(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    match said(stage.step(KIND, call("there-is-no-such-function")))? {
        Err(code) if code == "not-found" => Ok(()),
        Err(code) => Err(fail(format!("the code is {code:?}"))),
        Ok(_) => Err(fail("it was called")),
    }
}

fn described(subject: &Subject) -> Outcome {
    for action in &subject.manifest.actions {
        let name = &action.name;
        hold(!name.is_empty(), || "one has no name".into())?;
        hold(!action.summary.is_empty(), || format!("{name} has no summary"))?;
        hold(action.input.is_object() && action.output.is_object(), || {
            format!("{name} has no schema of its input or of its output; {{}} accepts anything")
        })?;
    }
    Ok(())
}

fn answers(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for action in &subject.manifest.actions {
        if let Err(code) = said(stage.step(KIND, call(&action.name)))? {
            hold(code != "not-found", || {
                format!("{} is listed, but answers {code:?}", action.name)
            })?;
            refusal(KIND, &code)?;
        }
    }
    Ok(())
}

fn unknown(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for action in &subject.manifest.actions {
        if let Ok(step) = said(stage.step(KIND, call(&action.name)))? {
            goes_on(&stage, KIND, &step)?;
        }
    }
    Ok(())
}

fn foreign(subject: &Subject) -> Outcome {
    refuses_foreign_state(&subject.stage()?, KIND)
}

fn call(name: &str) -> MachineInput {
    MachineInput::Action { name: name.to_owned(), input: "{}".to_owned() }
}
