//! What is sent, and what comes of it.

use std::time::Duration;

use tenon_sdk::Notifier as _;
use tenon_sdk::envelope::notifier::{Level, Message};
use tenon_sdk::testing::{self, http::Canned};

use super::Ntfy;

fn message(recipients: &[&str]) -> Message {
    Message {
        id: "m1".into(),
        subject: "ci #7 failed".into(),
        text: "step test: exit code 1".into(),
        level: Level::Error,
        recipients: recipients.iter().map(|&name| name.into()).collect(),
        ..Message::default()
    }
}

/// Puts answers in place, and sends.
fn send(
    message: Message,
    answers: &[u16],
) -> tenon_sdk::Result<tenon_sdk::envelope::notifier::Sent> {
    testing::reset();
    testing::with(|host| {
        host.config = serde_json::json!({
            "server": "https://ntfy.example/", "topic": "ci", "token": "secret:NTFY",
        });
        host.answers.extend(answers.iter().map(|&status| Canned::new(status, "")));
    });
    Ntfy::send(message)
}

#[test]
fn a_message_goes_to_the_configured_topic_with_a_reference_to_the_token() {
    let sent = send(message(&[]), &[200]).unwrap();
    assert_eq!((sent.reference.as_str(), sent.failed.len()), ("m1", 0));
    testing::with(|host| {
        let [request] = &host.sent[..] else { panic!("one request") };
        assert_eq!(request.url, "https://ntfy.example/ci");
        assert_eq!(request.body, b"step test: exit code 1");
        for header in [
            ("priority", "5"),
            ("title", "ci #7 failed"),
            ("authorization", "Bearer ((secret:NTFY))"),
        ] {
            assert!(request.headers.contains(&(header.0.into(), header.1.into())), "{header:?}");
        }
    });
}

#[test]
fn a_busy_server_is_tried_again_while_nobody_got_the_message() {
    let err = send(message(&["a", "b"]), &[503]).unwrap_err();
    assert_eq!(err.retry_after, Some(Duration::from_secs(30)));
    let sent = send(message(&["a", "b"]), &[200, 503]).unwrap();
    assert!(sent.failed["b"].contains("answered with 503"), "{sent:?}");
}
