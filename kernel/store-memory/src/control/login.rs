//! Logins that have begun and not ended.

use async_trait::async_trait;
use kernel_model::time::Time;
use kernel_ports::access::Digest;
use kernel_ports::login::{Device, LoginStore, LoginUse};
use kernel_ports::store::StoreError;

use super::MemoryControl;

#[async_trait]
impl LoginStore for MemoryControl {
    async fn device_put(&self, device: &Device, now: Time) -> Result<(), StoreError> {
        let mut data = self.data();
        data.devices.retain(|_, device| device.ends_at > now);
        data.devices.insert(device.digest, device.clone());
        Ok(())
    }

    async fn device_remove(&self, digest: &Digest) -> Result<(), StoreError> {
        self.data().devices.remove(digest);
        Ok(())
    }

    async fn login_use(
        &self,
        state: &Digest,
        ends_at: Time,
        now: Time,
        max: usize,
    ) -> Result<LoginUse, StoreError> {
        let used = &mut self.data().used_logins;
        used.retain(|_, ends_at| *ends_at > now);
        if used.contains_key(state) {
            return Ok(LoginUse::Again);
        }
        if used.len() >= max {
            return Ok(LoginUse::Full);
        }
        used.insert(*state, ends_at);
        Ok(LoginUse::First)
    }
}
