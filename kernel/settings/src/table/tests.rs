use std::collections::BTreeSet;

use super::*;

#[test]
fn each_name_is_there_once() {
    let mut seen = BTreeSet::new();
    for row in all() {
        for name in [row.key, row.flag, row.variable] {
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
    assert!(seen.len() > 200, "the table is not where it was");
}

#[test]
fn each_name_is_spelled_as_all_are() {
    for row in all() {
        let plain = |text: &str, extra: u8| {
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == extra)
        };
        let (section, name) = row.key.split_once('.').unwrap();
        assert!(plain(section, b'_') && plain(name, b'_'), "{}", row.key);
        assert!(plain(row.flag, b'-'), "{}", row.flag);
        let variable = format!("TENON_{}", row.flag.replace('-', "_").to_uppercase());
        // One flag per item, one variable for all of them.
        let plural = [format!("{variable}S"), variable.replace("IDENTITY", "IDENTITIES")];
        let plural = plural.into_iter().chain([
            variable.replace("TRUSTED_PROXY", "TRUSTED_PROXIES"),
            variable.replace("COMPONENT", "COMPONENTS"),
            variable,
        ]);
        assert!(plural.into_iter().any(|name| name == row.variable), "{}", row.variable);
    }
}

#[test]
fn each_default_is_valid() {
    for row in all() {
        if let Some(default) = row.default {
            assert!(row.kind.read(default).is_ok(), "{} = {default}", row.key);
        }
        assert!(!row.secret || row.default.is_none(), "{} is no secret", row.key);
    }
}

#[test]
fn each_help_is_a_sentence_without_its_full_stop() {
    for row in all() {
        assert!(row.help.starts_with(|c: char| c.is_uppercase()), "{}", row.help);
        assert!(!row.help.ends_with('.'), "{}", row.help);
    }
}
