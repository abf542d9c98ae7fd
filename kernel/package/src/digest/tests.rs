use super::Digest;

#[test]
fn a_digest_is_written_as_it_is_read() {
    let digest = Digest::of(b"abc");
    let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.to_string(), text);
    assert_eq!(text.parse(), Ok(digest));
    assert_eq!(text.to_uppercase().replace("SHA256", "sha256").parse(), Ok(digest));
}

#[test]
fn what_is_no_digest_is_refused_by_its_text() {
    for text in ["", "sha256:", "sha256:12", "md5:ba7816bf", &format!("sha256:{}", "é".repeat(32))]
    {
        let err = text.parse::<Digest>().unwrap_err().to_string();
        assert!(err.contains("64 hex digits"), "{text}: {err}");
    }
}
