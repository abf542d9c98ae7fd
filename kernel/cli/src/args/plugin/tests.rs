use super::{digest, name};

#[test]
fn an_empty_name_is_refused() {
    assert_eq!(name("models/work").as_deref(), Ok("models/work"));
    for empty in ["", " "] {
        assert!(name(empty).unwrap_err().starts_with("a name is not empty; "));
    }
}

#[test]
fn a_digest_is_64_hex_digits_in_any_case() {
    let hex = "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let lower = hex.to_lowercase();
    assert_eq!(digest(hex).as_ref(), Ok(&lower));
    assert_eq!(digest(&format!("sha256:{hex}")).as_ref(), Ok(&lower));
    let err = digest("zzz").unwrap_err().to_string();
    assert!(err.starts_with("\"zzz\" is no digest; write sha256: and 64 hex digits"), "{err}");
}
