//! What a plugin may offer besides its kind: taking over old states, and looking at itself.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::{migration, selftest};
use crate::error::Result;

/// Takes over the states of step machines that an older version of the plugin has written.
///
/// The manifest says which version this one writes (`stateVersion`).
pub trait Migration {
    /// Returns a state of schema version `from` as this version reads it.
    fn migrate(from: u32, state: Vec<u8>) -> Result<Vec<u8>>;
}

/// Says whether the plugin can work, before it takes the place of another.
pub trait Selftest {
    /// Looks at configuration and grants, and changes nothing outside.
    fn check() -> Result<()>;
}

/// Both in the words of the contract; the macros use it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Migration> migration::exports::tenon::plugin::migration::Guest for Component<T> {
    fn migrate(from: u32, state: Vec<u8>) -> Result<Vec<u8>, types::Error> {
        Ok(T::migrate(from, state)?)
    }
}

impl<T: Selftest> selftest::exports::tenon::plugin::selftest::Guest for Component<T> {
    fn check() -> Result<(), types::Error> {
        Ok(T::check()?)
    }
}

/// Exports a type that implements [`Migration`](crate::lifecycle::Migration).
#[macro_export]
macro_rules! export_migration {
    ($plugin:ty) => {
        $crate::export_kind!(migration, lifecycle, $crate::lifecycle::Migration, $plugin);
    };
}

/// Exports a type that implements [`Selftest`](crate::lifecycle::Selftest).
#[macro_export]
macro_rules! export_selftest {
    ($plugin:ty) => {
        $crate::export_kind!(selftest, lifecycle, $crate::lifecycle::Selftest, $plugin);
    };
}
