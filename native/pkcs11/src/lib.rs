//! A keyring in a PKCS#11 token: the server key is made in the device, and never leaves it.
//!
//! The keys of the server are sealed by AES-256-GCM, in the token, with a key that is sensitive and
//! not extractable. A key that is not both is refused.

mod config;
mod token;

use sdk_native::{Failure, Keyring, Reason};

use crate::config::Config;
use crate::token::Token;

/// How sealed keys begin: AES-256-GCM, a nonce of 12 bytes, then the text and its tag of 16 bytes.
const FORMAT: u8 = 1;
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;

/// The keyring.
#[derive(Debug)]
pub struct Pkcs11Keyring {
    token: Token,
}

impl Keyring for Pkcs11Keyring {
    fn open(config: &str) -> Result<Self, Failure> {
        Ok(Self { token: Token::open(&Config::read(config)?)? })
    }

    fn wrap(&mut self, name: &[u8], key: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut nonce = self.token.random::<NONCE_LEN>()?;
        let sealed = self.token.encrypt(&mut nonce, name, key)?;
        Ok([&[FORMAT][..], &nonce, &sealed].concat())
    }

    fn unwrap(&mut self, name: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, Failure> {
        let (nonce, sealed) = match wrapped.split_first() {
            Some((&FORMAT, rest)) if rest.len() >= NONCE_LEN + TAG_LEN => rest.split_at(NONCE_LEN),
            Some((&FORMAT, _)) | None => {
                return Err(Failure::new(Reason::Invalid, "the sealed key is cut off"));
            }
            Some((format, _)) => {
                let message = format!(
                    "the sealed key has the format {format}, which this version does not know; \
                     update the plugin"
                );
                return Err(Failure::new(Reason::Invalid, message));
            }
        };
        let mut nonce = nonce.to_vec();
        self.token.decrypt(&mut nonce, name, sealed)
    }
}

sdk_native::export_keyring!(Pkcs11Keyring, "native-pkcs11");
