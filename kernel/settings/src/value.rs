//! Values, as they are kept and as they are used.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use kernel_model::network::{Cidr, Destination};
use kernel_model::selection::Selection;

/// A validated value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, and everything that is written as one word: addresses, paths, choices.
    Text(String),
    /// A number, or a size in bytes.
    Number(u64),
    Switch(bool),
    Time(Duration),
    List(Vec<String>),
}

impl Value {
    /// Returns the value as it could be written in a file or a variable.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Switch(on) => on.to_string(),
            Self::Time(time) => crate::duration::text(*time),
            Self::List(items) => items.join(", "),
        }
    }

    /// Returns the value as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Switch(on) => (*on).into(),
            Self::Time(_) => self.text().into(),
            Self::List(items) => items.clone().into(),
        }
    }
}

/// What a setting can be read as. The kind of its row decides which of them fit.
pub trait Read: Sized {
    /// Returns `None` where the type does not fit the value, which is a bug.
    fn read(value: Option<&Value>) -> Option<Self>;
}

macro_rules! read_text {
    ($($type:ty),*) => {$(
        impl Read for $type {
            fn read(value: Option<&Value>) -> Option<Self> {
                match value? {
                    Value::Text(text) => text.parse().ok(),
                    Value::Number(_) | Value::Switch(_) | Value::Time(_) | Value::List(_) => None,
                }
            }
        }

        impl Read for Vec<$type> {
            fn read(value: Option<&Value>) -> Option<Self> {
                match value {
                    None => Some(vec![]),
                    Some(Value::List(items)) => {
                        items.iter().map(|item| item.parse().ok()).collect()
                    }
                    Some(_) => None,
                }
            }
        }
    )*};
}

macro_rules! read_number {
    ($($type:ty),*) => {$(
        impl Read for $type {
            fn read(value: Option<&Value>) -> Option<Self> {
                match value? {
                    Value::Number(number) => (*number).try_into().ok(),
                    Value::Text(_) | Value::Switch(_) | Value::Time(_) | Value::List(_) => None,
                }
            }
        }
    )*};
}

read_text!(String, PathBuf, SocketAddr, IpAddr, Cidr, Destination);
read_number!(u64, u32, u16, usize);

impl Read for bool {
    fn read(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::Switch(on) => Some(*on),
            Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::List(_) => None,
        }
    }
}

impl Read for Duration {
    fn read(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::Time(time) => Some(*time),
            Value::Text(_) | Value::Number(_) | Value::Switch(_) | Value::List(_) => None,
        }
    }
}

impl Read for Selection {
    fn read(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::List(items) => Self::of(items).ok(),
            Value::Text(_) | Value::Number(_) | Value::Switch(_) | Value::Time(_) => None,
        }
    }
}

/// Not set is a value too.
impl<T: Read> Read for Option<T> {
    fn read(value: Option<&Value>) -> Option<Self> {
        match value {
            None => Some(None),
            some => T::read(some).map(Some),
        }
    }
}
