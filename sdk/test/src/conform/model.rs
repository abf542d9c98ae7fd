//! What is expected of a model.

use kernel_ports::plugin::PluginKind;
use serde_json::json;
use wit_envelope::model::{ChatPiece, ChatRequest, ChatStep, Message, Models, Part, Role};

use super::code::refusal;
use super::{Outcome, Subject, Suite, fail, good, hold, reached, said, skip};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("it lists models with names", models),
    ("a chat gives a request to send, or an answer", chat),
    ("a response that is no success ends the chat with an error", refused),
    ("the end of a response ends the chat", ended),
    ("the same chat gives the same request", same),
];

const KIND: PluginKind = PluginKind::Model;

fn models(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let models: Models = good("the list", stage.ask(KIND, "models", &json!({})))?;
    hold(!models.models.is_empty(), || "it lists none".into())?;
    hold(models.models.iter().all(|model| !model.name.is_empty()), || {
        "it lists one without a name".into()
    })
}

fn chat(subject: &Subject) -> Outcome {
    let step = begin(&subject.stage()?)?;
    let Some(send) = &step.send else {
        return hold(step.done.is_some(), || "it gives neither a request nor an answer".into());
    };
    hold(step.done.is_none(), || "it gives both a request and an answer".into())?;
    hold(send.url.starts_with("http"), || format!("{:?} is no URL", send.url))?;
    hold(!send.method.is_empty(), || "the request has no method".into())?;
    let host = send.url.split('/').nth(2).unwrap_or_default();
    let wishes = || {
        let http = subject.manifest.requests.iter().filter(|wish| wish.capability == "http");
        http.flat_map(|wish| &wish.parameters)
    };
    hold(wishes().any(|wish| wish.contains(host) || wish.contains('*')), || {
        format!("it wants a request sent to {host}, but `requests` does not ask for that host")
    })
}

fn refused(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let state = asked(&stage)?;
    for status in [401, 429, 500] {
        let (text, last) = ("{}".to_owned(), true);
        let piece = ChatPiece { state: state.clone(), status, text, last, ..ChatPiece::default() };
        match said(stage.ask::<ChatStep>(KIND, "more", &piece))? {
            Err(code) => refusal(KIND, &code)?,
            Ok(step) => {
                return Err(fail(format!("{status} was taken for an answer: {step:?}")));
            }
        }
    }
    Ok(())
}

fn ended(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let state = asked(&stage)?;
    let piece = ChatPiece { state, status: 200, last: true, ..ChatPiece::default() };
    match said(stage.ask::<ChatStep>(KIND, "more", &piece))? {
        // A response that is empty may as well be an error.
        Err(code) => refusal(KIND, &code),
        Ok(step) => hold(step.done.is_some() || step.send.is_some(), || {
            "after the last piece it neither ends nor asks for more".into()
        }),
    }
}

fn same(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let (one, two) = (begin(&stage)?, begin(&stage)?);
    hold(one.send == two.send, || "two calls give two requests".into())
}

fn begin(stage: &Stage) -> Result<ChatStep, super::Miss> {
    let part = Part::Text { text: "Say hello.".to_owned() };
    let message = Message { role: Role::User, parts: vec![part] };
    let request = ChatRequest { messages: vec![message], ..ChatRequest::default() };
    reached(stage.ask(KIND, "chat", &request))?
        .map_err(|code| fail(format!("the chat was refused with {code:?}")))
}

/// Returns the state with which a chat waits for a response.
fn asked(stage: &Stage) -> Result<String, super::Miss> {
    let step = begin(stage)?;
    match step.send {
        Some(_) => Ok(step.state),
        None => Err(skip("it answers without a request")),
    }
}
