//! The plugins that the binary carries: the only list of what ships.
//!
//! The list is made by the build script from what `cargo xtask plugins` has built.

/// A plugin inside this binary.
#[derive(Debug, Clone, Copy)]
pub struct Standard {
    pub name: &'static str,
    /// Of the component, not of its compressed form.
    pub sha256: &'static str,
    /// The component, compressed with zstd.
    pub bytes: &'static [u8],
}

/// All of them, by name. Empty when the plugins had not been built before the binary.
pub const STANDARD: &[Standard] = include!(concat!(env!("OUT_DIR"), "/standard.rs"));

/// What to say when there are none and no plugin folder gives any.
pub const NONE: &str = "this binary carries no plugins, so it cannot run anything; build \
     them with `cargo xtask plugins` and build tenon again, or name a folder of plugins with \
     --plugins";

#[cfg(test)]
mod tests;
