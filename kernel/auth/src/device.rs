//! Logging in a program that has no browser, by a code that a person enters in one (RFC 8628).
//!
//! Invariants:
//! - A program gets its token once, and only after somebody who is logged in has said so.
//! - A code that this server did not make is refused by arithmetic.
//! - What is asked for and what was answered is in the store: a restart changes nothing of it. Only
//!   how often a program has asked is kept in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel_model::time::Time;
use kernel_ports::access::{Digest, Holder, Token};
use kernel_ports::keyring::SubKey;
use kernel_ports::login::{Device, DeviceAnswer};

use crate::access::Access;
use crate::caller::{Caller, Via};
use crate::error::AccessError;
use crate::session::detached;
use crate::{mac, token};

/// Somebody must have entered the code by then.
const AGE_MS: u64 = 10 * 60_000;
/// Between two questions of a program.
const INTERVAL_MS: u64 = 5_000;
/// Programs measure time less exactly than we do.
const EARLY_MS: u64 = 500;
/// So many programs may wait, and so many of one address.
const WAITING_MAX: usize = 10_000;
const WAITING_MAX_BY_ADDRESS: usize = 20;
/// No vowels, so that no words come out, and nothing that looks like something else.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LETTERS_IN_CODE: usize = 8;
const LABEL_CHARS_MAX: usize = 80;

/// What a program is told that wants to be logged in.
#[derive(Clone)]
pub struct DeviceStarted {
    /// For the program.
    pub device_code: String,
    /// For the person, such as `BCDF-GHJK`.
    pub user_code: String,
    pub age_ms: u64,
    pub interval_ms: u64,
}

/// What the person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAsk {
    /// What the program calls itself.
    pub label: String,
    /// Where the program is.
    pub address: String,
    pub asked_at: Time,
}

/// Why there is no token, or no such question.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("nobody has answered yet")]
    Pending,
    #[error("it is too early to ask again")]
    SlowDown,
    #[error("the login was denied")]
    Denied,
    #[error("the code has expired, or was used")]
    Expired,
    #[error("this server did not give out this code")]
    Forged,
    #[error("there is no login with this code; it may have expired, or was answered")]
    CodeUnknown,
    #[error("too many programs wait to be logged in")]
    Busy,
    /// A token must not make further ones that outlive it.
    #[error("only who is logged in with a browser can log in a program")]
    NoSession,
    #[error("there were too many wrong codes")]
    Throttled { wait_ms: u64 },
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// The programs that wait.
pub(crate) struct Devices {
    key: SubKey,
    waiting: Mutex<HashMap<Digest, Waiting>>,
}

struct Waiting {
    device: Device,
    polled_at: Option<Time>,
    interval_ms: u64,
}

impl std::fmt::Debug for DeviceStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceStarted").finish_non_exhaustive()
    }
}

impl Devices {
    pub(crate) fn new(key: SubKey, kept: Vec<Device>) -> Self {
        let waiting = kept.into_iter().map(|device| (device.digest, Waiting::new(device)));
        Self { key, waiting: Mutex::new(waiting.collect()) }
    }

    /// Returns those that wait still.
    fn waiting(&self, now: Time) -> MutexGuard<'_, HashMap<Digest, Waiting>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| waiting.device.ends_at > now);
        waiting
    }

    /// Returns what is kept of the code that a person enters.
    fn user_digest(&self, user_code: &str) -> Digest {
        mac::mac(&self.key, &[b"user code", plain(user_code).as_bytes()])
    }

    /// Returns the device of that code, if nobody has answered it.
    fn open(&self, user_code: &str, now: Time) -> Option<Device> {
        let digest = self.user_digest(user_code);
        let waiting = self.waiting(now);
        let mut open = waiting.values().map(|waiting| &waiting.device);
        open.find(|device| device.user_code == digest && device.answer.is_none()).cloned()
    }
}

impl Waiting {
    fn new(device: Device) -> Self {
        Self { device, polled_at: None, interval_ms: INTERVAL_MS }
    }
}

impl Access {
    /// Begins to log in a program, which calls itself `label`.
    pub async fn device_start(
        &self,
        label: &str,
        address: &str,
    ) -> Result<DeviceStarted, DeviceError> {
        let label = label.trim().chars().filter(|c| !c.is_control()).take(LABEL_CHARS_MAX);
        let label: String = label.collect();
        let label = if label.is_empty() { "a program".to_owned() } else { label };
        let (this, address) = (self.clone(), address.to_owned());
        let started = detached(async move {
            let _change = this.inner.change.lock().await;
            let (inner, now) = (&this.inner, this.inner.clock.now());
            let (device_code, digest) = token::mint(&inner.devices.key, inner.entropy.secret());
            let (user_code, user_digest) = {
                let waiting = inner.devices.waiting(now);
                let of_address =
                    waiting.values().filter(|waiting| waiting.device.address == address);
                if waiting.len() >= WAITING_MAX || of_address.count() >= WAITING_MAX_BY_ADDRESS {
                    return Ok(Err(DeviceError::Busy));
                }
                loop {
                    let code = letters(&inner.entropy.secret());
                    let digest = inner.devices.user_digest(&code);
                    if !waiting.values().any(|waiting| waiting.device.user_code == digest) {
                        break (code, digest);
                    }
                }
            };
            let device = Device {
                digest,
                user_code: user_digest,
                label,
                address,
                asked_at: now,
                ends_at: now.plus_ms(AGE_MS),
                answer: None,
            };
            inner.store.device_put(&device, now).await?;
            inner.devices.waiting(now).insert(digest, Waiting::new(device));
            let user_code = format!("{}-{}", &user_code[..4], &user_code[4..]);
            let (age_ms, interval_ms) = (AGE_MS, INTERVAL_MS);
            Ok(Ok(DeviceStarted { device_code, user_code, age_ms, interval_ms }))
        });
        started.await?
    }

