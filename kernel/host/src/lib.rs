//! Runs plugins: the engine, the registry, the grants and the capabilities.
//!
//! A plugin is a WebAssembly component. Each call gets a fresh instance with its own limits, which
//! is thrown away afterwards, however the call ended.
//!
//! Invariants:
//! - This is the only crate that names the engine.
//! - Everything that a guest sends is hostile: it is clamped and checked before it is used.
//! - A guest can exhaust only its own call. Neither its failure nor a panic in a host function
//!   reaches the kernel or another call.
//! - Listing and inspecting plugins reads their binaries; it neither compiles nor runs them.

mod abi;
mod bindings;
mod builder;
mod cache;
mod call;
mod capability;
mod depot;
mod dial;
mod egress;
mod engine;
mod failure_policy;
mod fault;
mod fetch;
mod figures;
mod grant;
mod host;
mod identity;
mod inspect;
mod invocation;
mod ledger;
mod life;
mod limits;
mod link;
mod native;
mod optimizer;
mod places;
mod plugin;
mod policy;
mod preload;
mod registry;
mod secret_text;
mod start;
mod state;
mod ticker;
mod warm;
mod wasi;
mod wish;

pub use builder::{Host, HostBuilder, HostError, Ports};
pub use egress::{EgressPolicy, tls_install};
pub use inspect::{InspectError, inspect, manifest, manifest_text};
pub use life::InstalledPlugins;
pub use life::config::problems as config_problems;
pub use limits::CallLimits;
pub use native::{NativeError, NativeFault, NativeKeyring, NativePlugin, Natives};
pub use policy::{GRANTABLE, Policy, PolicyError};
pub use state::seal as state_seal;
