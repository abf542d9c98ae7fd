//! Texts of addresses and of claims.

use serde_json::Value;

/// Escapes what has a meaning in an address or a form.
#[must_use]
pub fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// Writes fields as a query or a form; empty ones are left out.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    let fields = fields.map(|(name, value)| format!("{name}={}", escaped(value)));
    fields.collect::<Vec<_>>().join("&")
}

/// Returns the texts of a claim that is a list, or one text.
#[must_use]
pub fn texts(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => vec![text.clone()],
        Value::Array(found) => found.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
}
