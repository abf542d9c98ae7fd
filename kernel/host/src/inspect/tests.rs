//! Files that are no plugins, by table.

use kernel_ports::plugin::PluginKind;

use super::{InspectError, check_tenon, inspect};

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
    let newer = r#"(@custom "tenon:manifest" "{\"name\":\"demo\",\"version\":\"1.0.0\",\"contract\":\"1.9.0\"}")"#;
    assert_eq!(
        inspect(&component(newer)).unwrap_err(),
        InspectError::Newer { needs: "contract 1.9.0".into() }
    );
}

#[test]
fn a_plugin_that_is_too_new_for_this_server_says_so() {
    check_tenon("", "0.0.0").unwrap();
    check_tenon("0.3.0", "0.3.0").unwrap();
    check_tenon("0.3.0", "1.0.0-rc.1").unwrap();
    for (needs, have) in [("0.3.1", "0.3.0"), ("1.0.0", "0.9.9"), ("0.10.0", "0.9.0")] {
        let err = check_tenon(needs, have).unwrap_err().to_string();
        assert!(err.contains(needs) && err.contains(have) && err.contains("update"), "{err}");
    }
    assert!(check_tenon("newest", "1.0.0").unwrap_err().to_string().contains("no version"));
    let newer = r#"(@custom "tenon:manifest" "{\"name\":\"demo\",\"version\":\"1.0.0\",\"tenon\":\"99.0.0\"}")"#;
    check(&component(newer), "newer than this version");
}

/// A component that exports `kind` and whose manifest asks for `wish` of `capability`.
fn asking(kind: &str, capability: &str, wish: &str) -> Vec<u8> {
    let requests = format!(
        r#"[{{\"capability\":\"{capability}\",\"parameters\":[\"{wish}\"],\"reason\":\"r\"}}]"#
    );
    component(&format!(
        r#"(@custom "tenon:manifest" "{{\"name\":\"demo\",\"version\":\"1.0.0\",\"requests\":{requests}}}")
           (instance $i) (export "tenon:plugin/{kind}@1.0.0" (instance $i))"#
    ))
}

#[test]
fn a_wish_for_everything_is_refused_but_for_the_programs_of_a_launcher() {
    for (capability, wish) in
        [("process", "*"), ("http", "*"), ("http", "* *"), ("secret-reveal", "*"), ("tcp", "*:*")]
    {
        check(&asking("action", capability, wish), "which is everything");
    }
    check(&asking("action", "*", "x"), "no capability; known are output, workspace");
    check(&asking("action", "fly", "x"), "no capability");
    for (kind, capability, wish) in [
        ("launcher", "process", "*"),
        ("action", "http", "GET *"),
        ("action", "http", "* *.example.com"),
        ("action", "secret-store", "aws/*"),
    ] {
        inspect(&asking(kind, capability, wish)).unwrap();
    }
}

#[test]
fn a_request_says_of_what() {
    let of = |capability: &str| {
        saying(&format!(r#""version":"1.0.0","requests":[{{"capability":"{capability}"}}]"#))
    };
    for capability in ["process", "http", "tcp", "blob", "kernel", "secret-store", "secret-reveal"]
    {
        check(&of(capability), "without saying of what; name what it needs, such as");
    }
    for capability in ["output", "workspace", "kv", "keyring", "log"] {
        inspect(&of(capability)).unwrap();
    }
}

#[test]
fn what_the_kernel_sends_for_a_plugin_can_be_granted_to_it() {
    let asks = |kind: &str, capability: &str, wish: &str| {
        let info = inspect(&asking(kind, capability, wish)).unwrap();
        info.grants.iter().any(|grant| grant.capability == capability)
    };
    for (kind, http, blob) in
        [("model", true, false), ("cache", true, true), ("action", false, false)]
    {
        assert_eq!(asks(kind, "http", "GET api.example.com"), http, "{kind}");
        assert_eq!(asks(kind, "blob", "archives"), blob, "{kind}");
    }
}

/// A plugin whose manifest has these fields.
fn saying(fields: &str) -> Vec<u8> {
    // Both are escapes of the text format too.
    let fields = fields.replace('\\', "\\\\").replace('"', "\\\"");
    component(&format!(
        r#"(@custom "tenon:manifest" "{{\"name\":\"demo\",{fields}}}")
           (instance $i) (export "tenon:plugin/action@1.0.0" (instance $i))"#
    ))
}

#[test]
fn what_could_not_be_shown_or_named_is_refused() {
    inspect(&saying(r#""version":"1.0.0-rc.1+build","summary":"Ärgert niemanden.""#)).unwrap();
    for version in ["", "1 0", r"1.0\u001b[31m", &"1".repeat(65)] {
        check(&saying(&format!(r#""version":"{version}""#)), "is none such as");
    }
    for summary in [r"two\nlines", r"\u001b[31mred"] {
        let fields = format!(r#""version":"1.0.0","summary":"{summary}""#);
        check(&saying(&fields), "control character");
    }
    for (capability, wish, part) in [
        ("kv", "1 MiB", "a number of bytes"),
        ("http", "POST", "a method and where to"),
        ("http", "post example.com", "in capitals"),
        ("output", "x", "has no parameters"),
        ("process", " git", "leave out blanks"),
    ] {
        check(&asking("action", capability, wish), part);
    }
}

#[test]
fn each_kind_is_read_from_its_export() {
    for kind in PluginKind::ALL {
        let info = inspect(&asking(kind.word(), "kv", "1")).unwrap();
        assert_eq!(info.kinds, [kind]);
        assert_eq!(PluginKind::parse(kind.word()), Some(kind));
    }
}
