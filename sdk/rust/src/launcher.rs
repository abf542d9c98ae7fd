//! Plugins that run commands somewhere.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wit_envelope::launch::LaunchSpec;

use crate::bindings::imports::tenon::plugin::{machine as wit, types};
use crate::bindings::launcher::exports::tenon::plugin::launcher::Guest;
use crate::error::Result;
use crate::event::Event;
use crate::machine;
use crate::step::Step;

/// Runs commands: on this machine, in a container, in a cluster.
///
/// The output of its outcome is an [`envelope::launch::Launched`](wit_envelope::launch::Launched).
pub trait Launcher {
    /// What lives between two calls.
    type State: Serialize + DeserializeOwned;

    /// Starts a command.
    fn start(spec: LaunchSpec) -> Result<Step<Self::State>>;

    /// Answers what happened.
    fn resume(state: Self::State, event: Event) -> Result<Step<Self::State>>;

    /// Asks the work to end. The kernel ends it by force after `grace`.
    fn cancel(state: Self::State, grace: Duration) -> Result<Step<Self::State>>;
}

/// A launcher in the words of the contract; [`export_launcher!`](crate::export_launcher) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Launcher> Guest for Component<T> {
    fn start(spec: String) -> Result<wit::Step, types::Error> {
        machine::answer(machine::argument("launch spec", &spec).and_then(T::start))
    }

    machine::ends!();
}

/// Exports a type that implements [`Launcher`].
#[macro_export]
macro_rules! export_launcher {
    ($plugin:ty) => {
        $crate::export_kind!(launcher, $crate::Launcher, $plugin);
    };
}
