//! Names of tags: which match a pattern, and which is newer.

use std::cmp::Ordering;

/// Whether `name` matches `pattern`: `*` and `?` match anything, `/` too; `[a-z]` and `[!a-z]` one
/// character of a set.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to try again when the last star must match one more.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = if pattern.get(p) == Some(&'*') { None } else { one(&pattern[p..], name[n]) };
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(width) = step {
            p += width;
            n += 1;
        } else if let Some((at, matched)) = star {
            p = at + 1;
            n = matched + 1;
            star = Some((at, n));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// Returns how much of the pattern matches the character, if it does.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match *pattern.first()? {
        '?' => Some(1),
        '[' => set(pattern, c),
        '\\' if pattern.len() > 1 => (pattern[1] == c).then_some(2),
        literal => (literal == c).then_some(1),
    }
}

fn set(pattern: &[char], c: char) -> Option<usize> {
    let not = matches!(pattern.get(1), Some('!' | '^'));
    let first = if not { 2 } else { 1 };
    // A bracket right at the beginning is a member.
    let Some(end) = (first + 1..pattern.len()).find(|&at| pattern[at] == ']') else {
        return (c == '[').then_some(1);
    };
    let (mut at, mut member) = (first, false);
    while at < end {
        if at + 2 < end && pattern[at + 1] == '-' {
            member |= (pattern[at]..=pattern[at + 2]).contains(&c);
            at += 3;
        } else {
            member |= pattern[at] == c;
            at += 1;
        }
    }
    (member != not).then_some(end + 1)
}

/// Orders names as people read them: numbers by value, and a pre-release (`1.0-rc1`) before its
/// release (`1.0`).
pub(crate) fn by_age(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = match (a.chars().next(), b.chars().next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(y)) => return if y == '-' { Ordering::Greater } else { Ordering::Less },
            (Some(x), None) => return if x == '-' { Ordering::Less } else { Ordering::Greater },
            (Some(x), Some(y)) => (x, y),
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (first, second);
            (first, a) = number(a);
            (second, b) = number(b);
            let order = first.len().cmp(&second.len()).then_with(|| first.cmp(second));
            if order.is_ne() {
                return order;
            }
        } else if x == y {
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
        } else {
            // `1.0-rc1` comes before `1.0.1`.
            return (x != '-').cmp(&(y != '-')).then(x.cmp(&y));
        }
    }
}

/// Splits a number, without the zeros before it, off the beginning.
fn number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests;
