//! Logins that have begun and not ended.

use async_trait::async_trait;
use kernel_model::time::Time;
use kernel_ports::access::Digest;
use kernel_ports::login::{Device, DeviceAnswer, LoginStore, LoginUse};
use kernel_ports::store::StoreError;

use super::{ControlStore, row};
use crate::column::time;

#[async_trait]
impl LoginStore for ControlStore {
    async fn device_put(&self, device: &Device, now: Time) -> Result<(), StoreError> {
        let device = device.clone();
        self.database
            .write("keep a program that waits to be logged in", move |db| {
                db.execute("DELETE FROM device WHERE ends_at <= ?1", (time(now),))?;
                let (is_approved, (user, identity)) = match &device.answer {
                    None => (None, (None, None)),
                    Some(DeviceAnswer::Denied) => (Some(false), (None, None)),
                    Some(DeviceAnswer::Approved(holder)) => (Some(true), row::holder(holder)?),
                };
                db.execute(
                    "INSERT INTO device (digest, user_code, label, address, asked_at, ends_at,
                     is_approved, user, identity) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                     ON CONFLICT (digest) DO UPDATE SET is_approved = excluded.is_approved,
                     user = excluded.user, identity = excluded.identity",
                    (
                        device.digest,
                        device.user_code,
                        &device.label,
                        &device.address,
                        time(device.asked_at),
                        time(device.ends_at),
                        is_approved,
                        user,
                        identity,
                    ),
                )?;
                Ok(())
            })
            .await
    }

    async fn device_remove(&self, digest: &Digest) -> Result<(), StoreError> {
        let digest = *digest;
        self.database
            .write("forget a program that has waited", move |db| {
                db.execute("DELETE FROM device WHERE digest = ?1", (digest,))?;
                Ok(())
            })
            .await
    }

    async fn login_use(
        &self,
        state: &Digest,
        ends_at: Time,
        now: Time,
        max: usize,
    ) -> Result<LoginUse, StoreError> {
        let (state, max) = (*state, i64::try_from(max).unwrap_or(i64::MAX));
        self.database
            .write("note that a login was used", move |db| {
                db.execute("DELETE FROM used_login WHERE ends_at <= ?1", (time(now),))?;
                let known = "SELECT 1 FROM used_login WHERE state = ?1";
                if db.first(known, (state,), |_| Ok(()))?.is_some() {
                    return Ok(LoginUse::Again);
                }
                let added = db.execute(
                    "INSERT INTO used_login (state, ends_at)
                     SELECT ?1, ?2 WHERE (SELECT count(*) FROM used_login) < ?3",
                    (state, time(ends_at), max),
                )?;
                Ok(if added > 0 { LoginUse::First } else { LoginUse::Full })
            })
            .await
    }
}
