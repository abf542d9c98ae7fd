//! The plugin's own log, for its operator and author. At most 1,000 lines a call.

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Helps to find a fault.
    Debug,
    /// Helps to follow the work.
    Info,
    /// Looked at first.
    Warn,
    /// Wakes someone.
    Error,
}

/// Writes one line of at most 8 KiB; longer ones are cut. See [`debug!`](crate::debug) and others.
#[cfg(target_family = "wasm")]
pub fn write(level: Level, message: &str) {
    use crate::bindings::imports::tenon::plugin::log as host;
    let level = match level {
        Level::Debug => host::Level::Debug,
        Level::Info => host::Level::Info,
        Level::Warn => host::Level::Warn,
        Level::Error => host::Level::Error,
    };
    host::write(level, message);
}

/// Writes one line of at most 8 KiB; longer ones are cut. See [`debug!`](crate::debug) and others.
#[cfg(not(target_family = "wasm"))]
pub fn write(level: Level, message: &str) {
    crate::testing::with(|host| host.logs.push((level, message.to_owned())));
}

/// Writes a line that helps to find a fault.
#[macro_export]
macro_rules! debug {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Debug, &format!($($text)*)) };
}

/// Writes a line that helps to follow the work.
#[macro_export]
macro_rules! info {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Info, &format!($($text)*)) };
}

/// Writes a line that is looked at first.
#[macro_export]
macro_rules! warn {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Warn, &format!($($text)*)) };
}

/// Writes a line that wakes someone.
#[macro_export]
macro_rules! error {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Error, &format!($($text)*)) };
}
