//! Plugins that are an AI model.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::model::{ChatPiece, ChatRequest, ChatStep, EmbedRequest, Embedded, Models};

use crate::answer::{answer, written};
use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::model::exports::tenon::plugin::model::Guest;
use crate::error::{Error, Result};

/// Talks. It says which request is to be sent, and is handed the response piece by piece.
pub trait Model {
    /// Lists the models.
    fn models() -> Result<Models>;

    /// Starts an answer, usually with a request to send.
    fn chat(request: ChatRequest) -> Result<ChatStep>;

    /// Goes on with a piece of the response; with the last one comes the whole answer.
    fn more(piece: ChatPiece) -> Result<ChatStep>;

    /// Turns texts into vectors.
    fn embed(_request: EmbedRequest) -> Result<Embedded> {
        Err(Error::unsupported("this model has no embeddings; choose another binding"))
    }
}

/// A model plugin in the words of the contract; [`export_model!`](crate::export_model) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Model> Guest for Component<T> {
    fn models(_request: String) -> Result<String, types::Error> {
        Ok(T::models().and_then(|models| written(&models))?)
    }

    fn chat(request: String) -> Result<String, types::Error> {
        answer(&request, T::chat)
    }

    fn more(request: String) -> Result<String, types::Error> {
        answer(&request, T::more)
    }

    fn embed(request: String) -> Result<String, types::Error> {
        answer(&request, T::embed)
    }
}

/// Exports a type that implements [`Model`].
#[macro_export]
macro_rules! export_model {
    ($plugin:ty) => {
        $crate::export_kind!(model, $crate::Model, $plugin);
    };
}
