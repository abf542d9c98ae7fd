use super::{payload, subject, tag};
use crate::digest::Digest;

#[test]
fn a_payload_says_which_artifact_it_is_about() {
    let digest = Digest::of(b"abc");
    assert_eq!(subject(&payload("r.example/nice", digest)), Ok(digest));
    let found = format!("sha256-{}.sig", digest.hex());
    assert_eq!(tag(digest), found);
}

#[test]
fn another_payload_says_nothing() {
    let refused = |text: &str| subject(text.as_bytes()).unwrap_err().to_string();
    assert!(refused("no").contains("not JSON"));
    assert!(refused("{}").contains("of the type \"\""));
    assert!(refused(r#"{"critical": {"type": "atomic container signature"}}"#).contains("atomic"));
    let typed = r#"{"critical": {"type": "cosign container image signature", "image": {}}}"#;
    assert!(refused(typed).contains("names no digest"));
}
