//! What is expected of a language.

use std::collections::BTreeMap;

use kernel_ports::plugin::{Driven, PluginKind};
use wit_envelope::language::{RunEvent, RunFacts, RunInput};

use super::code::refusal;
use super::{Miss, Outcome, Subject, Suite, hold, said, skip};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("it says by which names of files it is chosen", patterns),
    ("each source gives a plan, or says what is wrong", sources),
    ("the same source gives the same plan", same_plan),
    ("the same events give the same commands", same_commands),
    ("an answer to what was never asked does no harm", unasked),
    ("a state of others is refused", foreign),
];

/// Sources that one language or another takes.
const SOURCES: [&str; 8] = [
    "",
    "\0",
    "{}",
    "true\n",
    "jobs: [",
    "jobs:\n- name: a\n  plan: []\n",
    "export const pipeline = async () => {};\n",
    "a: &a [*a]",
];

fn patterns(subject: &Subject) -> Outcome {
    hold(!subject.manifest.patterns.is_empty(), || "`patterns` lists none".into())
}

fn sources(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for source in SOURCES {
        let compiled = match said(stage.compile(source))? {
            Err(code) => {
                refusal(PluginKind::Language, &code)?;
                continue;
            }
            Ok(compiled) => compiled,
        };
        for remark in &compiled.diagnostics {
            hold(!remark.message.is_empty() && !remark.code.is_empty(), || {
                format!("a remark on {source:?} has no message or no code")
            })?;
        }
    }
    Ok(())
}

fn same_plan(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for source in SOURCES {
        let plan = || -> Result<_, Miss> {
            Ok(said(stage.compile(source))?
                .map(|compiled| (compiled.compiled, compiled.diagnostics)))
        };
        hold(plan()? == plan()?, || format!("{source:?} gives two plans"))?;
    }
    Ok(())
}

fn same_commands(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let program = program(&stage)?;
    let drive = || -> Result<Result<Driven, String>, Miss> {
        said(stage.drive(&program, &[], vec![started()]))
    };
    let one = drive()?.map(|driven| (driven.state, driven.commands));
    stage.clock().pass(60_000);
    let two = drive()?.map(|driven| (driven.state, driven.commands));
    hold(one == two, || "a replay a minute later gives other commands or another state".into())
}

fn unasked(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let program = program(&stage)?;
    let Ok(first) = said(stage.drive(&program, &[], vec![started()]))? else { return Ok(()) };
    let events = vec![
        RunEvent::Timer { name: "never-set".to_owned() },
        RunEvent::Facts { query: "never-asked".to_owned(), values: BTreeMap::new() },
    ];
    said(stage.drive(&program, &first.state, events)).map(|_| ())
}

fn foreign(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let program = program(&stage)?;
    let driven = said(stage.drive(&program, b"\xff no state", vec![started()]))?;
    hold(driven.is_err(), || "bytes that it never wrote were read as its state".into())
}

/// Returns the program of the first source that is taken.
fn program(stage: &Stage) -> Result<String, Miss> {
    for source in SOURCES {
        if let Ok(compiled) = said(stage.compile(source))?
            && let Some(compiled) = compiled.compiled
        {
            return Ok(compiled.program);
        }
    }
    Err(skip("it takes none of the sources that the suite knows"))
}

fn started() -> RunEvent {
    let run = RunFacts { id: "run_test".to_owned(), number: 1, ..RunFacts::default() };
    RunEvent::Started { run, input: RunInput::default() }
}
