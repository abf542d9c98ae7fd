//! Plugins that know who a visitor is.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

use crate::answer::answer;
use crate::bindings::identity::exports::tenon::plugin::identity::Guest;
use crate::bindings::imports::tenon::plugin::types;
use crate::error::Result;

/// Asks a provider, by the authorization code flow with PKCE.
pub trait Identity {
    /// Says where the browser is sent.
    fn authorize(authorize: Authorize) -> Result<Redirect>;

    /// Turns the code that came back into facts about the person.
    fn exchange(exchange: Exchange) -> Result<Claims>;
}

/// An identity plugin in the words of the contract; [`export_identity!`](crate::export_identity) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Identity> Guest for Component<T> {
    fn authorize(request: String) -> Result<String, types::Error> {
        answer(&request, T::authorize)
    }

    fn exchange(request: String) -> Result<String, types::Error> {
        answer(&request, T::exchange)
    }
}

/// Exports a type that implements [`Identity`].
#[macro_export]
macro_rules! export_identity {
    ($plugin:ty) => {
        $crate::export_kind!(identity, $crate::Identity, $plugin);
    };
}
