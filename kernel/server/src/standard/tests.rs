use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn each_plugin_is_what_its_digest_says() {
    for plugin in STANDARD {
        let component = zstd::decode_all(plugin.bytes).unwrap();
        let mut digest = String::new();
        for byte in Sha256::digest(&component) {
            write!(digest, "{byte:02x}").unwrap();
        }
        assert_eq!(digest, plugin.sha256, "{}", plugin.name);
    }
}

#[test]
fn the_list_is_sorted_and_names_each_plugin_once() {
    assert!(STANDARD.windows(2).all(|pair| pair[0].name < pair[1].name));
}
