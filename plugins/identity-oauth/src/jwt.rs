//! ID tokens: signed texts that say who somebody is (RFC 7519, OpenID Connect Core 3.1.3.7).
//!
//! Invariants:
//! - Only the two algorithms that are listed here are taken, whatever a token says of itself.
//! - A key is used for the algorithm of its own kind only.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tenon_sdk::{Error, Result};

/// Clocks differ by so much.
const SKEW_S: f64 = 60.0;
/// Larger tokens are an attack on our memory.
const BYTES_MAX: usize = 256 * 1024;
/// Shorter moduli can be factored; longer ones take too long to check.
const RSA_BITS: std::ops::RangeInclusive<u64> = 2048..=8192;
/// DER of `DigestInfo` with SHA-256, in front of the digest (RFC 8017, 9.2).
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// What a token must say.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// Whether it may come from there.
    pub issuer: &'a str,
    /// The client that it is for.
    pub audience: &'a str,
    pub nonce: &'a str,
    pub now_ms: u64,
}

/// Returns the claims of a token that is genuine and meant for us.
pub fn verified(token: &str, keys: &Value, expected: &Expected<'_>) -> Result<Value> {
    let claims = signed(token, keys)?;
    check(&claims, expected).map_err(|what| refused(&what))?;
    Ok(claims)
}

/// Returns the claims of a token without looking at its signature: for what decides which issuer to
/// expect, and nothing else.
pub fn unverified(token: &str) -> Result<Value> {
    let part = token.split('.').nth(1).unwrap_or_default();
    json(part).ok_or_else(|| refused("it cannot be read"))
}

/// Returns the claims of a token that one of these keys has signed.
fn signed(token: &str, keys: &Value) -> Result<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else {
        return Err(refused("it has no three parts"));
    };
    if token.len() > BYTES_MAX {
        return Err(refused("it is too long"));
    }
    let (Some(header), Some(claims), Some(signature)) = (json(head), json(body), bytes(signature))
    else {
        return Err(refused("it cannot be read"));
    };
    // It says that something must be understood, which is not.
    if !header["crit"].is_null() {
        return Err(refused("it has critical extensions"));
    }
    let (alg, kty) = match header["alg"].as_str() {
        Some("RS256") => ("RS256", "RSA"),
        Some("ES256") => ("ES256", "EC"),
        other => {
            let found = other.unwrap_or("nothing").chars().take(20).collect::<String>();
            return Err(refused(&format!("it is signed by {found:?}, not RS256 or ES256")));
        }
    };
    let message = &token[..head.len() + 1 + body.len()];
    let mut fitting = keys["keys"].as_array().into_iter().flatten().filter(|key| {
        let is_for = |name: &str, want: &str| key[name].is_null() || key[name] == want;
        key["kty"] == kty
            && is_for("alg", alg)
            && is_for("use", "sig")
            && (header["kid"].is_null() || key["kid"] == header["kid"])
    });
    let is_genuine = fitting.any(|key| match alg {
        "RS256" => rs256(key, message.as_bytes(), &signature),
        _ => es256(key, message.as_bytes(), &signature),
    });
    if is_genuine { Ok(claims) } else { Err(refused("no key of its issuer has signed it")) }
}

fn check(claims: &Value, expected: &Expected<'_>) -> Result<(), String> {
    let same_issuer =
        |found: &str| found.trim_end_matches('/') == expected.issuer.trim_end_matches('/');
    if !claims["iss"].as_str().is_some_and(same_issuer) {
        return Err("it is from another issuer".to_owned());
    }
    let audiences = crate::texts(&claims["aud"]);
    if !audiences.iter().any(|audience| audience == expected.audience) {
        return Err("it is meant for another client".to_owned());
    }
    let party = claims["azp"].as_str();
    if party.map_or(audiences.len() > 1, |party| party != expected.audience) {
        return Err("it was given to another client".to_owned());
    }
    // Seconds, which may have a fraction.
    let now = Duration::from_millis(expected.now_ms).as_secs_f64();
    let seconds = |name: &str| claims[name].as_f64();
    if seconds("exp").is_none_or(|at| at + SKEW_S <= now) {
        return Err("it has expired".to_owned());
    }
    if ["iat", "nbf"].iter().filter_map(|name| seconds(name)).any(|at| at > now + SKEW_S) {
        return Err("it is from the future; do the clocks agree?".to_owned());
    }
    if expected.nonce.is_empty() || claims["nonce"] != expected.nonce {
        return Err("it belongs to another login".to_owned());
    }
    match claims["sub"].as_str() {
        Some(subject) if !subject.is_empty() && subject.len() <= 255 => Ok(()),
        _ => Err("it does not say who it is about".to_owned()),
    }
}

/// RSASSA-PKCS1-v1_5 with SHA-256: the whole block is made and compared, so that nothing in it is
/// left to a parser.
fn rs256(key: &Value, message: &[u8], signature: &[u8]) -> bool {
    let number = |name: &str| key[name].as_str().and_then(bytes);
    let (Some(n), Some(e)) = (number("n"), number("e")) else { return false };
    let (n, e) = (BigUint::from_bytes_be(&n), BigUint::from_bytes_be(&e));
    let size = usize::try_from(n.bits().div_ceil(8)).unwrap_or_default();
    let s = BigUint::from_bytes_be(signature);
    let is_sound =
        RSA_BITS.contains(&n.bits()) && (2..=33).contains(&e.bits()) && e.bit(0) && n.bit(0);
    if !is_sound || signature.len() != size || s >= n {
        return false;
    }
    let mut block = vec![0xff; size];
    block[0] = 0;
    block[1] = 1;
    let tail = size - SHA256_INFO.len() - 32;
    block[tail - 1] = 0;
    block[tail..tail + SHA256_INFO.len()].copy_from_slice(&SHA256_INFO);
    block[tail + SHA256_INFO.len()..].copy_from_slice(&Sha256::digest(message));
    s.modpow(&e, &n) == BigUint::from_bytes_be(&block)
}

fn es256(key: &Value, message: &[u8], signature: &[u8]) -> bool {
    let half = |name: &str| key[name].as_str().and_then(bytes).filter(|half| half.len() == 32);
    let (Some(x), Some(y)) = (half("x"), half("y")) else { return false };
    if key["crv"] != "P-256" {
        return false;
    }
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    let (Ok(key), Ok(signature)) =
        (VerifyingKey::from_sec1_bytes(&point), Signature::from_slice(signature))
    else {
        return false;
    };
    key.verify(message, &signature).is_ok()
}

fn json(part: &str) -> Option<Value> {
    let found: Value = serde_json::from_slice(&bytes(part)?).ok()?;
    found.is_object().then_some(found)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn refused(what: &str) -> Error {
    Error::new("denied", format!("the ID token cannot be used: {what}"))
}

#[cfg(test)]
mod tests;
