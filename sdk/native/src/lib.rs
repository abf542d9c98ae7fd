//! The boundary between the server and native plugins, as `tenon_native.h` has it, for both sides.
//!
//! [`abi`] is the header in Rust. [`Keyring`] and [`export_keyring!`] are what authors use: with
//! them a plugin holds no unsafe code of its own.
//!
//! Invariants:
//! - It depends on nothing.
//! - A structure of [`abi`] only ever grows at its end.

pub mod abi;
mod bytes;
mod keyring;

pub use bytes::buffer_free;
pub use keyring::{Failure, Keyring, Reason, Vtable};
