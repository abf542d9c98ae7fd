//! Passwords: Argon2id, off the threads that serve, a few at a time.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;

/// How much memory one hash takes, in KiB, and how often it is gone through.
const COST: (u32, u32) = (19 * 1024, 2);
/// How many are hashed at a time: each takes a core for some 20 ms.
const AT_A_TIME: usize = 2;
/// How many may wait for that; more are refused.
const WAITING_MAX: usize = 32;
const CHARS_MIN: usize = 10;
const BYTES_MAX: usize = 1_000;

/// Hashes and compares.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Of no password: unknown users take the same time as known ones.
    nobody: String,
}

/// There are too many at once.
#[derive(Debug)]
pub(crate) struct Busy;

impl Passwords {
    /// `salt` is random.
    pub(crate) fn new(salt: &[u8; 32]) -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_A_TIME)),
            waiting: Arc::new(Semaphore::new(AT_A_TIME + WAITING_MAX)),
            nobody: hash("", salt).unwrap_or_default(),
        }
    }

    /// Returns the PHC string of a password.
    pub(crate) async fn hash(&self, password: &str, salt: [u8; 32]) -> Result<String, Busy> {
        let password = password.to_owned();
        self.work(move || hash(&password, &salt).unwrap_or_default()).await
    }

    /// Returns whether the password is the one of that PHC string. Takes as long without one.
    pub(crate) async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, Busy> {
        let (is_known, phc) = (phc.is_some(), phc.unwrap_or(&self.nobody).to_owned());
        let password = password.to_owned();
        self.work(move || verify(&password, &phc) && is_known).await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        work.await.map_err(|_| Busy)
    }
}

/// Returns why a text can be no password.
pub(crate) fn check(password: &str) -> Result<(), String> {
    let found = password.chars().count();
    if found < CHARS_MIN {
        return Err(format!("the password has {found} characters; use {CHARS_MIN} or more"));
    }
    if password.len() > BYTES_MAX {
        return Err(format!("the password is longer than {BYTES_MAX} bytes"));
    }
    Ok(())
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(COST.0, COST.1, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str, salt: &[u8; 32]) -> Option<String> {
    let hashed = hasher().hash_password_with_salt(password.as_bytes(), &salt[..16]);
    hashed.ok().map(|hash| hash.to_string())
}

fn verify(password: &str, phc: &str) -> bool {
    hasher().verify_password(password.as_bytes(), phc).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Passwords, check};

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::new(&[1; 32]);
        let phc = passwords.hash("correct horse", [2; 32]).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify("correct horse", Some(&phc)).await.unwrap());
        assert!(!passwords.verify("correct hors", Some(&phc)).await.unwrap());
        assert!(!passwords.verify("", None).await.unwrap());
        assert!(!passwords.verify("x", Some("no PHC string")).await.unwrap());
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(check("short").unwrap_err().contains("10 or more"));
        assert!(check(&"x".repeat(1_001)).is_err());
        assert!(check("long enough").is_ok());
    }
}
