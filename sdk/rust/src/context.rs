//! Facts about the call in progress.

use std::time::{Duration, SystemTime};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::context as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::context as host;

/// Returns the run that this call belongs to (`run_…`), or none outside of a run.
#[must_use]
pub fn run_id() -> Option<String> {
    host::run_id()
}

/// Returns the path of the step in its run, or none outside of a step.
#[must_use]
pub fn step_path() -> Option<String> {
    host::step_path()
}

/// Returns which try of the step this is, from 1; 0 outside of a step.
#[must_use]
pub fn attempt() -> u32 {
    host::attempt()
}

/// Returns the name under which the operator bound this plugin.
#[must_use]
pub fn binding() -> String {
    host::binding()
}

/// Returns the time of the journaled event that this call answers. The same for each replay.
#[must_use]
pub fn event_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(host::event_time_ms())
}

/// Returns when the host will stop this call.
#[must_use]
pub fn deadline() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(host::deadline_ms())
}
