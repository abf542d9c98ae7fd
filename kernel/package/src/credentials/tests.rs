use std::path::Path;

use super::Credentials;

fn read(text: &str) -> Result<Credentials, String> {
    Credentials::parse(Path::new("auth.json"), text).map_err(|err| err.to_string())
}

#[test]
fn a_login_is_found_by_its_registry() {
    let file = r#"{"auths": {
        "r.example:5000": {"auth": "bWU6aHVudGVyMg=="},
        "https://other.example/v1/": {"username": "you", "password": "s3cret"}
    }}"#;
    let credentials = read(file).unwrap();
    let login = credentials.login("r.example:5000").unwrap();
    assert_eq!((login.user.as_str(), login.password.as_str()), ("me", "hunter2"));
    assert_eq!(credentials.login("other.example").unwrap().user, "you");
    assert_eq!(credentials.login("r.example"), None);
    assert!(!format!("{credentials:?}").contains("hunter2"));
}

#[test]
fn a_file_that_leaves_it_to_a_program_is_refused() {
    let err = read(r#"{"auths": {"r.example": {}}, "credsStore": "desktop"}"#).unwrap_err();
    assert!(err.contains("r.example") && err.contains("--password-file"), "{err}");
    let err = read(r#"{"credHelpers": {"r.example": "cloud"}}"#).unwrap_err();
    assert!(err.contains("cloud"), "{err}");
}

#[test]
fn a_damaged_file_is_not_repeated() {
    let err = read(r#"{"auths": {"r.example": {"password": "hunter2", }}}"#).unwrap_err();
    assert!(err.contains("line 1") && !err.contains("hunter2"), "{err}");
}
