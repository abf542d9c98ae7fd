//! The test kit with real plugins: those of contract 1.0.0, the standard ones, and a broken one.

mod conform;
pub(crate) mod fixture;
mod kind;
mod stage;
