//! The keyring on a real token: `SoftHSM`, from the packages of the system.
#![expect(clippy::unwrap_used, reason = "a failure here fails the test")]

mod keyring;
mod refusal;
mod token;
