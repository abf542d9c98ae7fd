//! Files that are no plugins, by table.

use super::{InspectError, inspect};

const MANIFEST: &str = r#"(@custom "tenon:manifest" "{\"name\":\"demo\",\"version\":\"0.1.0\"}")"#;

fn component(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {body})")).unwrap()
}

#[track_caller]
fn check(bytes: &[u8], part: &str) {
    let err = inspect(bytes).unwrap_err();
    let text = err.to_string();
    assert!(text.contains(part), "{text}");
    assert!(!text.ends_with('.'));
}

#[test]
fn each_file_that_is_no_plugin_is_told_apart() {
    check(b"#!/bin/sh", "not WebAssembly");
    check(&wat::parse_str("(module)").unwrap(), "core module");
    check(b"\0asm\x0d\0\x01\0\xff\xff", "damaged");
    check(&component(""), "no manifest");
    check(&component(r#"(@custom "tenon:manifest" "{")"#), "manifest cannot be read");
    check(&component(r#"(@custom "tenon:manifest" "{\"name\":\"../x\"}")"#), "cannot be a name");
    check(&component(MANIFEST), "exports nothing that a plugin can be");
}

#[test]
fn what_the_host_does_not_know_is_named() {
    let export = |name: &str| {
        component(&format!("{MANIFEST} (instance $i) (export \"{name}\" (instance $i))"))
    };
    check(&export("tenon:plugin/teapot@1.0.0"), "no extension point");
    check(&export("tenon:plugin/action@2.0.0"), "newer than this version");
    let import = |name: &str| {
        component(&format!(
            "{MANIFEST} (import \"{name}\" (instance))
             (instance $i) (export \"tenon:plugin/action@1.0.0\" (instance $i))"
        ))
    };
    check(&import("acme:rocket/launch@1.0.0"), "no capability that Tenon offers");
    check(&import("tenon:plugin/teleport@1.3.0"), "newer than this version");
    assert!(inspect(&import("tenon:plugin/kv@1.7.0")).is_ok(), "minor versions are the linker's");
    let newer = r#"(@custom "tenon:manifest" "{\"name\":\"demo\",\"contract\":\"1.9.0\"}")"#;
    assert_eq!(
        inspect(&component(newer)).unwrap_err(),
        InspectError::Newer { needs: "contract 1.9.0".into() }
    );
}
