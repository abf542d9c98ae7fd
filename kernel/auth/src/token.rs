//! Tokens and cookies: 256 random bits and a code that only this server can make.
//!
//! The text is `tenon_` and 64 digits: the secret, and the first 64 bits of its HMAC under a key that
//! is derived from the server's keyring. So a text that this server never made is refused by
//! arithmetic. What is kept is the SHA-256 of the secret.

use kernel_model::access::Verbs;
use kernel_model::time::Time;
use kernel_ports::access::{Digest, Holder};
use kernel_ports::keyring::SubKey;

use crate::{digits, mac};

/// How tokens begin, for people and for programs that look for leaked ones.
pub const PREFIX: &str = "tenon_";

const SECRET: usize = 32;
const CODE: usize = 8;

/// What a token is to be.
#[derive(Debug, Clone)]
pub struct TokenDraft {
    pub name: String,
    pub holder: Holder,
    pub verbs: Verbs,
    pub projects: Vec<String>,
    pub workspaces: Vec<String>,
    pub expires_at: Option<Time>,
}

/// Returns the text without a prefix, and its digest.
pub(crate) fn mint(key: &SubKey, secret: [u8; SECRET]) -> (String, Digest) {
    let mut bytes = [0; SECRET + CODE];
    bytes[..SECRET].copy_from_slice(&secret);
    bytes[SECRET..].copy_from_slice(&mac::mac(key, &[&secret])[..CODE]);
    (digits::write(&bytes), mac::sha256(&secret))
}

/// Returns the secret of a text that was minted with this key.
pub(crate) fn open(key: &SubKey, text: &str) -> Option<[u8; SECRET]> {
    let bytes: [u8; SECRET + CODE] = digits::read(text)?;
    let (secret, code) = bytes.split_first_chunk::<SECRET>()?;
    mac::same(&mac::mac(key, &[secret])[..CODE], code).then_some(*secret)
}

/// Returns the digest of a text that was minted with this key.
pub(crate) fn read(key: &SubKey, text: &str) -> Option<Digest> {
    open(key, text).map(|secret| mac::sha256(&secret))
}

#[cfg(test)]
mod tests {
    use kernel_ports::keyring::SubKey;

    use super::{mint, read};

    #[test]
    fn only_what_this_key_minted_is_read() {
        let key = SubKey::new([1; 32]);
        let (text, digest) = mint(&key, [7; 32]);
        assert_eq!(read(&key, &text), Some(digest));
        assert_eq!(read(&SubKey::new([2; 32]), &text), None);
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(&key, std::str::from_utf8(&other).unwrap()), None, "digit {at}");
        }
    }
}
