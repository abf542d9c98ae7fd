use super::*;

fn hint(program: &str, dir: &Path, path: Option<&str>) -> String {
    find(program, dir, path).unwrap_err().to_string()
}

#[test]
fn a_name_is_looked_for_in_the_given_path_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(find("sh", dir.path(), Some("/nowhere:/bin")).unwrap(), Path::new("/bin/sh"));
    assert!(hint("sh", dir.path(), Some("/nowhere")).contains("PATH, which is \"/nowhere\""));
    assert!(find("sh", dir.path(), None).is_ok());
}

#[test]
fn a_path_is_relative_to_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tool");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    assert!(hint("./tool", dir.path(), None).contains("chmod +x"));
    fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(find("./tool", dir.path(), None).unwrap(), dir.path().join("./tool"));
    assert!(hint("tool", dir.path(), None).contains("in PATH"));
    assert!(find("tool", Path::new("/"), Some(dir.path().to_str().unwrap())).is_ok());
}

#[test]
fn a_directory_or_an_empty_name_is_not_a_program() {
    assert!(hint("/usr", Path::new("/"), None).contains("directory"));
    assert!(hint("", Path::new("/"), None).contains("empty"));
    assert!(hint("/no/such", Path::new("/"), None).contains("no such file"));
}
