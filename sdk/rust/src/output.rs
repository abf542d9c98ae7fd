//! The log of the step in progress, which people read. At most 1 MiB a call.

/// Appends to the step's standard output.
pub fn stdout(bytes: impl AsRef<[u8]>) {
    #[cfg(target_family = "wasm")]
    crate::bindings::imports::tenon::plugin::output::stdout(bytes.as_ref());
    #[cfg(not(target_family = "wasm"))]
    crate::testing::with(|host| host.stdout.extend_from_slice(bytes.as_ref()));
}

/// Appends to the step's standard error.
pub fn stderr(bytes: impl AsRef<[u8]>) {
    #[cfg(target_family = "wasm")]
    crate::bindings::imports::tenon::plugin::output::stderr(bytes.as_ref());
    #[cfg(not(target_family = "wasm"))]
    crate::testing::with(|host| host.stderr.extend_from_slice(bytes.as_ref()));
}
