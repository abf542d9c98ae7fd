//! The records of the exported interfaces, as they cross the boundary.
//!
//! They are written out here rather than generated from a world, because a world binds all of its
//! exports at once, and a plugin may export any subset.

use wasmtime::component::{ComponentType, Lift, Lower};

/// `types.error`.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Error {
    pub(crate) code: String,
    pub(crate) message: String,
    #[component(name = "retry-after-ms")]
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) detail: Vec<(String, String)>,
}

/// `machine.step`.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Step {
    pub(crate) done: Option<String>,
    pub(crate) state: Vec<u8>,
    #[component(name = "wake-after-ms")]
    pub(crate) wake_after_ms: Option<u64>,
}

/// `machine.event`, as it is sent.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) handle: Option<String>,
    pub(crate) data: String,
}

/// `gateway.response`.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Response {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// `language.diagnostic`.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Diagnostic {
    pub(crate) severity: String,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) hint: Option<String>,
}

/// `language.compiled`.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Compiled {
    pub(crate) plan: Option<String>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// `language.driven`.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Driven {
    pub(crate) state: Vec<u8>,
    pub(crate) commands: String,
}
