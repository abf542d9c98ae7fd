use super::*;

#[track_caller]
fn check(pattern: &str, fits: &[&str], fits_not: &[&str]) {
    let parsed = Pattern::parse(pattern).unwrap();
    for path in fits {
        assert!(parsed.fits(path), "{pattern} should fit {path}");
        for (at, _) in path.match_indices('/') {
            assert!(parsed.reaches(&path[..at]), "{pattern} should reach {}", &path[..at]);
        }
    }
    for path in fits_not {
        assert!(!parsed.fits(path), "{pattern} should not fit {path}");
    }
}

#[test]
fn wildcards_fit_what_they_say() {
    check("dist/*.gz", &["dist/a.gz", "dist/.gz"], &["dist/a/b.gz", "dist/a.gzip", "a.gz"]);
    check("**/*.log", &["a.log", "x/y/a.log"], &["a.log/b"]);
    check("a/**", &["a/b", "a/b/c"], &["b/a"]);
    check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a/b", "z"]);
    check("**/b/**/d", &["b/d", "a/b/c/d", "b/b/d/d"], &["a/d"]);
    check("f?le*", &["file", "file.txt"], &["fle", "dir/file"]);
    check("*a*b*c", &["abc", "xaxbxc", "aabbcc"], &["acb", "abcd"]);
}

#[test]
fn a_path_names_all_that_is_below() {
    check("./out/bin/", &["out/bin", "out/bin/a", "out/bin/a/b"], &["out/bind", "out"]);
}

#[test]
fn a_pattern_does_not_lead_out() {
    assert!(Pattern::parse("../x").is_err());
    assert!(Pattern::parse("a/../../x").is_err());
}

#[test]
fn folders_that_cannot_fit_are_not_entered() {
    let reaches = |pattern: &str, folder| Pattern::parse(pattern).unwrap().reaches(folder);
    assert!(!reaches("dist/*.gz", "node_modules"));
    assert!(!reaches("dist/*.gz", "dist/sub"));
    assert!(reaches("*/x", "anything"));
    assert!(reaches("out", "out/deep"));
}
