//! What is expected of a gateway.

use kernel_ports::plugin::PluginKind;
use wit_envelope::gateway::{Caller, GatewayRequest};

use super::code::refusal;
use super::{Outcome, Subject, Suite, hold, said};

pub(super) const SUITE: Suite = &[
    ("each method is answered with a status of HTTP", methods),
    ("what is not there is not answered with a success", missing),
    ("bytes that are no text do no harm", bytes),
];

fn methods(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        match said(stage.request(&request(method, "/"), b"{}"))? {
            Err(code) => refusal(PluginKind::Gateway, &code)?,
            Ok((head, _)) => hold((200..600).contains(&head.status), || {
                format!("{method} was answered with the status {}", head.status)
            })?,
        }
    }
    Ok(())
}

fn missing(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let path = "/conform/there-is-nothing-here";
    match said(stage.request(&request("DELETE", path), b""))? {
        Err(code) => refusal(PluginKind::Gateway, &code),
        Ok((head, _)) => hold(head.status >= 400, || {
            format!("DELETE {path} was answered with the status {}", head.status)
        }),
    }
}

fn bytes(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let all: Vec<u8> = (0..=255).cycle().take(64 * 1024).collect();
    match said(stage.request(&request("POST", "/"), &all))? {
        Err(code) => refusal(PluginKind::Gateway, &code),
        Ok(_) => Ok(()),
    }
}

fn request(method: &str, path: &str) -> GatewayRequest {
    GatewayRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        base_url: "https://ci.example.com/gateway".to_owned(),
        caller: Caller { kind: "user".to_owned(), name: "conform".to_owned(), ..Caller::default() },
        ..GatewayRequest::default()
    }
}
