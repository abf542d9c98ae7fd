//! Sends messages to topics of an ntfy server, which brings them to phones.

use std::time::Duration;

use serde::Deserialize;
use tenon_sdk::envelope::notifier::{Level, Message, Sent};
use tenon_sdk::http::Request;
use tenon_sdk::schemars::{self, JsonSchema};
use tenon_sdk::{Error, Notifier, Result, config};

/// What the operator sets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server, such as `https://ntfy.sh`.
    server: String,
    /// The topic for messages that name no recipient.
    topic: String,
    /// An access token, as a reference: `secret:NAME`.
    #[serde(default)]
    token: Option<String>,
}

/// The notifier.
#[derive(Debug)]
pub struct Ntfy;

impl Notifier for Ntfy {
    fn send(message: Message) -> Result<Sent> {
        let config: Config = config()?;
        let topics = match message.recipients.is_empty() {
            true => vec![config.topic.clone()],
            false => message.recipients.clone(),
        };
        let mut sent = Sent::default();
        for topic in topics {
            if let Err(err) = post(&config, &topic, &message) {
                // Nobody got it yet, so the kernel may try again.
                if sent.reference.is_empty() && err.retry_after.is_some() {
                    return Err(err);
                }
                sent.failed.insert(topic, err.message);
                continue;
            }
            sent.reference = message.id.clone();
        }
        Ok(sent)
    }
}

fn post(config: &Config, topic: &str, message: &Message) -> Result<()> {
    let url = format!("{}/{topic}", config.server.trim_end_matches('/'));
    let mut request = Request::post(&url).header("priority", priority(message.level));
    for (name, value) in [("title", &message.subject), ("click", &message.url)] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    if let Some(token) = config.token.as_deref().and_then(|token| token.strip_prefix("secret:")) {
        // The kernel puts the value in place when the request leaves.
        request = request.header("authorization", &format!("Bearer ((secret:{token}))"));
    }
    let answer = request.body(&message.text).send()?;
    match answer.status() {
        200..300 => Ok(()),
        429 | 500.. => Err(Error::unavailable(format!("{url} answered with {}", answer.status()))
            .retry_after(Duration::from_secs(30))),
        status => Err(Error::invalid(format!("{url} refuses the message with {status}"))),
    }
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::Info | Level::Success => "3",
        Level::Warning => "4",
        Level::Error => "5",
    }
}

tenon_sdk::export_notifier!(Ntfy);
tenon_sdk::manifest!("../manifest.json", config = Config);

#[cfg(test)]
mod tests;
