//! A manifest as its author wrote it: what is put into it leaves all else as it stands.

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

/// Returns the manifest with another `config`. None: `text` is no JSON object.
pub(super) fn with_config(text: &str, config: &Value) -> Option<String> {
    let shown = serde_json::to_string_pretty(config).ok()?.replace('\n', "\n  ");
    let mut at = text.find('{')? + 1;
    loop {
        at = past_blanks(text, at);
        if text[at..].starts_with('}') {
            // After the last value, or between the braces of an empty object.
            let before = text[..at].trim_end();
            let comma = if before.ends_with('{') { "" } else { "," };
            return Some(format!("{before}{comma}\n  \"config\": {shown}\n{}", &text[at..]));
        }
        let (key, end) = next::<String>(text, at)?;
        at = past_blanks(text, end);
        at = past_blanks(text, at + text[at..].strip_prefix(':').map(|_| 1)?);
        let (_, end) = next::<IgnoredAny>(text, at)?;
        if key == "config" {
            return Some(format!("{}{shown}{}", &text[..at], &text[end..]));
        }
        at = past_blanks(text, end);
        at += usize::from(text[at..].starts_with(','));
    }
}

/// Reads one value, and says where it ends.
fn next<T: serde::de::DeserializeOwned>(text: &str, at: usize) -> Option<(T, usize)> {
    let mut values = Deserializer::from_str(&text[at..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}

fn past_blanks(text: &str, at: usize) -> usize {
    at + (text[at..].len() - text[at..].trim_start().len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::with_config;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(with_config(text, &json!({ "type": "object" })).as_deref(), Some(want));
    }

    #[test]
    fn the_order_of_keys_stays_as_it_was() {
        check(
            "{\n  \"name\": \"a\",\n  \"config\": {\"a\": [1]},\n  \"actions\": []\n}\n",
            "{\n  \"name\": \"a\",\n  \"config\": {\n    \"type\": \"object\"\n  },\n  \"actions\": []\n}\n",
        );
        check(
            "{\n  \"name\": \"config\"\n}\n",
            "{\n  \"name\": \"config\",\n  \"config\": {\n    \"type\": \"object\"\n  }\n}\n",
        );
        check("{}", "{\n  \"config\": {\n    \"type\": \"object\"\n  }\n}");
        assert_eq!(with_config("[]", &json!({})), None);
        assert_eq!(with_config("{\"a\"", &json!({})), None);
    }
}
