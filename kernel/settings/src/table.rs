//! The table: every setting there is, by section.
//!
//! To add one: a row in the file of its section, `cargo nextest run -p kernel-settings` with
//! `UPDATE_EXPECT=1`, and somebody who reads it with [`crate::Settings::get`]. Until somebody does,
//! the row says `.later(…)`, so that nobody sets it in vain without being told.

use crate::setting::Setting;

/// Makes the rows of a section, and the list of them.
macro_rules! rows {
    ($($name:ident = $row:expr;)*) => {
        $(pub static $name: Setting = $row;)*
        pub(crate) static ROWS: &[&Setting] = &[$(&$name),*];
    };
}

pub mod access;
pub mod gateways;
pub mod keeping;
pub mod limits;
pub mod log;
pub mod network;
pub mod plugins;
pub mod runs;
pub mod secrets;
pub mod server;

static SECTIONS: &[(&str, &[&Setting])] = &[
    ("Server", server::ROWS),
    ("Network", network::ROWS),
    ("Runs", runs::ROWS),
    ("Plugins", plugins::ROWS),
    ("Access", access::ROWS),
    ("Secrets", secrets::ROWS),
    ("Limits", limits::ROWS),
    ("Gateways", gateways::ROWS),
    ("Caches and retention", keeping::ROWS),
    ("Log", log::ROWS),
];

/// Returns the sections with their titles, in reading order.
pub fn sections() -> impl Iterator<Item = (&'static str, &'static [&'static Setting])> {
    SECTIONS.iter().copied()
}

/// Returns all rows.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|(_, rows)| rows.iter().copied())
}

/// Returns the row of a key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Setting> {
    all().find(|row| row.key == key)
}

#[cfg(test)]
mod tests;
