//! One row of the table.

use crate::kind::Kind;

/// Something that an operator can set.
#[derive(Debug)]
pub struct Setting {
    /// Where it stands in the file: `server.listen`.
    pub key: &'static str,
    /// Without the dashes: `listen`.
    pub flag: &'static str,
    pub variable: &'static str,
    pub kind: Kind,
    /// As it would be written. Without one, nothing is set unless somebody does.
    pub default: Option<&'static str>,
    /// A sentence without a full stop, as `--help` has it.
    pub help: &'static str,
    /// Whether it is masked wherever it is shown, and can be given as a file.
    pub secret: bool,
    pub effect: Effect,
    /// The version that has it first.
    pub since: &'static str,
}

/// Whether setting it changes anything in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Now,
    /// It is validated and kept, but what it is for comes later.
    Later(&'static str),
}

impl Setting {
    /// Returns a row without a default, which is no secret, and has its effect.
    #[must_use]
    pub const fn new(
        key: &'static str,
        flag: &'static str,
        variable: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self {
            key,
            flag,
            variable,
            kind,
            default: None,
            help,
            secret: false,
            effect: Effect::Now,
            since: "0.1",
        }
    }

    #[must_use]
    pub const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Says what the setting waits for, such as `caches on S3`.
    #[must_use]
    pub const fn later(self, what: &'static str) -> Self {
        Self { effect: Effect::Later(what), ..self }
    }

    /// Returns the part of the key before its first dot.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    /// Returns whether a flag without a value means something: `--no-auth`.
    #[must_use]
    pub const fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::Switch)
    }
}
