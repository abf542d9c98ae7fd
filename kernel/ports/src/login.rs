//! Logins that have begun and not ended.

use async_trait::async_trait;
use kernel_model::time::Time;

use crate::access::{Digest, Holder};
use crate::store::StoreError;

/// A program that waits to be logged in by a browser. None of its codes is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Of the code that the program has.
    pub digest: Digest,
    /// Of the code that a person enters.
    pub user_code: Digest,
    /// What the program calls itself.
    pub label: String,
    /// Where the program is.
    pub address: String,
    pub asked_at: Time,
    pub ends_at: Time,
    /// None: nobody has said anything.
    pub answer: Option<DeviceAnswer>,
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAnswer {
    Denied,
    /// It acts for this one.
    Approved(Holder),
}

/// How it went when a login was noted as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginUse {
    First,
    /// It was used before.
    Again,
    /// So many are noted that there is no room.
    Full,
}

/// Keeps both. Devices are loaded with [`crate::access::AccessData`].
#[async_trait]
pub trait LoginStore: Send + Sync {
    /// Keeps what is known of a device, in place of what was known before, and forgets those that
    /// have ended by `now`.
    async fn device_put(&self, device: &Device, now: Time) -> Result<(), StoreError>;
    async fn device_remove(&self, digest: &Digest) -> Result<(), StoreError>;

    /// Notes that a login by another system was used, until it would have ended anyway. What has
    /// ended by `now` is forgotten; of the others there are `max` at the most.
    async fn login_use(
        &self,
        state: &Digest,
        ends_at: Time,
        now: Time,
        max: usize,
    ) -> Result<LoginUse, StoreError>;
}
