use super::of;

#[track_caller]
fn check(value: &str, forms: &[&str]) {
    let known = of(value);
    for form in forms {
        let is_known = known.iter().any(|known| known == form.as_bytes());
        assert!(is_known, "{form:?} is not a form of {value:?}");
    }
}

#[test]
fn urls_have_a_dozen_ways_to_write_a_value() {
    check(
        "a b&c/d!é",
        &[
            "a%20b%26c%2Fd%21%C3%A9",
            "a%20b%26c%2fd%21%c3%a9",
            "a%20b%26c%2Fd!%C3%A9",
            "a%20b&c/d!%C3%A9",
            "a+b%26c%2Fd%21%C3%A9",
        ],
    );
}

#[test]
fn json_may_be_escaped_more_than_it_needs_and_twice() {
    check("say \"hi\"", &[r#"say \"hi\""#, r#"say \\\"hi\\\""#]);
    check("a/b/c&d<é", &[r"a\/b\/c&d<é", r"a/b/c\u0026d\u003cé", r"a/b/c&d<\u00e9"]);
    check("two\nlines", &[r"two\nlines", r"two\\nlines"]);
}

#[test]
fn shells_quote_in_their_ways() {
    check("it's $5", &[r"it'\''s $5", r#"it'"'"'s $5"#, r"it's \$5", r"it\'s\ \$5", r"it\'s $5"]);
    check("two\nlines", &[r"two\nlines"]);
}

#[test]
fn base64_is_known_in_all_alignments_and_in_lines() {
    check("hunter22", &["aHVudGVyMj", "h1bnRlcjIy", "odW50ZXIyM"]);
    // Where it ends there, and where a line feed follows, as with `echo`.
    check("hunter22", &["aHVudGVyMjI", "aHVudGVyMjIK", "odW50ZXIyMg", "odW50ZXIyMgo"]);
    let long = "0123456789".repeat(20);
    let coded = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2";
    check(&long, &[coded, &coded[..64]]);
    // printf '0123456789%.0s' 1 2 3 4 5 6 | base64
    check(&"0123456789".repeat(6), &[&format!("{coded}\nNzg5")]);
    check("?>?>?>?>", &["Pz4_Pj8-Pz", "Pz4/Pj8+Pz"]);
}

#[test]
fn hex_is_known_in_both_cases() {
    check("hunter:2", &["68756e7465723a32", "68756E7465723A32"]);
}

#[test]
fn the_texts_of_a_json_value_and_the_lines_of_a_key_are_values_too() {
    check("{\"user\":\"x\",\"deep\":[{\"password\":\"hunter22\"}]}", &["hunter22"]);
    let key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nEND\n-----END KEY-----\n";
    check(key, &["MIIEpAIBAAKCAQEA", "TUlJRXBBSUJBQUtDQVFFQ"]);
    let forms = of(key);
    assert!(!forms.iter().any(|form| form == b"-----BEGIN KEY-----" || form == b"END"));
}

#[test]
fn short_values_have_no_forms() {
    assert!(of("abc").is_empty());
    assert!(of("").is_empty());
}
