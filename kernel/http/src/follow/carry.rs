//! Characters that come in two pieces.

use kernel_ports::log::LogStream;

/// The beginnings of characters whose rest has not come yet, by stream: at most three bytes each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Carry {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) note: Vec<u8>,
}

impl Carry {
    /// Returns the text up to the last whole character, and keeps the rest.
    pub(super) fn push(&mut self, stream: LogStream, bytes: &[u8]) -> String {
        let carry = match stream {
            LogStream::Stdout => &mut self.stdout,
            LogStream::Stderr => &mut self.stderr,
            LogStream::Note => &mut self.note,
        };
        carry.extend_from_slice(bytes);
        let whole = carry.len() - unfinished(carry);
        let text = String::from_utf8_lossy(&carry[..whole]).into_owned();
        carry.drain(..whole);
        text
    }

    /// Takes out a stream whose last character never came as a whole.
    pub(super) fn broken(&mut self) -> Option<LogStream> {
        let streams = [
            (LogStream::Stdout, &mut self.stdout),
            (LogStream::Stderr, &mut self.stderr),
            (LogStream::Note, &mut self.note),
        ];
        let (stream, carry) = streams.into_iter().find(|(_, carry)| !carry.is_empty())?;
        carry.clear();
        Some(stream)
    }
}

/// Returns how many bytes at the end are the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    for (i, byte) in tail.iter().enumerate().rev() {
        let have = tail.len() - i;
        let need = match byte {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        // The standard library knows the finer rules, such as E0 9F being no beginning.
        let is_beginning = std::str::from_utf8(&tail[i..])
            .is_err_and(|err| err.valid_up_to() == 0 && err.error_len().is_none());
        return if have < need && is_beginning { have } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::{Carry, LogStream};

    const TEXT: &str = "aé€𝄞z";

    #[test]
    fn a_character_in_pieces_comes_as_a_whole() {
        for cut in 0..=TEXT.len() {
            let mut carry = Carry::default();
            let (head, tail) = TEXT.as_bytes().split_at(cut);
            let first = carry.push(LogStream::Stdout, head);
            assert!(!first.contains('\u{fffd}'), "cut at {cut}");
            // Another stream in between changes nothing.
            assert_eq!(carry.push(LogStream::Stderr, b"x"), "x");
            assert_eq!(first + &carry.push(LogStream::Stdout, tail), TEXT, "cut at {cut}");
            assert_eq!(carry, Carry::default());
        }
    }

    #[test]
    fn byte_by_byte_is_the_same_text() {
        let mut carry = Carry::default();
        let pieces = TEXT.bytes().map(|byte| carry.push(LogStream::Stdout, &[byte]));
        assert_eq!(pieces.collect::<String>(), TEXT);
    }

    #[test]
    fn what_is_no_text_is_replaced_and_not_waited_for() {
        let mut carry = Carry::default();
        assert_eq!(carry.push(LogStream::Stdout, b"\xff"), "\u{fffd}");
        assert_eq!(carry.push(LogStream::Stdout, b"\x80\x80\x80"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(carry.push(LogStream::Stdout, b"\xe0\x9f"), "\u{fffd}\u{fffd}");
        assert_eq!(carry.push(LogStream::Stdout, b"\xe2\x82"), "");
        assert_eq!(carry.broken(), Some(LogStream::Stdout));
        assert_eq!(carry.broken(), None);
    }
}
