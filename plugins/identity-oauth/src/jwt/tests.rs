use serde_json::Value;

use super::{Expected, verified};

/// Made by another implementation; the keys were thrown away. What a bad token is called is what is
/// wrong with it.
const TOKENS: &str = include_str!("tests/tokens.json");

fn tokens() -> Value {
    serde_json::from_str(TOKENS).unwrap()
}

fn check(token: &str, keys: &Value) -> Result<Value, String> {
    let expected = Expected {
        issuer: "https://id.example.com",
        audience: "tenon",
        nonce: "n0nce",
        now_ms: 1_767_225_600_000,
    };
    verified(token, keys, &expected).map_err(|err| {
        assert_eq!(err.code, "denied");
        err.message
    })
}

#[test]
fn genuine_tokens_are_taken() {
    let tokens = tokens();
    for (name, token) in tokens["good"].as_object().unwrap() {
        let claims = check(token.as_str().unwrap(), &tokens["keys"]);
        assert_eq!(claims.unwrap()["sub"], "42", "{name}");
    }
}

#[test]
fn all_others_are_refused_for_what_is_wrong_with_them() {
    let tokens = tokens();
    let mut count = 0;
    for (what, bad) in tokens["bad"].as_object().unwrap() {
        for (at, token) in bad.as_array().unwrap().iter().enumerate() {
            let err = check(token.as_str().unwrap(), &tokens["keys"]);
            let err = err.expect_err(&format!("{what} {at} is taken"));
            assert!(err.contains(what.as_str()), "{what} {at}: {err}");
            count += 1;
        }
    }
    assert!(count > 25, "{count}");
}

#[test]
fn without_keys_nothing_is_genuine() {
    let tokens = tokens();
    let token = tokens["good"]["rs256"].as_str().unwrap();
    for keys in [
        Value::Null,
        serde_json::json!({ "keys": [] }),
        serde_json::json!({ "keys": [{ "kty": "RSA" }] }),
        serde_json::json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }),
        serde_json::json!({ "keys": [{ "kty": "RSA", "n": "", "e": "" }] }),
    ] {
        check(token, &keys).unwrap_err();
    }
}

#[test]
fn an_empty_nonce_is_no_nonce() {
    let tokens = tokens();
    let expected =
        Expected { issuer: "https://id.example.com", audience: "tenon", nonce: "", now_ms: 0 };
    let token = tokens["good"]["rs256"].as_str().unwrap();
    verified(token, &tokens["keys"], &expected).unwrap_err();
}
