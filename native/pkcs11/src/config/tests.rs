//! Configurations, good and bad.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Config;

fn file(dir: &Path, name: &str, content: &str, mode: u32) -> String {
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.display().to_string()
}

#[track_caller]
fn refused(text: &str, part: &str) {
    let message = Config::read(text).unwrap_err().message;
    assert!(message.contains(part), "{message}");
    assert!(!message.contains("1234"), "a PIN in a message: {message}");
}

#[test]
fn a_pin_comes_from_a_file_that_only_its_owner_reads() {
    let dir = tempfile::tempdir().unwrap();
    let module = file(dir.path(), "module.so", "", 0o755);
    let pin = file(dir.path(), "pin", "1234\n", 0o600);
    let config =
        Config::read(&format!(r#"{{"module":"{module}","token":"t","pinFile":"{pin}"}}"#)).unwrap();
    assert_eq!((config.pin.as_str(), config.key.as_str()), ("1234", "tenon-server-key"));
    assert!(!format!("{config:?}").contains("1234"));
}

#[test]
fn each_mistake_is_named_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let module = file(dir.path(), "module.so", "", 0o755);
    let open_module = file(dir.path(), "open.so", "", 0o777);
    let open_pin = file(dir.path(), "pin", "1234", 0o644);
    let with = |rest: &str| format!(r#"{{"module":"{module}","token":"t"{rest}}}"#);
    refused("{}", "it needs `module`");
    refused(&with(""), "the token has no PIN");
    refused(&with(r#","pin":"1234","pinFile":"/x""#), "remove one");
    refused(&with(r#","pni":"1234""#), "unknown field `pni`");
    refused(&with(&format!(r#","pinFile":"{open_pin}""#)), "run `chmod 600");
    refused(&with(r#","pinFile":"/nowhere/pin""#), "failed to read /nowhere/pin");
    refused(r#"{"module":"m.so","token":"t","pin":"1234"}"#, "must be an absolute path");
    refused(&format!(r#"{{"module":"{open_module}","token":"t","pin":"1234"}}"#), "chmod go-w");
}
