//! The double of `keyring`: it hides nothing, but notices what was changed or belongs elsewhere.

use super::HostResult;
use crate::error::Error;

pub(crate) fn seal(associated: &[u8], plain: &[u8]) -> HostResult<Vec<u8>> {
    let mut sealed = check(associated, plain).to_le_bytes().to_vec();
    sealed.extend(plain.iter().map(|byte| !byte));
    Ok(sealed)
}

pub(crate) fn open(associated: &[u8], sealed: &[u8]) -> HostResult<Vec<u8>> {
    let refused = || Error::invalid("it was changed, or belongs elsewhere");
    let (sum, hidden) = sealed.split_first_chunk().ok_or_else(refused)?;
    let plain: Vec<u8> = hidden.iter().map(|byte| !byte).collect();
    if u64::from_le_bytes(*sum) != check(associated, &plain) {
        return Err(refused().into());
    }
    Ok(plain)
}

/// FNV-1a over both, with their lengths.
fn check(associated: &[u8], plain: &[u8]) -> u64 {
    let length = (associated.len() as u64).to_le_bytes();
    let bytes = length.iter().chain(associated).chain(plain);
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
