//! What is expected of an identity provider.

use kernel_ports::plugin::PluginKind;
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

use super::code::refusal;
use super::{Miss, Outcome, Subject, Suite, fail, good, hold, said};
use crate::network::Recorded;

pub(super) const SUITE: Suite = &[
    ("the browser is sent to a URL with state, challenge and redirect", authorize),
    ("a provider that does not answer lets nobody in", unreachable),
    ("a provider that refuses lets nobody in", refused),
    ("an answer that says nothing lets nobody in", nothing),
];

const KIND: PluginKind = PluginKind::Identity;

fn authorize(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let request = Authorize {
        redirect_uri: "https://ci.example.com/callback?a=b&c".to_owned(),
        state: "st&te #1".to_owned(),
        code_challenge: "CHALLENGE".to_owned(),
        nonce: "nonce".to_owned(),
        login_hint: None,
    };
    let Redirect { url } = good("the request", stage.ask(KIND, "authorize", &request))?;
    let is_local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    hold(url.starts_with("https://") || is_local.iter().any(|here| url.starts_with(here)), || {
        format!("{url:?} is not https")
    })?;
    hold(!url.contains("st&te") && !url.contains(' ') && !url.contains('#'), || {
        format!("the state is not encoded in {url}")
    })?;
    for part in ["CHALLENGE", "S256", "ci.example.com", "st%26te"] {
        hold(url.contains(part), || format!("{part:?} is not in {url}"))?;
    }
    hold(!url.contains("callback?a=b&c"), || format!("the redirect is not encoded in {url}"))
}

fn unreachable(subject: &Subject) -> Outcome {
    nobody(subject, None)
}

fn refused(subject: &Subject) -> Outcome {
    for status in [400, 401, 500] {
        let body = "{\"error\":\"invalid_grant\"}";
        nobody(subject, Some(Recorded::new("*", "").status(status).body(body)))?;
    }
    // Some providers refuse with 200.
    nobody(subject, Some(Recorded::new("*", "").body("{\"error\":\"bad_verification_code\"}")))
}

fn nothing(subject: &Subject) -> Outcome {
    for body in ["", "{}", "null", "<html></html>"] {
        nobody(subject, Some(Recorded::new("*", "").body(body)))?;
    }
    Ok(())
}

fn nobody(subject: &Subject, recorded: Option<Recorded>) -> Result<(), Miss> {
    let builder = subject.builder();
    let stage = match recorded {
        Some(recorded) => builder.answer(recorded).build()?,
        None => builder.build()?,
    };
    let request = Exchange {
        code: "code".to_owned(),
        code_verifier: "verifier".to_owned(),
        nonce: "nonce".to_owned(),
        redirect_uri: "https://ci.example.com/callback".to_owned(),
        now_ms: 1_767_225_600_000,
    };
    match said(stage.ask::<Claims>(KIND, "exchange", &request))? {
        Err(code) => refusal(KIND, &code),
        Ok(claims) => Err(fail(format!("it let in {:?}", claims.subject))),
    }
}
