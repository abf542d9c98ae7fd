//! Plugins with typed functions.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::action::exports::tenon::plugin::action::Guest;
use crate::bindings::imports::tenon::plugin::{machine as wit, types};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::machine;
use crate::step::Step;

/// Typed functions, JSON in and out. Their names and schemas stand in the manifest.
pub trait Action {
    /// What lives between two calls; `()` when every function answers at once.
    type State: Serialize + DeserializeOwned;

    /// Starts the function `name`.
    fn start(name: &str, input: Value) -> Result<Step<Self::State>>;

    /// Answers what happened. Needed by functions that wait.
    fn resume(_state: Self::State, _event: Event) -> Result<Step<Self::State>> {
        Err(Error::internal("this action waits for nothing"))
    }

    /// Asks the work to end. The kernel ends it by force after `grace`.
    fn cancel(_state: Self::State, _grace: Duration) -> Result<Step<Self::State>> {
        Err(Error::cancelled("the action was cancelled"))
    }
}

/// An action in the words of the contract; [`export_action!`](crate::export_action) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Action> Guest for Component<T> {
    fn start(name: String, input: String) -> Result<wit::Step, types::Error> {
        let input = machine::argument("input of the action", &input);
        machine::answer(input.and_then(|input| T::start(&name, input)))
    }

    machine::ends!();
}

/// Exports a type that implements [`Action`].
#[macro_export]
macro_rules! export_action {
    ($plugin:ty) => {
        $crate::export_kind!(action, $crate::Action, $plugin);
    };
}
