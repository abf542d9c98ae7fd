//! How a message reaches people: here, by a request to an address.

use serde_json::json;
use tenon_sdk::envelope::notifier::{Message, Sent};
use tenon_sdk::http::Request;
use tenon_sdk::{Error, Notifier, Result};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// The host is that of the manifest's request for `http`.
const ADDRESS: &str = "https://hooks.example.org/messages";

impl Notifier for Plugin {
    fn send(message: Message) -> Result<Sent> {
        let body = json!({ "id": message.id, "subject": message.subject, "text": message.text });
        let response = Request::post(ADDRESS).json(&body)?.send()?;
        match response.status() {
            200..=299 => Ok(Sent {
                reference: message.id,
                ..Sent::default()
            }),
            status @ (429 | 500..=599) => Err(Error::unavailable(format!(
                "{ADDRESS} answers {status}; it is tried again"
            ))),
            status => Err(Error::invalid(format!(
                "{ADDRESS} refuses the message with {status}"
            ))),
        }
    }
}

tenon_sdk::export_notifier!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Notifier as _;
    use tenon_sdk::envelope::notifier::Message;
    use tenon_sdk::testing::{self, http::Canned};

    use super::{ADDRESS, Plugin};

    fn send(status: u16) -> Result<(), String> {
        testing::with(|host| host.answers.push_back(Canned::new(status, "")));
        let message = Message {
            id: "m1".to_owned(),
            ..Message::default()
        };
        Plugin::send(message).map(|_| ()).map_err(|err| err.code)
    }

    #[test]
    fn a_message_is_sent_once_and_tried_again_when_that_can_help() {
        assert_eq!(send(204), Ok(()));
        assert_eq!(send(503), Err("unavailable".to_owned()));
        assert_eq!(send(400), Err("invalid".to_owned()));
        testing::with(|host| assert!(host.sent.iter().all(|sent| sent.url == ADDRESS)));
    }
}
