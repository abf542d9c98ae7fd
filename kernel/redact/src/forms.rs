//! The forms in which a value may be written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Shorter values would mask half of any log.
pub const LEN_MIN: usize = 4;
/// Parts of a value, such as the lines of a key file, are masked one by one from this length on.
const PART_LEN_MIN: usize = 8;
/// How wide the usual programs make lines of base64.
const BASE64_WIDTHS: [usize; 2] = [76, 64];
/// A value of JSON is looked into so deep.
const DEPTH_MAX: usize = 8;

/// Returns the value itself, its parts, and what becomes of them in other notations.
pub(crate) fn of(value: &str) -> Vec<Vec<u8>> {
    let trimmed = value.trim_end_matches(['\n', '\r']);
    let mut forms = vec![value.as_bytes().to_vec()];
    written(trimmed, &mut forms);
    for part in parts(trimmed) {
        written(&part, &mut forms);
    }
    forms.retain(|form| form.len() >= LEN_MIN);
    forms
}

/// Returns the lines of a value of several lines, and the texts in a value that is JSON.
fn parts(value: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if value.contains('\n') {
        // Frames such as `-----BEGIN …` are the same for everybody.
        let lines = value.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        parts.extend(lines.map(str::to_owned));
    }
    if value.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str(value)
    {
        leaves(&json, DEPTH_MAX, &mut parts);
    }
    parts.retain(|part| part.len() >= PART_LEN_MIN && part != value);
    parts
}

fn leaves(json: &Value, depth: usize, parts: &mut Vec<String>) {
    match json {
        Value::String(text) => parts.push(text.clone()),
        Value::Array(items) if depth > 0 => {
            items.iter().for_each(|item| leaves(item, depth - 1, parts));
        }
        Value::Object(fields) if depth > 0 => {
            fields.values().for_each(|field| leaves(field, depth - 1, parts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {}
    }
}

/// Adds what becomes of a text in other notations.
fn written(text: &str, forms: &mut Vec<Vec<u8>>) {
    if text.len() < LEN_MIN {
        return;
    }
    let mut texts = vec![text.to_owned()];
    texts.extend(url(text));
    texts.extend(json(text));
    texts.extend(shell(text));
    texts.extend(hex(text.as_bytes()));
    forms.extend(texts.into_iter().map(String::into_bytes));
    forms.extend(base64(text.as_bytes()));
}

/// URL: as a part of a path, of a query, of a form, and as a whole; either case of the digits.
fn url(text: &str) -> Vec<String> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let component = |byte: u8| part(byte) || b"!'()*".contains(&byte);
    let whole = |byte: u8| component(byte) || b";/?:@&=+$,#".contains(&byte);
    let mut forms = Vec::new();
    for lower in [false, true] {
        forms.push(percent(text, lower, &part));
        forms.push(percent(text, lower, &component));
        forms.push(percent(text, lower, &whole));
    }
    let spaced: Vec<_> = forms.iter().map(|form| form.replace("%20", "+")).collect();
    forms.extend(spaced);
    forms
}

fn percent(text: &str, lower: bool, is_plain: &dyn Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        // Writing to a string cannot fail.
        let _ = match (is_plain(byte), lower) {
            (true, _) => write!(out, "{}", char::from(byte)),
            (false, true) => write!(out, "%{byte:02x}"),
            (false, false) => write!(out, "%{byte:02X}"),
        };
    }
    out
}

/// JSON: plain, with `/` or all but ASCII escaped, made safe for HTML; and JSON within JSON.
fn json(text: &str) -> Vec<String> {
    let plain = quoted(text);
    let ascii = ascii_only(&plain);
    let safe: Vec<String> = ["<", ">", "&", "'"]
        .iter()
        .zip(["\\u003c", "\\u003e", "\\u0026", "\\u0027"])
        .fold(vec![plain.clone()], |forms, (from, to)| {
            let last = forms.last().map(|form| form.replace(from, to));
            forms.into_iter().chain(last).collect()
        });
    let mut forms = vec![plain.replace('/', "\\/"), ascii.replace('/', "\\/"), ascii];
    forms.push(quoted(&plain));
    forms.extend(safe);
    forms
}

fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    // One quote at each end, and no more: the text may end with one of its own.
    quoted[1..quoted.len() - 1].to_owned()
}

fn ascii_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Shells: within single or double quotes, with backslashes, and as `$'…'`.
fn shell(text: &str) -> Vec<String> {
    let escaped = |special: &dyn Fn(char) -> bool| {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if special(c) {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c) || !c.is_ascii();
    let dollar = escaped(&|c| "\\'".contains(c));
    vec![
        text.replace('\'', r"'\''"),
        text.replace('\'', "'\"'\"'"),
        escaped(&|c| "\"$`\\".contains(c)),
        escaped(&|c| "\"$`\\!".contains(c)),
        escaped(&|c| !plain(c) && c != '\n'),
        escaped(&|c| !plain(c) && !"~^{}#".contains(c) && c != '\n'),
        dollar.replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r"),
    ]
}

fn hex(bytes: &[u8]) -> [String; 2] {
    let lower = bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    [lower.to_uppercase(), lower]
}

/// Returns the base64 forms of a value wherever it stands in what was encoded: the characters that
/// depend on it alone, for each of the three ways in which it can meet the groups of three bytes,
/// and to the very end where it is the end, or the end but for a line feed.
fn base64(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        // Characters that hold bits of a neighbour too are left out.
        let first = (before * 8).div_ceil(6);
        let last = (before + value.len()) * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let whole = |end: &[u8]| engine.encode([&[0; 2][..before], value, end].concat());
            let (text, line) = (whole(b""), whole(b"\n"));
            let here = [&text[first..last], &text[first..], &line[first..]].map(str::as_bytes);
            if here[0].len() < LEN_MIN {
                continue;
            }
            forms.extend(here.map(<[u8]>::to_vec));
            if before == 0 {
                // As a text of its own it may be broken into lines.
                for (form, width) in
                    here.iter().flat_map(|form| BASE64_WIDTHS.map(|width| (form, width)))
                {
                    let lines: Vec<_> = form.chunks(width).collect();
                    forms.push(lines.join(&b'\n'));
                    let long = lines.into_iter().filter(|line| line.len() >= PART_LEN_MIN);
                    forms.extend(long.map(<[u8]>::to_vec));
                }
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests;
