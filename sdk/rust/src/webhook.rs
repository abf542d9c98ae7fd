//! Plugins that judge deliveries.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::webhook::{Delivery, Receipt};

use crate::answer::answer;
use crate::base64;
use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::webhook::exports::tenon::plugin::webhook::Guest;
use crate::error::{Error, Result};

/// Says whether a delivery is genuine, and what it says.
pub trait Webhook {
    /// Judges one delivery. `Delivery::body` is base64; [`body`] reads it.
    fn receive(delivery: Delivery) -> Result<Receipt>;
}

/// A webhook plugin in the words of the contract; [`export_webhook!`](crate::export_webhook) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Webhook> Guest for Component<T> {
    fn receive(request: String) -> Result<String, types::Error> {
        answer(&request, T::receive)
    }
}

/// Returns the bytes of a delivery's body.
pub fn body(delivery: &Delivery) -> Result<Vec<u8>> {
    base64::decode(&delivery.body)
        .ok_or_else(|| Error::invalid("the body of the delivery is no base64"))
}

/// Exports a type that implements [`Webhook`].
#[macro_export]
macro_rules! export_webhook {
    ($plugin:ty) => {
        $crate::export_kind!(webhook, $crate::Webhook, $plugin);
    };
}
