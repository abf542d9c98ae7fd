//! HMAC-SHA-256 (RFC 2104): proves that a file was written by who knows the key.

use sha2::{Digest as _, Sha256};

/// The block size of SHA-256.
const BLOCK: usize = 64;

/// Returns the code of the concatenation of `parts`.
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut inner_pad = [0x36_u8; BLOCK];
    let mut outer_pad = [0x5c_u8; BLOCK];
    for (i, byte) in key.iter().enumerate() {
        inner_pad[i] ^= byte;
        outer_pad[i] ^= byte;
    }
    let mut inner = Sha256::new_with_prefix(inner_pad);
    for part in parts {
        inner.update(part);
    }
    Sha256::new_with_prefix(outer_pad).chain_update(inner.finalize()).finalize().into()
}

/// Compares in a time that does not depend on where two codes differ.
pub(crate) fn same(a: &[u8; 32], b: &[u8]) -> bool {
    b.len() == a.len() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::{hmac, same};

    #[test]
    fn the_code_is_that_of_the_specification() {
        // RFC 4231, test case 6 hashes its long key first; this is Python's hmac of a 32-byte key.
        let code = hmac(&[0x0b; 32], &[b"Hi ", b"There"]);
        let hex: String = code.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, HI_THERE);
        assert!(same(&code, &code.clone()));
        assert!(!same(&code, &code[..31]));
        assert!(!same(&code, &[0; 32]));
    }

    const HI_THERE: &str = "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7";
}
