//! How far a stream of merged logs has come, as text.
//!
//! Logs are numbered in the order in which their attempts got their slots, which the history fixes.
//! `5-3.1a4.oe282-4.0` says: the first five logs were begun, and of them all but two are finished;
//! number 3 is done up to byte 0x1a4, where stdout is in the middle of a character that began with
//! the bytes E2 82; number 4 has given nothing yet. Numbers are in hex. As few attempts run at the
//! same time, the text stays short however long the run is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::carry::Carry;

/// How far a stream has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// How many logs were begun.
    pub(super) opened: usize,
    /// Those that are not finished.
    pub(super) open: BTreeMap<usize, Position>,
}

/// How far a log was given out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) offset: u64,
    pub(super) carry: Carry,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.opened)?;
        for (index, Position { offset, carry }) in &self.open {
            write!(f, "-{index:x}.{offset:x}")?;
            for (letter, bytes) in [('o', &carry.stdout), ('e', &carry.stderr), ('n', &carry.note)]
            {
                if bytes.is_empty() {
                    continue;
                }
                write!(f, ".{letter}")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let opened = number(parts.next().ok_or(())?)?;
        let opened = usize::try_from(opened).map_err(|_| ())?;
        let mut open = BTreeMap::new();
        for part in parts {
            let mut fields = part.split('.');
            let index = usize::try_from(number(fields.next().ok_or(())?)?).map_err(|_| ())?;
            let offset = number(fields.next().ok_or(())?)?;
            let mut carry = Carry::default();
            for field in fields {
                let (letter, digits) = field.split_at_checked(1).ok_or(())?;
                let slot = match letter {
                    "o" => &mut carry.stdout,
                    "e" => &mut carry.stderr,
                    "n" => &mut carry.note,
                    _ => return Err(()),
                };
                *slot = bytes(digits)?;
            }
            let is_new = open.insert(index, Position { offset, carry }).is_none();
            if index >= opened || !is_new {
                return Err(());
            }
        }
        Ok(Self { opened, open })
    }
}

fn number(digits: &str) -> Result<u64, ()> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(());
    }
    u64::from_str_radix(digits, 16).map_err(|_| ())
}

fn bytes(digits: &str) -> Result<Vec<u8>, ()> {
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(());
    }
    let pairs = (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16));
    pairs.collect::<Result<_, _>>().map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Carry, Cursor, Position};

    #[test]
    fn what_is_written_is_read_back() {
        let carry =
            Carry { stdout: vec![0xe2, 0x82], stderr: vec![], note: vec![0xf0, 0x9d, 0x84] };
        let open = BTreeMap::from([
            (3, Position { offset: 0x1a4, carry }),
            (4, Position { offset: u64::MAX, carry: Carry::default() }),
        ]);
        let cursor = Cursor { opened: 5, open };
        assert_eq!(cursor.to_string(), "5-3.1a4.oe282.nf09d84-4.ffffffffffffffff");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("0".parse(), Ok(Cursor::default()));
    }

    #[test]
    fn texts_of_others_are_refused() {
        for text in [
            "",
            "x",
            "5-",
            "5-3",
            "5-3.",
            "5-5.0",
            "5-3.0-3.0",
            "5-3.0.x00",
            "5-3.0.o",
            "5-3.0.o0",
            "5-3.0.o00000000",
            "+5",
            "5-3.0.o+1",
            "1ffffffffffffffff",
            "5-3.0.é",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(()), "{text}");
        }
    }
}
