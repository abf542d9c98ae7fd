//! Plugins that bring messages to people.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::notifier::{Message, Sent};

use crate::answer::answer;
use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::notifier::exports::tenon::plugin::notifier::Guest;
use crate::error::Result;

/// Sends messages. A message that is tried again has the same id.
pub trait Notifier {
    /// Sends one message. Say when to try again with [`Error::retry_after`](crate::Error::retry_after).
    fn send(message: Message) -> Result<Sent>;
}

/// A notifier plugin in the words of the contract; [`export_notifier!`](crate::export_notifier) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Notifier> Guest for Component<T> {
    fn send(request: String) -> Result<String, types::Error> {
        answer(&request, T::send)
    }
}

/// Exports a type that implements [`Notifier`].
#[macro_export]
macro_rules! export_notifier {
    ($plugin:ty) => {
        $crate::export_kind!(notifier, $crate::Notifier, $plugin);
    };
}
