//! Plugins that keep the values of secrets.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::secrets::{
    SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite, SecretWritten,
};

use crate::answer::{Done, answer};
use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::secrets::exports::tenon::plugin::secrets::Guest;
use crate::error::{Error, Result};

/// Keeps values by scope and name. What is written is durable when the call returns.
pub trait Secrets {
    /// Returns the value of exactly that scope; else the error is `not-found`.
    fn read(at: SecretAt) -> Result<SecretValue>;

    /// Sets a value. A backend that cannot is read-only.
    fn write(write: SecretWrite) -> Result<SecretWritten> {
        Err(read_only(&write.name))
    }

    /// Forgets a value. What is not there is no error.
    fn remove(at: SecretAt) -> Result<()> {
        Err(read_only(&at.name))
    }

    /// Lists the names of exactly that scope, sorted.
    fn list(_scope: SecretScope) -> Result<SecretNames> {
        Err(Error::unsupported("this backend cannot list what it has; ask by name"))
    }
}

/// A secrets plugin in the words of the contract; [`export_secrets!`](crate::export_secrets) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Secrets> Guest for Component<T> {
    fn read(request: String) -> Result<String, types::Error> {
        answer(&request, T::read)
    }

    fn write(request: String) -> Result<String, types::Error> {
        answer(&request, T::write)
    }

    fn remove(request: String) -> Result<String, types::Error> {
        answer(&request, |request| T::remove(request).map(|()| Done {}))
    }

    fn list(request: String) -> Result<String, types::Error> {
        answer(&request, T::list)
    }
}

fn read_only(name: &str) -> Error {
    Error::unsupported(format!(
        "this backend is read-only; set {name:?} where its values come from"
    ))
}

/// Exports a type that implements [`Secrets`].
#[macro_export]
macro_rules! export_secrets {
    ($plugin:ty) => {
        $crate::export_kind!(secrets, $crate::Secrets, $plugin);
    };
}
