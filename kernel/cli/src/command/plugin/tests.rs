use std::path::Path;

use super::json_file;

#[test]
fn a_configuration_that_is_no_object_is_not_taken_for_a_file() {
    for text in ["[1]", " \"x\"", "12"] {
        let err = json_file(Path::new(text)).unwrap_err().to_string();
        assert!(err.starts_with(&format!("{text} is JSON, but no object")), "{err}");
    }
    let err = json_file(Path::new("1.json")).unwrap_err().to_string();
    assert_eq!(err, "failed to read 1.json");
}