    /// Returns what the program of this code asks for. Whoever tries many codes is slowed down.
    pub fn device_ask(&self, user_code: &str, address: &str) -> Result<DeviceAsk, DeviceError> {
        let (inner, now) = (&self.inner, self.inner.clock.now());
        if let Some(wait_ms) = inner.throttle.wait_ms("", address, now) {
            return Err(DeviceError::Throttled { wait_ms });
        }
        let Some(device) = inner.devices.open(user_code, now) else {
            inner.throttle.failed("", address, now);
            return Err(DeviceError::CodeUnknown);
        };
        let Device { label, address, asked_at, .. } = device;
        Ok(DeviceAsk { label, address, asked_at })
    }

    /// Lets the program of this code in as `by`, or not.
    pub async fn device_answer(
        &self,
        by: &Caller,
        user_code: &str,
        is_approved: bool,
        address: &str,
    ) -> Result<DeviceAsk, DeviceError> {
        if !matches!(by.via, Via::Session(_)) {
            return Err(DeviceError::NoSession);
        }
        let ask = self.device_ask(user_code, address)?;
        let approved = DeviceAnswer::Approved(by.holder.clone());
        let answer = Some(if is_approved { approved } else { DeviceAnswer::Denied });
        let (this, user_code) = (self.clone(), user_code.to_owned());
        let answered = detached(async move {
            let _change = this.inner.change.lock().await;
            let (inner, now) = (&this.inner, this.inner.clock.now());
            let Some(device) = inner.devices.open(&user_code, now) else {
                return Ok(Err(DeviceError::CodeUnknown));
            };
            let device = Device { answer, ..device };
            inner.store.device_put(&device, now).await?;
            if let Some(waiting) = inner.devices.waiting(now).get_mut(&device.digest) {
                waiting.device = device;
            }
            Ok(Ok(ask))
        });
        answered.await?
    }

    /// Returns the token of a program, once somebody has let it in.
    pub async fn device_token(&self, device_code: &str) -> Result<(Token, String), DeviceError> {
        let digest = token::read(&self.inner.devices.key, device_code);
        let digest = digest.ok_or(DeviceError::Forged)?;
        let answered = self.device_poll(&digest)?;
        let this = self.clone();
        // Forgotten first: it is better to ask again than to get two tokens.
        detached(async move { Ok(this.inner.store.device_remove(&digest).await?) }).await?;
        let (holder, label) = answered.ok_or(DeviceError::Denied)?;
        // Whoever was disabled in between gets a token that works for nobody.
        Ok(self.login_token(holder, &label).await?)
    }

    /// Returns for whom a program was let in, and as what; none if it was denied. It is forgotten
    /// then.
    fn device_poll(&self, digest: &Digest) -> Result<Option<(Holder, String)>, DeviceError> {
        let now = self.inner.clock.now();
        let mut waiting = self.inner.devices.waiting(now);
        let found = waiting.get_mut(digest).ok_or(DeviceError::Expired)?;
        let wait_ms = found.interval_ms - EARLY_MS;
        let is_early = found.polled_at.is_some_and(|at| now.since_ms(at) < wait_ms);
        found.polled_at = Some(now);
        if is_early {
            found.interval_ms += INTERVAL_MS;
            return Err(DeviceError::SlowDown);
        }
        let answer = found.device.answer.clone().ok_or(DeviceError::Pending)?;
        let label = format!("login of {}", found.device.label);
        waiting.remove(digest);
        Ok(match answer {
            DeviceAnswer::Denied => None,
            DeviceAnswer::Approved(holder) => Some((holder, label)),
        })
    }
}

/// Returns 8 letters, each as likely as another.
fn letters(secret: &[u8; 32]) -> String {
    let mut number = secret[..16].iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    let base = LETTERS.len() as u128;
    let mut text = String::with_capacity(LETTERS_IN_CODE);
    for _ in 0..LETTERS_IN_CODE {
        text.push(char::from(LETTERS[usize::try_from(number % base).unwrap_or_default()]));
        number /= base;
    }
    text
}

/// Returns a code as it is kept, however a person writes it.
fn plain(user_code: &str) -> String {
    let letters = user_code.chars().filter(char::is_ascii_alphanumeric).take(2 * LETTERS_IN_CODE);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests;
