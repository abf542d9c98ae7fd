//! Codes that only who knows a key can make, and digests.

use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel_ports::access::Digest;
use kernel_ports::keyring::SubKey;
use sha2::{Digest as _, Sha256};

/// Returns the HMAC-SHA-256 of the concatenation of `parts`.
pub(crate) fn mac(key: &SubKey, parts: &[&[u8]]) -> Digest {
    // HMAC fills shorter keys up to the block of its hash with zeros.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key.bytes());
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Returns a key for one purpose from a text that an operator keeps secret.
pub(crate) fn derive(secret: &str, purpose: &str) -> SubKey {
    SubKey::new(mac(&SubKey::new(sha256(secret.as_bytes())), &[purpose.as_bytes()]))
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// Compares in a time that does not depend on where two texts differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    let differ = a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use kernel_ports::keyring::SubKey;

    use super::{mac, same};

    #[test]
    fn the_code_is_that_of_the_specification() {
        // What Python's hmac says of this 32-byte key.
        let code = mac(&SubKey::new([0x0b; 32]), &[b"Hi ", b"There"]);
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        assert!(same(b"abc", b"abc") && same(b"", b""));
        assert!(!same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"", b"a"));
    }
}
