//! Signatures of requests: AWS Signature Version 4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "s3";
const DAY_S: u64 = 86_400;

/// Who signs.
pub(crate) struct Signer<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) secret_access_key: &'a str,
    pub(crate) region: &'a str,
}

/// What is signed. Path and query are encoded already, the query is sorted.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// In lower case; all that is sent.
    pub(crate) headers: &'a BTreeMap<String, String>,
    pub(crate) body_sha256: &'a str,
    /// Such as `20260102T030405Z`.
    pub(crate) at: &'a str,
}

impl Signer<'_> {
    /// Returns the value of the header `authorization`.
    pub(crate) fn sign(&self, signed: &Signed<'_>) -> String {
        let names = signed.headers.keys().map(String::as_str).collect::<Vec<_>>().join(";");
        let headers = signed.headers.iter().fold(String::new(), |mut text, (name, value)| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}:{}", value.trim());
            text
        });
        let Signed { method, path, query, body_sha256, at, .. } = signed;
        let request = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{body_sha256}");
        let day = &at[..8];
        let scope = format!("{day}/{}/{SERVICE}/aws4_request", self.region);
        let text = format!("{ALGORITHM}\n{at}\n{scope}\n{}", sha256(request.as_bytes()));
        let first = format!("AWS4{}", self.secret_access_key);
        let parts = [day, self.region, SERVICE, "aws4_request", &text];
        let signature =
            parts.iter().fold(first.into_bytes(), |key, part| hmac(&key, part.as_bytes()));
        let (id, signature) = (self.access_key_id, hex(&signature));
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // Every length of key will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Returns the SHA-256 of bytes, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the time of the call, as signatures write it.
pub(crate) fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    time(seconds)
}

fn time(seconds: u64) -> String {
    let (days, second) = (seconds / DAY_S, seconds % DAY_S);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    // From days to a date, by eras of 400 years that begin with March.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}{month:02}{date:02}T{hour:02}{minute:02}{:02}Z", second % 60)
}

/// Encodes a part of a path or query as signatures want it.
pub(crate) fn encoded(text: &str, keep_slash: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Signed, Signer, encoded, sha256, time};

    #[test]
    fn times_are_written_as_signatures_want_them() {
        assert_eq!(time(0), "19700101T000000Z");
        assert_eq!(time(1_369_353_600), "20130524T000000Z");
        assert_eq!(time(1_709_251_199), "20240229T235959Z");
        assert_eq!(time(1_735_689_599), "20241231T235959Z");
    }

    #[test]
    fn the_example_of_the_documentation_has_its_signature() {
        // "Signature Calculations for the Authorization Header", example GET Object.
        let signer = Signer {
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
        };
        let empty = sha256(b"");
        let headers = BTreeMap::from(
            [
                ("host", "examplebucket.s3.amazonaws.com"),
                ("range", "bytes=0-9"),
                ("x-amz-content-sha256", &empty),
                ("x-amz-date", "20130524T000000Z"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let authorization = signer.sign(&Signed {
            method: "GET",
            path: "/test.txt",
            query: "",
            headers: &headers,
            body_sha256: &empty,
            at: "20130524T000000Z",
        });
        assert!(authorization.ends_with(
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ));
    }

    #[test]
    fn slashes_are_part_of_paths_only() {
        assert_eq!(encoded("a/b c~é", true), "a/b%20c~%C3%A9");
        assert_eq!(encoded("a/b", false), "a%2Fb");
    }
}
