//! What kinds of values there are, and how each is read from text.

use std::net::SocketAddr;

use kernel_model::network::{Cidr, Destination};
use kernel_model::selection::Selection;

use crate::value::Value;

pub mod duration;
pub mod size;
mod word;

/// The type of a setting and what its values must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text that is not empty.
    Text,
    Path,
    Number {
        min: u64,
        max: u64,
    },
    /// Bytes: `10MiB`. Zero only if `min` says so.
    Size {
        min: u64,
        max: u64,
    },
    /// `90s`, `1h30m`. At least so many milliseconds.
    Duration {
        min_ms: u64,
    },
    Switch,
    Choice(&'static [&'static str]),
    /// `127.0.0.1:7070`.
    Address,
    /// `7701-7799`.
    PortRange,
    /// `https://ci.example.com`.
    Url,
    /// Scheme, host and port of a page, in which a `*` may stand for one name; or `*`.
    Origin,
    /// `ci.example.com`, `ci.example.com:8080`, or `%.example.com`, where `%` is the project.
    Host,
    /// `10.0.0.0/8`, or a single address.
    Cidr,
    /// What may be dialled: a network, a host, or `*.` and a domain.
    Destination,
    /// What names a project: lower-case letters, digits and dashes.
    Name,
    /// A SHA-256 digest in hexadecimal.
    Sha256,
    /// `user:password`.
    Login,
    /// `NAME=VALUE`.
    Pair,
    /// `my-plugin=process:git`.
    Grant,
    /// An expression of the language of rules; whoever uses it parses it.
    Rule,
    /// Many of a kind.
    List {
        of: &'static Self,
        separator: char,
    },
    /// What is on: `*`, names, and names that are not: `*,!process`.
    Selection,
}

impl Kind {
    /// A list whose items are separated by commas.
    #[must_use]
    pub const fn list(of: &'static Self) -> Self {
        Self::List { of, separator: ',' }
    }

    /// Reads one text. The error says what was expected, and never repeats the text of a secret:
    /// callers leave out errors of those.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn read(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match self {
            Self::List { separator, .. } => self.read_list(text.split(separator)),
            Self::Selection => self.read_list(text.split(',')),
            Self::Number { min, max } => word::number(text, min, max).map(Value::Number),
            Self::Size { min, max } => size::read(text, min, max).map(Value::Number),
            Self::Duration { min_ms } => duration::read(text, min_ms).map(Value::Time),
            Self::Switch => word::switch(text).map(Value::Switch),
            Self::Text
            | Self::Path
            | Self::Choice(_)
            | Self::Address
            | Self::PortRange
            | Self::Url
            | Self::Origin
            | Self::Host
            | Self::Cidr
            | Self::Destination
            | Self::Name
            | Self::Sha256
            | Self::Login
            | Self::Pair
            | Self::Grant
            | Self::Rule => {
                self.check(text)?;
                Ok(Value::Text(text.to_owned()))
            }
        }
    }

    /// Reads the items of a list.
    ///
    /// # Errors
    /// Says what is wrong with the first item that is.
    pub fn read_list<'a>(self, items: impl Iterator<Item = &'a str>) -> Result<Value, String> {
        let items: Vec<String> =
            items.map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        match self {
            Self::List { of, .. } => items.iter().try_for_each(|item| of.read(item).map(|_| ()))?,
            Self::Selection => drop(Selection::of(&items)?),
            _ => return Err(format!("it takes one value, and there are {}", items.len())),
        }
        Ok(Value::List(items))
    }

    fn check(self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err("it is empty; leave it out to keep the default".to_owned());
        }
        match self {
            Self::Choice(words) => word::choice(text, words),
            Self::Address => text.parse::<SocketAddr>().map(|_| ()).map_err(|_| {
                format!("{text:?} is not an address with a port, such as 127.0.0.1:7070")
            }),
            Self::PortRange => word::port_range(text),
            Self::Url => word::url(text),
            Self::Origin => word::origin(text),
            Self::Host => word::host(text),
            Self::Cidr => text.parse::<Cidr>().map(|_| ()),
            Self::Destination => text.parse::<Destination>().map(|_| ()),
            Self::Name => word::name(text),
            Self::Sha256 => word::sha256(text),
            Self::Login => word::login(text),
            Self::Pair => word::pair(text),
            Self::Grant => word::grant(text),
            _ => Ok(()),
        }
    }

    /// Returns what people read: `a duration, such as 90s or 1h30m`.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Number { min, max: u64::MAX } => format!("a number from {min}"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Size { .. } => "a size, such as 512KiB or 10MiB".to_owned(),
            Self::Duration { .. } => "a duration, such as 90s or 1h30m".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Choice(words) => words.join(", "),
            Self::Address => "an address with a port".to_owned(),
            Self::PortRange => "two ports, such as 7701-7799".to_owned(),
            Self::Url => "an http or https URL".to_owned(),
            Self::Origin => "an origin, such as `https://ci.example.com`".to_owned(),
            Self::Host => "a host name, which `%.` may begin".to_owned(),
            Self::Cidr => "a network, such as 10.0.0.0/8".to_owned(),
            Self::Destination => "a network or a host, which `*.` may begin".to_owned(),
            Self::Name => "lower-case letters, digits and dashes".to_owned(),
            Self::Sha256 => "64 hexadecimal digits".to_owned(),
            Self::Login => "`user:password`".to_owned(),
            Self::Pair => "`NAME=VALUE`".to_owned(),
            Self::Grant => "`PLUGIN=CAPABILITY[:PARAMETER]`".to_owned(),
            Self::Rule => "an expression".to_owned(),
            Self::List { of, separator: ',' } => format!("a list: {}", of.describe()),
            Self::List { of, separator: '\n' } => {
                format!("a list, one per line: {}", of.describe())
            }
            Self::List { of, separator } => {
                format!("a list, separated by `{separator}`: {}", of.describe())
            }
            Self::Selection => "`*`, names, and `!name`".to_owned(),
        }
    }

    /// Returns what stands for a value in `--help`.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Path => "PATH",
            Self::Number { .. } => "N",
            Self::Size { .. } => "SIZE",
            Self::Duration { .. } => "TIME",
            Self::Switch => "true|false",
            Self::Choice(_) => "WORD",
            Self::Address => "ADDRESS",
            Self::PortRange => "PORT-PORT",
            Self::Url => "URL",
            Self::Origin => "ORIGIN",
            Self::Host => "HOST",
            Self::Cidr => "NETWORK",
            Self::Destination => "NETWORK|HOST",
            Self::Name => "NAME",
            Self::Sha256 => "SHA256",
            Self::Login => "USER:PASSWORD",
            Self::Pair => "NAME=VALUE",
            Self::Grant => "PLUGIN=CAPABILITY[:PARAMETER]",
            Self::Rule => "EXPRESSION",
            Self::List { of, .. } => of.placeholder(),
            Self::Selection => "*|NAME|!NAME",
        }
    }
}

#[cfg(test)]
mod tests;
