//! The forms in which a value may be written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter ones would mask half of any log.
const LEN_MIN: usize = 4;
/// Lines of a value, such as those of a key file, are masked one by one from this length on.
const LINE_LEN_MIN: usize = 8;

/// Returns the value itself, its longer lines, and its URL-encoded, JSON and base64 forms.
pub(super) fn of(value: &str) -> Vec<Vec<u8>> {
    let trimmed = value.trim_end_matches(['\n', '\r']);
    let mut forms = vec![value.as_bytes().to_vec(), trimmed.as_bytes().to_vec()];
    forms.push(url_encoded(trimmed).into_bytes());
    forms.push(json_escaped(trimmed).into_bytes());
    if trimmed.contains('\n') {
        let lines = trimmed.lines().map(str::trim).filter(|line| line.len() >= LINE_LEN_MIN);
        forms.extend(lines.map(|line| line.as_bytes().to_vec()));
    }
    forms.retain(|form| form.len() >= LEN_MIN);
    if trimmed.len() >= LEN_MIN {
        forms.extend(base64(trimmed.as_bytes()));
    }
    forms
}

/// Returns the base64 forms of a value wherever it stands in what was encoded: the characters that
/// depend on it alone, for each of the three ways in which it can meet the groups of three bytes.
fn base64(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value);
        // Characters that hold bits of a neighbour too are left out.
        let first = (before * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            let form = text.as_bytes().get(first..last).unwrap_or_default();
            if form.len() >= LEN_MIN {
                forms.push(form.to_vec());
            }
        }
    }
    forms
}

fn url_encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.trim_matches('"').to_owned()
}
