use super::{ProofError, read, write};
use crate::artifact::{Artifact, Facts};
use crate::package::Package;
use crate::signature::Signature;

fn package() -> Package {
    let signatures = vec![
        Signature::Simple { payload: b"payload".to_vec(), signature: b"one".to_vec() },
        Signature::Minisign("two".to_owned()),
        Signature::Detached(b"three".to_vec()),
    ];
    let package = Package::new(b"nice".to_vec(), "oci://r.example/nice:1".to_owned(), signatures);
    package.with_artifact(Artifact::make(b"nice", &Facts::default()).manifest).unwrap()
}

#[test]
fn bytes_and_their_proof_come_together_again() {
    let package = package();
    let proof = write(&package).unwrap();
    let again = read(package.bytes.clone(), package.origin.clone(), Some(&proof));
    assert_eq!(again, Ok(package));
    let bare = Package::new(b"nice".to_vec(), "file:///nice.wasm".to_owned(), Vec::new());
    assert_eq!(write(&bare), None);
    assert_eq!(read(bare.bytes.clone(), bare.origin.clone(), None), Ok(bare));
}

#[test]
fn a_proof_of_other_bytes_is_refused() {
    let proof = write(&package()).unwrap();
    assert_eq!(read(b"evil".to_vec(), String::new(), Some(&proof)), Err(ProofError::Foreign));
    assert_eq!(read(Vec::new(), String::new(), Some(b"hello")), Err(ProofError::Damaged));
}
