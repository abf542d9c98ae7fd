//! An attacker who may write a value in many ways, cut it anywhere, and decode what is shown.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use kernel_redact::{MaskStream, Masker};
use proptest::prelude::*;

/// How a program may write a value.
#[derive(Debug, Clone, Copy)]
enum Way {
    Plain,
    Url,
    UrlLower,
    Form,
    Json,
    JsonTwice,
    JsonAscii,
    ShellSingle,
    ShellDouble,
    Base64,
    Base64Url,
    Base64Lines,
    Hex,
    Lines,
}

const WAYS: [Way; 14] = [
    Way::Plain,
    Way::Url,
    Way::UrlLower,
    Way::Form,
    Way::Json,
    Way::JsonTwice,
    Way::JsonAscii,
    Way::ShellSingle,
    Way::ShellDouble,
    Way::Base64,
    Way::Base64Url,
    Way::Base64Lines,
    Way::Hex,
    Way::Lines,
];

fn engine(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// Writes `before`, the value and `after`, as programs do that know nothing of the masks.
fn write(way: Way, before: &str, value: &str, after: &str) -> String {
    let percent = |lower: bool, space: &'static str| {
        value.bytes().map(move |byte| match byte {
            b' ' => space.to_owned(),
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
            b if lower => format!("%{b:02x}"),
            b => format!("%{b:02X}"),
        })
    };
    let json = |text: &str| serde_json::to_string(text).unwrap();
    match way {
        Way::Plain => format!("{before}{value}{after}"),
        Way::Url => format!("{before}={}&{after}", percent(false, "%20").collect::<String>()),
        Way::UrlLower => format!("{before}={}&{after}", percent(true, "%20").collect::<String>()),
        Way::Form => format!("{before}={}&{after}", percent(false, "+").collect::<String>()),
        Way::Json => json(&format!("{before}{value}{after}")),
        Way::JsonTwice => json(&json(&format!("{before}{value}{after}"))),
        Way::JsonAscii => {
            let text = json(&format!("{before}{value}{after}"));
            let unit = |c: char| match c {
                c if c.is_ascii() => c.to_string(),
                c => c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")).collect(),
            };
            text.chars().map(unit).collect()
        }
        Way::ShellSingle => format!("'{before}{}{after}'", value.replace('\'', r"'\''")),
        Way::ShellDouble => {
            let quoted = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('$', "\\$")
                .replace('`', "\\`");
            format!("\"{before}{quoted}{after}\"")
        }
        Way::Base64 => engine(&alphabet::STANDARD).encode(format!("{before}{value}{after}")),
        Way::Base64Url => engine(&alphabet::URL_SAFE).encode(format!("{before}{value}{after}")),
        Way::Base64Lines => {
            let text = engine(&alphabet::STANDARD).encode(value);
            let lines = text.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap());
            format!("{before}\n{}\n{after}", lines.collect::<Vec<_>>().join("\n"))
        }
        Way::Hex => value.bytes().map(|byte| format!("{byte:02x}")).collect(),
        Way::Lines => value.lines().map(|line| format!("{before}{line}{after}\n")).collect(),
    }
}

/// Reads what is shown in every way, and returns whether the value is there.
fn recovers(shown: &[u8], value: &str) -> bool {
    let has = |bytes: &[u8]| bytes.windows(value.len()).any(|part| part == value.as_bytes());
    let text = String::from_utf8_lossy(shown);
    let unquoted = unescape(&text);
    has(shown)
        || has(&percent_decoded(&text))
        || has(&percent_decoded(&text.replace('+', " ")))
        || has(unquoted.as_bytes())
        || has(unescape(&unquoted).as_bytes())
        || has(text.replace(r"'\''", "'").as_bytes())
        || base64_runs(&text).iter().any(|bytes| has(bytes))
        || base64_runs(&text.replace('\n', "")).iter().any(|bytes| has(bytes))
        || hex_decoded(&text).is_some_and(|bytes| has(&bytes))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Takes backslashes away, as JSON and shells do.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, (c == '\\').then(|| chars.next()).flatten()) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('u')) => {
                let code: String = chars.by_ref().take(4).collect();
                let unit = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                out.push(unit.unwrap_or('\u{fffd}'));
            }
            ('\\', Some(c)) | (c, None) => out.push(c),
            (c, Some(_)) => out.push(c),
        }
    }
    out
}

/// Decodes every run of characters of base64, from each of four places on.
fn base64_runs(text: &str) -> Vec<Vec<u8>> {
    let is_code = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let mut found = Vec::new();
    for run in text.split(|c| !is_code(c)).filter(|run| run.len() >= 4) {
        let run = run.replace('-', "+").replace('_', "/");
        for from in 0..4.min(run.len()) {
            let mut part = &run[from..];
            if part.len() % 4 == 1 {
                part = &part[..part.len() - 1];
            }
            found.extend(engine(&alphabet::STANDARD).decode(part));
        }
    }
    found
}

fn hex_decoded(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok()).collect()
}

fn values() -> impl Strategy<Value = String> {
    let plain = "[a-zA-Z0-9_./+=-]{8,80}";
    let hard = r#"[a-z "'\\$`!&<>/%é☃]{8,40}[a-z]"#;
    let lines = "[a-zA-Z0-9+/]{16,64}(\n[a-zA-Z0-9+/]{16,64}){1,4}";
    prop_oneof![plain, hard, lines]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]
    #[test]
    fn no_way_of_writing_a_value_leaks_it(
        values in proptest::collection::vec(values(), 1..5),
        ways in proptest::collection::vec(
            (proptest::sample::select(&WAYS[..]), any::<prop::sample::Index>(), "[a-z:]{0,7}", "[a-z;]{0,7}"),
            1..6,
        ),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let masker = Masker::new(values.iter().map(String::as_str));
        for (way, which, before, after) in ways {
            let value = which.get(&values);
            let text = write(way, &before, value, &after);
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let mut stream = MaskStream::default();
            let mut shown = Vec::new();
            for piece in places.windows(2) {
                let piece = Bytes::copy_from_slice(&text.as_bytes()[piece[0]..piece[1]]);
                shown.extend_from_slice(&stream.push(&masker, piece));
            }
            shown.extend_from_slice(&stream.finish(&masker));
            prop_assert!(
                !recovers(&shown, value),
                "{way:?} of {value:?} leaks in {:?}",
                String::from_utf8_lossy(&shown)
            );
            if let Way::Lines = way {
                for line in value.lines() {
                    prop_assert!(!recovers(&shown, line), "a line of {value:?} leaks");
                }
            }
        }
    }
}

#[test]
fn the_attacker_can_read_what_is_not_masked() {
    let value = "hunter22 é\"'\\$ and/more";
    for way in WAYS {
        let text = write(way, "ab", value, "cd");
        assert!(recovers(text.as_bytes(), value), "{way:?}: {text}");
    }
}
