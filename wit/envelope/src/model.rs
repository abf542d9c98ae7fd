//! What an AI model is asked and what it answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::{Header, Send};

/// Answer of `model.models`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Models {
    pub models: Vec<ModelInfo>,
}

/// One model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelInfo {
    /// As requests name it.
    pub name: String,
    /// For people; empty: the name.
    pub title: String,
    /// How many tokens a chat may have, question and answer together; 0: not known.
    pub context_tokens: u64,
    /// How many tokens an answer may have; 0: not known.
    pub output_tokens: u64,
    /// Whether it can be given tools.
    pub tools: bool,
    /// Whether it can be shown images.
    pub images: bool,
    /// Whether it can be asked for embeddings.
    pub embeddings: bool,
}

/// A chat so far, whose next message is wanted (argument of `model.chat`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatRequest {
    /// Empty: the binding's default.
    pub model: String,
    /// What the model is told before all else.
    pub system: String,
    /// From old to new; the last one is not the model's.
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// JSON Schema of the answer; null: free text.
    pub output_schema: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// How many tokens the model may think; none: as it is configured, 0: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<u32>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Parameters of this provider only, added to the request as they are.
    pub extra: BTreeMap<String, Value>,
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub role: Role,
    pub parts: Vec<Part>,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    User,
    Assistant,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "part", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Part {
    Text {
        text: String,
    },
    /// `data` is base64.
    Image {
        media_type: String,
        data: String,
    },
    /// What the model thought. `signature` is the provider's, and is handed back unchanged.
    Thinking {
        text: String,
        #[serde(default)]
        signature: String,
    },
    /// The model wants a tool called.
    ToolCall {
        id: String,
        name: String,
        input: Value,
    },
    /// What the tool gave, in a message of the user.
    ToolResult {
        id: String,
        content: String,
        #[serde(default)]
        is_error: bool,
    },
}

/// A tool that the model may ask for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of its input.
    pub input: Value,
}

/// Whether the model must ask for a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// One at least.
    Any,
    /// None.
    None,
    /// This one.
    Tool(String),
}

/// A piece of the response to the request that was sent (argument of `model.more`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatPiece {
    /// As the last step gave it.
    pub state: String,
    pub status: u16,
    pub headers: Vec<Header>,
    /// What has arrived since the last call, cut between characters, not between lines.
    pub text: String,
    /// Whether this is the end of the response.
    pub last: bool,
}

/// How a chat goes on (answer of `model.chat` and `model.more`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatStep {
    /// What the model has said since the last step.
    pub deltas: Vec<Delta>,
    /// The request to send now. The pieces of its response go to `more`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<Send>,
    /// What the next call gets back, at most 256 KiB.
    pub state: String,
    /// The whole answer, at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<ChatAnswer>,
}

/// A piece of an answer, for people who watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "delta", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Delta {
    Text { text: String },
    Thinking { text: String },
}

/// The model's message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatAnswer {
    /// Which model it was, in the provider's words.
    pub model: String,
    pub parts: Vec<Part>,
    /// Why it ended: `end`, `tool-call`, `max-tokens`, `stop`, `refused`, or another word.
    pub stop_reason: String,
    pub usage: Usage,
}

/// What an answer cost, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Of the input, those that the provider had kept.
    pub cached_tokens: u64,
}

/// Texts to turn into vectors (argument of `model.embed`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EmbedRequest {
    /// Empty: the binding's default.
    pub model: String,
    /// At most 256.
    pub texts: Vec<String>,
}

/// Answer of `model.embed`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Embedded {
    pub model: String,
    /// One per text, in their order.
    pub vectors: Vec<Vec<f32>>,
    pub usage: Usage,
}
