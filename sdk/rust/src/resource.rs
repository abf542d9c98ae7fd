//! Plugins with versions of an outside thing.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wit_envelope::resource::ResourceRequest;

use crate::bindings::imports::tenon::plugin::{machine as wit, types};
use crate::bindings::resource::exports::tenon::plugin::resource::Guest;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::machine;
use crate::step::Step;

/// Versions of an outside thing. Its name and schemas stand in the manifest.
///
/// The outcome of a check gives an [`envelope::resource::Checked`](wit_envelope::resource::Checked),
/// that of a get and of a put an [`envelope::resource::Got`](wit_envelope::resource::Got).
pub trait Resource {
    /// What lives between two calls; `()` when everything is answered at once.
    type State: Serialize + DeserializeOwned;

    /// Finds versions, from old to new.
    fn check(request: ResourceRequest) -> Result<Step<Self::State>>;

    /// Fetches one version into the volume.
    fn get(request: ResourceRequest) -> Result<Step<Self::State>>;

    /// Sends something out.
    fn put(request: ResourceRequest) -> Result<Step<Self::State>>;

    /// Answers what happened. Needed by what waits.
    fn resume(_state: Self::State, _event: Event) -> Result<Step<Self::State>> {
        Err(Error::internal("this resource waits for nothing"))
    }

    /// Asks the work to end. The kernel ends it by force after `grace`.
    fn cancel(_state: Self::State, _grace: Duration) -> Result<Step<Self::State>> {
        Err(Error::cancelled("the operation was cancelled"))
    }
}

/// A resource in the words of the contract; [`export_resource!`](crate::export_resource) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Resource> Guest for Component<T> {
    fn check(request: String) -> Result<wit::Step, types::Error> {
        machine::answer(machine::argument("resource request", &request).and_then(T::check))
    }

    fn get(request: String) -> Result<wit::Step, types::Error> {
        machine::answer(machine::argument("resource request", &request).and_then(T::get))
    }

    fn put(request: String) -> Result<wit::Step, types::Error> {
        machine::answer(machine::argument("resource request", &request).and_then(T::put))
    }

    machine::ends!();
}

/// Exports a type that implements [`Resource`].
#[macro_export]
macro_rules! export_resource {
    ($plugin:ty) => {
        $crate::export_kind!(resource, $crate::Resource, $plugin);
    };
}
