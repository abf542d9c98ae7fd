//! Bytes as text that a double click selects: Crockford's base 32 in lower case.

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Returns 8 digits for each 5 bytes. The length must be a multiple of 5.
pub(crate) fn write(bytes: &[u8]) -> String {
    debug_assert_eq!(bytes.len() % 5, 0, "bug: digits stand for whole groups");
    let mut text = String::with_capacity(bytes.len() / 5 * 8);
    for group in bytes.chunks_exact(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for i in (0..8).rev() {
            text.push(char::from(DIGITS[(bits >> (5 * i) & 31) as usize]));
        }
    }
    text
}

/// Reads exactly `N` bytes; nothing if it is any other text.
pub(crate) fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N / 5 * 8 {
        return None;
    }
    let mut bytes = [0; N];
    for (group, digits) in bytes.chunks_exact_mut(5).zip(text.as_bytes().chunks_exact(8)) {
        let mut bits = 0_u64;
        for digit in digits {
            bits = bits << 5 | u64::from(value(*digit)?);
        }
        group.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    // Only lower case: one token has one text.
    let at = DIGITS.iter().position(|known| *known == digit)?;
    u8::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn what_is_written_is_read_back() {
        let bytes: [u8; 40] = std::array::from_fn(|i| u8::try_from(i * 37 % 256).unwrap());
        let text = write(&bytes);
        assert_eq!(text.len(), 64);
        assert_eq!(read::<40>(&text), Some(bytes));
    }

    #[test]
    fn other_texts_are_nothing() {
        let text = write(&[255; 40]);
        assert_eq!(text, "z".repeat(64));
        for wrong in ["", &text[1..], &text.to_uppercase(), &text.replacen('z', "u", 1)] {
            assert_eq!(read::<40>(wrong), None, "{wrong}");
        }
    }
}
