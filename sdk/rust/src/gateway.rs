//! Plugins that speak a protocol on a path.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::Serialize;
use wit_envelope::gateway::{GatewayRequest, GatewayResponse};
use wit_envelope::http::Header;

use crate::answer::written;
use crate::bindings::gateway::exports::tenon::plugin::gateway as wit;
use crate::bindings::imports::tenon::plugin::types;
use crate::error::Result;
use crate::machine::argument;

/// Answers what is sent to its path. The caller has been authenticated before.
pub trait Gateway {
    /// Answers one request.
    fn handle(request: GatewayRequest, body: Vec<u8>) -> Result<Answer>;
}

/// A gateway plugin in the words of the contract; [`export_gateway!`](crate::export_gateway) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Gateway> wit::Guest for Component<T> {
    fn handle(head: String, body: Vec<u8>) -> Result<wit::Response, types::Error> {
        let answer =
            argument("head of the request", &head).and_then(|head| T::handle(head, body))?;
        Ok(wit::Response { head: written(&answer.head)?, body: answer.body })
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status and headers.
    pub head: GatewayResponse,
    /// At most 8 MiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// A response of that type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![Header::new("content-type", content_type)];
        Self { head: GatewayResponse { status, headers }, body: body.into() }
    }

    /// A response in JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self> {
        Ok(Self::new(status, "application/json", written(value)?))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.headers.push(Header::new(name, value));
        self
    }
}

/// Exports a type that implements [`Gateway`].
#[macro_export]
macro_rules! export_gateway {
    ($plugin:ty) => {
        $crate::export_kind!(gateway, $crate::Gateway, $plugin);
    };
}
