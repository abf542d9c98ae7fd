//! The names that an expression asks its surroundings for.
//!
//! The parser keeps its tree to itself, and evaluating finds unknown names only where evaluation
//! comes by. So this looks at the text: names that are not in a string or comment, not called, not
//! members, and not keys of a map.

/// A name in an expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Name(&'a str),
    /// Made by the expression: `let NAME = …`.
    Let(&'a str),
}

const KEYWORDS: &[&str] = &[
    "true",
    "false",
    "nil",
    "null",
    "in",
    "not",
    "and",
    "or",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "if",
    "else",
    "let",
];

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut is_let = false;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => at = string_end(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = line_end(bytes, at),
            b'#' if bytes.get(at + 1).is_some_and(|b| is_name(*b)) => at = name_end(bytes, at + 1),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
            }
            first if first.is_ascii_alphabetic() || first == b'_' || first == b'$' => {
                let end = name_end(bytes, at);
                let word = &text[at..end];
                let is_member = before(bytes, at) == Some(b'.');
                let next = after(bytes, end);
                let is_call = next == Some(b'(') || (next == Some(b'{'));
                let is_key = next == Some(b':') && matches!(before(bytes, at), Some(b'{' | b','));
                if is_let {
                    found.push(Word::Let(word));
                } else if !(is_member || is_call || is_key || KEYWORDS.contains(&word)) {
                    found.push(Word::Name(word));
                }
                is_let = word == "let" && !is_member;
                at = end;
            }
            // A number may have letters in it: 0x1f, 1e3.
            digit if digit.is_ascii_digit() => at = name_end(bytes, at),
            _ => at += 1,
        }
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn name_end(bytes: &[u8], from: usize) -> usize {
    let len = bytes[from..].iter().take_while(|byte| is_name(**byte)).count();
    from + len.max(1)
}

fn string_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != quote {
        // Backquoted strings have no escapes.
        at += if bytes[at] == b'\\' && quote != b'`' { 2 } else { 1 };
    }
    at + 1
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| **byte != b'\n').count()
}

fn before(bytes: &[u8], at: usize) -> Option<u8> {
    bytes[..at].iter().rev().copied().find(|byte| !byte.is_ascii_whitespace())
}

fn after(bytes: &[u8], at: usize) -> Option<u8> {
    bytes[at..].iter().copied().find(|byte| !byte.is_ascii_whitespace())
}
