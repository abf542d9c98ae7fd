//! How deep a JSON text nests, before anybody parses it.

/// Returns whether arrays and objects nest deeper than `max`. The text need not be valid.
pub(crate) fn is_deeper(text: &[u8], max: usize) -> bool {
    let mut depth = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
        if depth > max {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_deeper;

    #[test]
    fn brackets_nest_but_those_in_strings_do_not() {
        assert!(!is_deeper(b"[[[]],[[]]]", 3));
        assert!(is_deeper(b"[[[]],[[[]]]]", 3));
        assert!(!is_deeper(br#"["[[[[\"[[[[", {"{{{": 1}]"#, 2));
        assert!(is_deeper(br#"{"a\\": [[1]]}"#, 2));
        assert!(is_deeper(&vec![b'['; 10_000_000], 64));
    }
}
