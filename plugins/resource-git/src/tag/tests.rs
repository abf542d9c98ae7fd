use super::*;

#[test]
fn patterns_match_as_in_a_shell_but_across_slashes() {
    for (pattern, name, want) in [
        ("*", "", true),
        ("v*", "v1", true),
        ("v*", "1", false),
        ("*-rc*", "v1-rc2", true),
        ("release/*", "release/a/b", true),
        ("v?.0", "v1.0", true),
        ("v?.0", "v.0", false),
        ("v[0-9]", "v5", true),
        ("v[!0-9]", "v5", false),
        ("v[0-9]*", "v55-x", true),
        ("[]]", "]", true),
        ("[", "[", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbYbZ", false),
        ("\\*", "*", true),
        ("\\*", "x", false),
    ] {
        assert_eq!(matches(pattern, name), want, "{pattern} {name}");
    }
}

#[test]
fn ages_follow_numbers_and_put_pre_releases_first() {
    let mut names = ["1.10", "1.9", "1.9.1", "1.9-rc2", "1.9-rc10", "2", "1.09.2", "1.8"];
    names.sort_by(|a, b| by_age(a, b));
    assert_eq!(names, ["1.8", "1.9-rc2", "1.9-rc10", "1.9", "1.9.1", "1.09.2", "1.10", "2"]);
}
