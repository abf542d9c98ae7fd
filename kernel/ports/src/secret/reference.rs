//! References to secrets inside texts: `secret:NAME` as a whole, `((secret:NAME))` inside.

const WHOLE: &str = "secret:";
const OPEN: &str = "((secret:";
const CLOSE: &str = "))";

/// The longest name of a secret, in bytes.
pub const NAME_LEN_MAX: usize = 128;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    Secret(&'a str),
}

/// Returns whether a secret can have this name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=NAME_LEN_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b))
}

/// Returns the parts of a text, references and what stands between them.
#[must_use]
pub fn parts(text: &str) -> Vec<Part<'_>> {
    if let Some(name) = text.strip_prefix(WHOLE)
        && is_name(name)
    {
        return vec![Part::Secret(name)];
    }
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find(OPEN).map(|at| at + from) {
        let inner = &rest[at + OPEN.len()..];
        match inner.split_once(CLOSE) {
            Some((name, after)) if is_name(name) => {
                if at > 0 {
                    parts.push(Part::Text(&rest[..at]));
                }
                parts.push(Part::Secret(name));
                rest = after;
                from = 0;
            }
            // No reference after all: the text stays as it is.
            _ => from = at + OPEN.len(),
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// Returns the names that a text refers to.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Secret(name) => Some(name),
        Part::Text(_) => None,
    })
}

/// Returns the names that a source mentions anywhere as `secret:NAME`, with or without brackets.
pub fn mentioned(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices(WHOLE).filter_map(|(at, _)| {
        let name = &source[at + WHOLE.len()..];
        let end = name.bytes().position(|b| !b.is_ascii_alphanumeric() && !b"_-./".contains(&b));
        let name = &name[..end.unwrap_or(name.len())];
        is_name(name).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::{Part, mentioned, names, parts};

    #[test]
    fn references_are_whole_texts_or_stand_in_brackets() {
        for (text, want) in [
            ("secret:a", &["a"][..]),
            ("secret:team/key.part", &["team/key.part"]),
            ("Bearer ((secret:a))!", &["a"]),
            ("((secret:a))((secret:b))", &["a", "b"]),
            ("not secret:a", &[]),
            ("((secret:a", &[]),
            ("((secret:no such)) ((secret:b))", &["b"]),
            ("((secret:((secret:a))", &["a"]),
            ("secret:", &[]),
        ] {
            assert_eq!(names(text).collect::<Vec<_>>(), want, "{text}");
        }
        let text = "x((secret:no such))y((secret:b))z";
        let want = [Part::Text("x((secret:no such))y"), Part::Secret("b"), Part::Text("z")];
        assert_eq!(parts(text), want);
    }

    #[test]
    fn a_source_mentions_secrets_with_and_without_brackets() {
        let source = "a: secret:one\nb: \"((secret:two)) secret:three/x\"\nc: secret: no\n";
        assert_eq!(mentioned(source).collect::<Vec<_>>(), ["one", "two", "three/x"]);
    }
}
