//! The kinds of ids: one append-only list.
//!
//! An id is 128 bits, made by a port in time order (UUID version 7), and prints its own kind:
//! `run_01k3…`, in Crockford's base 32, so that text order is time order.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32 in lower case: no i, l, o, u. <https://www.crockford.com/base32.html>
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in digits of 5 bits.
const LEN: usize = 26;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    /// The kind that was wanted, such as `run`.
    pub kind: &'static str,
    /// What was found.
    pub found: String,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, found } = self;
        write!(f, "{found:?} is not an id of the kind {kind:?}; such ids look like {kind}_…")
    }
}

impl std::error::Error for IdError {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl $name {
            /// The word before the underscore.
            pub const KIND: &'static str = $kind;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($kind, "_"))?;
                write_digits(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = || IdError { kind: $kind, found: text.to_owned() };
                let digits = text.strip_prefix(concat!($kind, "_")).ok_or_else(error)?;
                read_digits(digits).map(Self).ok_or_else(error)
            }
        }
    )*};
}

ids! {
    /// One execution of a pipeline version.
    RunId = "run",
    /// A pipeline, whatever it is called.
    PipelineId = "pip",
    /// One start of a kernel.
    BootId = "boot",
    /// A local user.
    UserId = "usr",
    /// An access token.
    TokenId = "tok",
    /// A browser that is logged in.
    SessionId = "ses",
    /// A program that somebody has let in.
    AppId = "app",
    /// A program that has registered itself.
    ClientId = "client",
    /// A workspace; another one of the same name, later, has another id.
    WorkspaceId = "wsp",
}

impl WorkspaceId {
    /// The workspace that every project has.
    pub const DEFAULT: Self = Self(0);
}

fn write_digits(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0_u8; LEN];
    for (i, slot) in text.iter_mut().enumerate() {
        let shift = 5 * (LEN - 1 - i);
        *slot = DIGITS[((value >> shift) & 31) as usize];
    }
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn read_digits(text: &str) -> Option<u128> {
    if text.len() != LEN {
        return None;
    }
    let mut value = 0_u128;
    for (i, byte) in text.bytes().enumerate() {
        let digit = DIGITS.iter().position(|d| *d == byte.to_ascii_lowercase())?;
        // 26 digits hold 130 bits: the first digit has room for three.
        if i == 0 && digit > 7 {
            return None;
        }
        value = value << 5 | digit as u128;
    }
    Some(value)
}

#[cfg(test)]
mod tests;
