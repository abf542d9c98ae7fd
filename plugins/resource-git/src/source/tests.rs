use serde_json::json;

use super::*;

#[test]
fn people_see_no_password() {
    for (uri, shown) in [
        ("https://ada:s3cret@example.com/x.git", "https://example.com/x.git"),
        ("https://token@example.com/x@y", "https://example.com/x@y"),
        ("https://example.com/x@y", "https://example.com/x@y"),
        ("ssh://git@example.com/x", "ssh://git@example.com/x"),
        ("git@example.com:x.git", "git@example.com:x.git"),
        ("file:///srv/x", "file:///srv/x"),
        ("/srv/x", "/srv/x"),
    ] {
        let source = Source { uri: uri.into(), ..Source::default() };
        assert_eq!(source.shown_uri(), shown);
    }
}

#[test]
fn submodules_are_a_word_or_paths() {
    let read = |value| Source::read(&json!({"uri": "x", "submodules": value}));
    let good = |value| read(value).map(|source| source.submodules);
    assert_eq!(good(json!("none")), Ok(Submodules::Word(Word::None)));
    assert_eq!(good(json!(["a"])), Ok(Submodules::Paths(vec!["a".into()])));
    assert!(read(json!("some")).is_err());
}
