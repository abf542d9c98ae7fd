//! Versions by the clock: one per interval, within a window of the day, on some days of the week.
//!
//! A version is the latest tick, not the moment of the check: checks that come early, late or
//! twice find the same one. Ticks of an interval count from the start of the window, else from
//! local midnight when days are given, else from the Unix epoch. Without an interval, the start of
//! each window is the only tick.

mod hour;
mod resource;
mod tick;

pub use crate::resource::Time;

tenon_sdk::export_resource!(Time);
tenon_sdk::manifest!("../manifest.json");
