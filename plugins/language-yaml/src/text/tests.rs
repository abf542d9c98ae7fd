//! Tests of names and paths.

use super::{is_artifact_name, relative, slug, unique_slug};

#[test]
fn slugs_are_parts_of_paths() {
    for (name, want) in
        [("Run tests!", "Run-tests-"), ("é", "-"), ("..", "--"), ("", "-"), ("a.b", "a.b")]
    {
        assert_eq!(slug(name), want, "{name:?}");
    }
    assert_eq!(slug(&"x".repeat(100)).len(), 64);
    assert_ne!(unique_slug("a b"), unique_slug("a-b"));
}

#[test]
fn relative_paths_stay_inside() {
    for (path, want) in
        [("./a//b/", Some("a/b")), ("/a", Some("a")), (".", Some("")), ("a/../b", None)]
    {
        assert_eq!(relative(path).as_deref(), want, "{path:?}");
    }
}

#[test]
fn artifact_names_are_plain() {
    for (name, want) in
        [("a-b_c.1", true), ("", false), ("..", false), ("a/b", false), ("a b", false)]
    {
        assert_eq!(is_artifact_name(name), want, "{name:?}");
    }
}
