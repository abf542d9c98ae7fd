//! What is expected of a notifier.

use kernel_ports::plugin::{PluginError, PluginKind};
use wit_envelope::notifier::{Message, Sent};

use super::code::refusal;
use super::{Miss, Outcome, Subject, Suite, fail, hold, said, skip};
use crate::network::Recorded;
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("what cannot be reached may be tried again", unreachable),
    ("a receiver that is down may be tried again", down),
    ("a receiver that refuses is an error", refused),
    ("no secret of its configuration is in an error", quiet),
];

const KIND: PluginKind = PluginKind::Notifier;

fn unreachable(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    match send(&stage) {
        Ok(_) if stage.sent().is_empty() => Err(skip("it reaches people by other ways than HTTP")),
        Ok(_) => Err(fail("it says that the message was sent")),
        Err(err) => retried(&err),
    }
}

fn down(subject: &Subject) -> Outcome {
    let stage = answered(subject, 503)?;
    match send(&stage) {
        Ok(_) if stage.sent().is_empty() => Err(skip("it reaches people by other ways than HTTP")),
        Ok(_) => Err(fail("it took 503 for a success")),
        Err(err) => retried(&err),
    }
}

fn refused(subject: &Subject) -> Outcome {
    let stage = answered(subject, 403)?;
    let result = said(send(&stage))?;
    if stage.sent().is_empty() {
        return Err(skip("it reaches people by other ways than HTTP"));
    }
    match result {
        Err(code) => refusal(KIND, &code),
        Ok(_) => Err(fail("it took 403 for a success")),
    }
}

fn quiet(subject: &Subject) -> Outcome {
    let stage = answered(subject, 500)?;
    let Err(err) = send(&stage) else { return Ok(()) };
    let text = err.to_string();
    for sent in stage.sent() {
        for (name, value) in sent.headers {
            let is_secret = name.eq_ignore_ascii_case("authorization") && value.len() > 8;
            hold(!is_secret || !text.contains(&value), || {
                format!("the error repeats the header {name}")
            })?;
        }
    }
    Ok(())
}

fn answered(subject: &Subject, status: u16) -> Result<Stage, Miss> {
    Ok(subject.builder().answer(Recorded::new("*", "").status(status)).build()?)
}

fn retried(err: &PluginError) -> Outcome {
    hold(err.is_retryable(), || format!("it says that trying again cannot help: {err}"))
}

fn send(stage: &Stage) -> Result<Sent, PluginError> {
    let message = Message {
        id: "conform-1".to_owned(),
        subject: "Conformance".to_owned(),
        text: "Nobody gets this.".to_owned(),
        recipients: vec!["nobody".to_owned()],
        ..Message::default()
    };
    stage.ask(KIND, "send", &message)
}
