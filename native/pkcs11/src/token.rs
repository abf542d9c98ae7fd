//! The token: found by its label, opened with its PIN.

use std::fmt;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use sdk_native::{Failure, Reason};

use crate::TAG_LEN;
use crate::config::Config;

/// Bytes of an AES-256 key.
const KEY_LEN: u64 = 32;

/// An open token and the key in it.
pub(crate) struct Token {
    session: Session,
    key: ObjectHandle,
    label: String,
}

impl Token {
    /// Opens the token, logs in, and finds its key, or makes it.
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        let module = module(config)?;
        let slot = slot(&module, &config.token)?;
        let failed = |what: &str, err: Error| failure(&config.token, what, &err);
        let session = if config.generate {
            module.open_rw_session(slot)
        } else {
            module.open_ro_session(slot)
        };
        let session = session.map_err(|err| failed("be opened", err))?;
        log_in(&session, config)?;
        let key = match find(&session, config)? {
            Some(key) => key,
            None if config.generate => generate(&session, config)?,
            None => {
                let (token, key) = (&config.token, &config.key);
                let message = format!(
                    "the token {token:?} has no AES key {key:?}: set `generate` to make it once, \
                     or name another as `key`"
                );
                return Err(Failure::new(Reason::Invalid, message));
            }
        };
        check(&session, key, config)?;
        Ok(Self { session, key, label: config.token.clone() })
    }

    /// Returns bytes of the token's own generator.
    pub(crate) fn random<const LEN: usize>(&self) -> Result<[u8; LEN], Failure> {
        let mut bytes = [0; LEN];
        let made = self.session.generate_random_slice(&mut bytes);
        made.map_err(|err| failure(&self.label, "give randomness", &err))?;
        Ok(bytes)
    }

    pub(crate) fn encrypt(
        &self,
        nonce: &mut [u8],
        associated: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let mechanism = self.gcm(nonce, associated)?;
        let sealed = self.session.encrypt(&mechanism, self.key, plain);
        sealed.map_err(|err| failure(&self.label, "seal a key", &err))
    }

    pub(crate) fn decrypt(
        &self,
        nonce: &mut [u8],
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let mechanism = self.gcm(nonce, associated)?;
        self.session.decrypt(&mechanism, self.key, sealed).map_err(|err| match err {
            // Tokens have several words for a tag that does not fit.
            Error::Pkcs11(
                RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::GeneralError,
                _,
            ) => {
                let message = format!(
                    "the key in the token {:?} does not open this: it was sealed by another key, \
                     or changed",
                    self.label
                );
                Failure::new(Reason::Denied, message)
            }
            err => failure(&self.label, "open a key", &err),
        })
    }

    fn gcm<'a>(&self, nonce: &'a mut [u8], associated: &'a [u8]) -> Result<Mechanism<'a>, Failure> {
        let bits = u64::try_from(TAG_LEN * 8).unwrap_or_default().into();
        let params = GcmParams::new(nonce, associated, bits);
        params.map(Mechanism::AesGcm).map_err(|err| failure(&self.label, "use AES-GCM", &err))
    }
}

fn module(config: &Config) -> Result<Pkcs11, Failure> {
    let path = config.module.display();
    let module = Pkcs11::new(&config.module).map_err(|err| {
        let message = format!("{path} is no PKCS#11 module that can be loaded: {err}");
        Failure::new(Reason::Invalid, message)
    })?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another instance was first, in the same process.
        Ok(()) => Ok(module),
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(err) => {
            let message = format!("the PKCS#11 module {path} does not start: {err}");
            Err(Failure::new(Reason::Unavailable, message))
        }
    }
}

/// Returns the slot that holds the token of that label.
fn slot(module: &Pkcs11, label: &str) -> Result<Slot, Failure> {
    let slots = module.get_slots_with_initialized_token();
    let slots = slots.map_err(|err| failure(label, "be looked for", &err))?;
    let mut found = Vec::new();
    let mut labels = Vec::new();
    for slot in slots {
        let info = module.get_token_info(slot);
        let info = info.map_err(|err| failure(label, "be looked for", &err))?;
        labels.push(format!("{:?}", info.label()));
        if info.label() == label {
            found.push(slot);
        }
    }
    match found.as_slice() {
        [slot] => Ok(*slot),
        [] => {
            let there = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
            let message = format!("there is no token {label:?}; there are: {there}");
            Err(Failure::new(Reason::Unavailable, message))
        }
        _ => {
            let message = format!("there are {} tokens {label:?}; give each a label", found.len());
            Err(Failure::new(Reason::Invalid, message))
        }
    }
}

fn log_in(session: &Session, config: &Config) -> Result<(), Failure> {
    let pin = AuthPin::new(config.pin.as_str().into());
    let token = &config.token;
    let refused = |message: String| Err(Failure::new(Reason::Denied, message));
    match session.login(UserType::User, Some(&pin)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange, _)) => refused(format!(
            "the token {token:?} refuses the PIN; it locks itself after a few wrong ones"
        )),
        Err(Error::Pkcs11(RvError::PinLocked, _)) => refused(format!(
            "the PIN of the token {token:?} is locked: unlock it with the PIN of its security \
             officer"
        )),
        Err(err) => Err(failure(token, "be logged in to", &err)),
    }
}

fn find(session: &Session, config: &Config) -> Result<Option<ObjectHandle>, Failure> {
    let wanted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(config.key.as_bytes().to_vec()),
    ];
    let found = session.find_objects(&wanted);
    let found = found.map_err(|err| failure(&config.token, "list its keys", &err))?;
    match found.as_slice() {
        [] => Ok(None),
        [key] => Ok(Some(*key)),
        _ => {
            let (token, key) = (&config.token, &config.key);
            let message = format!(
                "the token {token:?} has {} AES keys {key:?}; give each a label",
                found.len()
            );
            Err(Failure::new(Reason::Invalid, message))
        }
    }
}

fn generate(session: &Session, config: &Config) -> Result<ObjectHandle, Failure> {
    let template = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::ValueLen(KEY_LEN.into()),
        Attribute::Label(config.key.as_bytes().to_vec()),
    ];
    let made = session.generate_key(&Mechanism::AesKeyGen, &template);
    made.map_err(|err| failure(&config.token, "make a key", &err))
}

/// Refuses a key that could leave the token.
fn check(session: &Session, key: ObjectHandle, config: &Config) -> Result<(), Failure> {
    let asked = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::ValueLen];
    let said = session.get_attributes(key, &asked);
    let said = said.map_err(|err| failure(&config.token, "describe its key", &err))?;
    let leaves = !said.contains(&Attribute::Sensitive(true))
        || !said.contains(&Attribute::Extractable(false));
    let (token, label) = (&config.token, &config.key);
    if leaves {
        let message = format!(
            "the key {label:?} in the token {token:?} may leave it: make one that is sensitive and \
             not extractable, or set `generate` and name a new one as `key`"
        );
        return Err(Failure::new(Reason::Invalid, message));
    }
    if !said.contains(&Attribute::ValueLen(KEY_LEN.into())) {
        let message = format!("the key {label:?} in the token {token:?} is no AES key of 256 bits");
        return Err(Failure::new(Reason::Invalid, message));
    }
    Ok(())
}

fn failure(token: &str, what: &str, err: &Error) -> Failure {
    Failure::new(Reason::Unavailable, format!("the token {token:?} cannot {what}: {err}"))
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("label", &self.label).finish_non_exhaustive()
    }
}
