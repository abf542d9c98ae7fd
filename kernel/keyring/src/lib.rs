//! The keys of a server: what is sealed with them opens nowhere else.
//!
//! A *server key* comes from outside: from the operator, from a generated file, or from a device.
//! It seals random *data keys*, which are kept beside it in `keyring.json`; a key per scope is
//! derived from the current data key, and seals the values. So a new server key means that a few
//! keys are sealed again, wherever the values lie.
//!
//! Invariants:
//! - Key material leaves this crate as a [`kernel_ports::keyring::SubKey`] only, is cleared from
//!   memory, and is shown by no `Debug`.
//! - At any moment of a rotation, the key that is in place opens the keyring.
//! - It knows no store, no engine and no protocol.

mod disk;
mod error;
mod file;
mod lock;
mod random;
mod ring;
mod sealed;
mod server_key;
mod source;

pub use error::{OpenError, RotateError};
pub use ring::{Ring, Rotated};
pub use server_key::{ServerKey, ServerKeyError};
pub use source::{KEY_LEN_MIN, Source};
