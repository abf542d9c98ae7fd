//! An AI model: here, one that repeats what it is told. A real one answers `chat` with a request to
//! send, and reads the pieces of the response in `more`.

use tenon_sdk::envelope::model::{
    ChatAnswer, ChatPiece, ChatRequest, ChatStep, Delta, ModelInfo, Models, Part,
};
use tenon_sdk::{Error, Model, Result};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

const NAME: &str = "echo";

impl Model for Plugin {
    fn models() -> Result<Models> {
        let echo = ModelInfo {
            name: NAME.to_owned(),
            ..ModelInfo::default()
        };
        Ok(Models { models: vec![echo] })
    }

    fn chat(request: ChatRequest) -> Result<ChatStep> {
        let last = request.messages.last();
        let last = last.ok_or_else(|| Error::invalid("there is no message to answer"))?;
        let text = last.parts.iter().find_map(|part| match part {
            Part::Text { text } => Some(text.clone()),
            _ => None,
        });
        let text = text.ok_or_else(|| Error::unsupported("this model reads texts only"))?;
        let answer = ChatAnswer {
            model: NAME.to_owned(),
            parts: vec![Part::Text { text: text.clone() }],
            stop_reason: "end".to_owned(),
            ..ChatAnswer::default()
        };
        Ok(ChatStep {
            deltas: vec![Delta::Text { text }],
            done: Some(answer),
            ..ChatStep::default()
        })
    }

    fn more(_piece: ChatPiece) -> Result<ChatStep> {
        Err(Error::internal("this model sends no requests"))
    }
}

tenon_sdk::export_model!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Model as _;
    use tenon_sdk::envelope::model::{ChatRequest, Message, Part, Role};

    use super::Plugin;

    #[test]
    fn the_last_message_is_repeated() {
        let parts = vec![Part::Text {
            text: "hello".to_owned(),
        }];
        let messages = vec![Message {
            role: Role::User,
            parts: parts.clone(),
        }];
        let step = Plugin::chat(ChatRequest {
            messages,
            ..ChatRequest::default()
        })
        .unwrap();
        assert_eq!(step.done.unwrap().parts, parts);
        assert!(Plugin::chat(ChatRequest::default()).is_err());
    }
}
