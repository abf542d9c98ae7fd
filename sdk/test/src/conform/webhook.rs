//! What is expected of a webhook plugin.

use kernel_ports::plugin::PluginKind;
use wit_envelope::http::Header;
use wit_envelope::webhook::{Delivery, Receipt};

use super::code::refusal;
use super::{Miss, Outcome, Subject, Suite, hold, said};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("nothing is genuine without a secret", no_secret),
    ("nothing is genuine without a signature", unsigned),
    ("nothing is genuine with a wrong signature", forged),
    ("what is not genuine starts nothing and says why", reason),
    ("a body that is no base64 does no harm", broken),
];

const KIND: PluginKind = PluginKind::Webhook;
/// How providers sign: with all kinds of headers, the same nonsense in each.
const SIGNATURES: [&str; 10] = [
    "x-hub-signature",
    "x-hub-signature-256",
    "x-gitlab-token",
    "x-signature",
    "x-signature-256",
    "x-webhook-signature",
    "x-slack-signature",
    "stripe-signature",
    "x-token",
    "authorization",
];

fn no_secret(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    never(&stage, &delivery(&[], true))?;
    never(&stage, &Delivery { headers: Vec::new(), ..delivery(&[], true) })
}

fn unsigned(subject: &Subject) -> Outcome {
    never(&subject.stage()?, &delivery(&["s3cret"], false))
}

fn forged(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    never(&stage, &delivery(&["s3cret"], true))?;
    never(&stage, &delivery(&["", "s3cret"], true))
}

fn reason(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let delivery = delivery(&["s3cret"], true);
    let receipt = match said(stage.ask::<Receipt>(KIND, "receive", &delivery))? {
        Err(code) => return refusal(KIND, &code),
        Ok(receipt) => receipt,
    };
    hold(!receipt.starts, || "it would start runs".into())?;
    hold(!receipt.code.is_empty(), || "`code` does not say why it is not genuine".into())
}

fn broken(subject: &Subject) -> Outcome {
    let body = "no base64!".to_owned();
    never(&subject.stage()?, &Delivery { body, ..delivery(&["s3cret"], true) })
}

fn never(stage: &Stage, delivery: &Delivery) -> Result<(), Miss> {
    match said(stage.ask::<Receipt>(KIND, "receive", delivery))? {
        Err(code) => refusal(KIND, &code),
        Ok(receipt) => hold(!receipt.genuine, || "it says that the delivery is genuine".into()),
    }
}

fn delivery(secrets: &[&str], signed: bool) -> Delivery {
    let mut headers = vec![Header::new("content-type", "application/json")];
    if signed {
        let forged = "sha256=0000000000000000000000000000000000000000000000000000000000000000";
        headers.extend(SIGNATURES.map(|name| Header::new(name, forged)));
        headers.push(Header::new("x-timestamp", "1767225600"));
    }
    Delivery {
        method: "POST".to_owned(),
        path: "/hooks/conform".to_owned(),
        query: String::new(),
        headers,
        // {}
        body: "e30=".to_owned(),
        now_ms: 1_767_225_600_000,
        secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect(),
    }
}
