use super::Signature;

#[test]
fn a_text_is_the_signature_that_it_was_written_from() {
    for signature in [
        Signature::Minisign("untrusted comment: a, b\nRWQ=\n".to_owned()),
        Signature::Detached(b"0E\x02\x20 in ASN.1, of whatever length".to_vec()),
        Signature::Detached(vec![7; 64]),
    ] {
        let text = signature.text().unwrap();
        assert_eq!(Signature::of_text(&text), signature, "{text}");
    }
    let over_artifact = Signature::Simple { payload: vec![], signature: vec![] };
    assert_eq!(over_artifact.text(), None, "it belongs to a manifest");
}
