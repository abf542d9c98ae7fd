//! Why git did not succeed, in the words of people, with the way out.

use serde_json::Value;
use tenon_sdk::Step;
use tenon_sdk::envelope::machine::{Outcome, ProcessEnded, Status};

use crate::git::Call;
use crate::machine::State;
use crate::source::Source;

/// What git says, and the way out.
const HINTS: [(&str, &str); 15] = [
    ("could not read Username", "give `username` and `password` in the source"),
    ("could not read Password", "give `password` in the source"),
    ("Authentication failed", "check `username` and `password` in the source"),
    ("Permission denied (publickey", "give `private_key` in the source, or check it"),
    ("Load key", "check `private_key` in the source"),
    ("Host key verification failed", "the host's key has changed; check it on the server"),
    ("couldn't find remote ref", "check `branch` in the source"),
    ("does not appear to be a git repository", "check `uri` in the source"),
    ("not found", "check `uri` in the source, and that its credentials may read it"),
    ("does not exist", "check `uri` in the source"),
    ("Could not resolve host", "check `uri` in the source, and the server's name resolution"),
    ("certificate", "check the host's certificate, or set `skip_ssl_verification`"),
    ("dubious ownership", "let the server's user own the repository"),
    ("[rejected]", "others have pushed meanwhile; set `rebase: true` in the params"),
    ("[remote rejected]", "the remote's own rules forbid it; what it said stands in the log"),
];
/// How git shows a branch or tag that was not pushed: others were faster, or the remote forbids it.
const REJECTED: [&str; 2] = ["[rejected]", "[remote rejected]"];

/// Ends the attempt, because `call` ended so.
pub(crate) fn step(source: &Source, call: &Call, ended: &ProcessEnded) -> Step<State> {
    let stderr = ended.stderr.as_deref().unwrap_or_default();
    let rejected = call.verb() == "push" && REJECTED.iter().any(|sign| stderr.contains(sign));
    let conflict = call.verb() == "rebase";
    Step::done(Outcome {
        // The repository said no, or the way to it is broken.
        status: if rejected || conflict { Status::Failed } else { Status::Errored },
        message: Some(message(source, call, ended)),
        retryable: true,
        output: Value::Null,
    })
}

fn message(source: &Source, call: &Call, ended: &ProcessEnded) -> String {
    let stderr = ended.stderr.as_deref().unwrap_or_default();
    let how = match (&ended.signal, ended.code) {
        (Some(signal), _) => format!("was killed by SIG{signal}"),
        (None, Some(code)) => match reason(stderr).filter(|_| !source.has_secret_uri()) {
            Some(reason) => format!("failed: {reason}"),
            None => format!("failed with exit code {code}"),
        },
        (None, None) => "ended, and nobody knows how".to_owned(),
    };
    let mut text = format!("git {} of {} {how}", call.verb(), source.shown_uri());
    if call.verb() == "rebase" {
        text.push_str("; the commits conflict with what others pushed: rebase them by hand");
    } else if let Some((_, way_out)) = HINTS.iter().find(|(sign, _)| stderr.contains(sign)) {
        text.push_str("; ");
        text.push_str(way_out);
    }
    // git repeats the URI as it was given to it.
    text.replace(&source.uri, &source.shown_uri())
}

/// Returns git's own sentence.
fn reason(stderr: &str) -> Option<&str> {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines()
        .find(|line| {
            let rejected = line.strip_prefix("! ").unwrap_or_default();
            line.starts_with("fatal: ") || REJECTED.iter().any(|sign| rejected.starts_with(sign))
        })
        .or_else(|| lines().find(|line| line.starts_with("error: ")))
        .or_else(|| lines().next_back())?;
    let line =
        line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line);
    Some(line.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
