//! The conformance suites pass what is right and name what is wrong.

use serde_json::{Value, json};
use tenon_test::conform::{Report, Setting, Verdict, conform};

use super::fixture;

#[track_caller]
fn check(name: &str, wasm: &[u8]) -> Report {
    check_with(name, wasm, &Setting::default())
}

#[track_caller]
fn check_with(name: &str, wasm: &[u8], setting: &Setting) -> Report {
    let report = conform(wasm, setting);
    let failed: Vec<String> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed)
        .map(|check| format!("{}: {}: {}", check.suite, check.name, check.reason))
        .collect();
    assert!(failed.is_empty(), "{name}:\n  {}", failed.join("\n  "));
    report
}

#[track_caller]
fn passes(kind: &str) {
    let report = check(kind, &fixture::wasm(kind));
    let passed = report.checks.iter().filter(|c| c.suite == kind && c.verdict == Verdict::Passed);
    assert!(passed.count() >= 3, "{report:#?}");
}

#[test]
fn step_machines_and_languages_of_1_0_0_conform() {
    ["language", "launcher", "resource", "action"].into_iter().for_each(passes);
}

#[test]
fn backends_of_1_0_0_conform() {
    ["secrets", "cache", "model"].into_iter().for_each(passes);
}

#[test]
fn kinds_that_face_the_outside_of_1_0_0_conform() {
    ["identity", "webhook", "notifier", "gateway"].into_iter().for_each(passes);
}

#[test]
fn each_standard_plugin_conforms() {
    for path in fixture::standard() {
        check(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}

#[test]
fn identity_plugins_conform_when_they_are_configured() {
    let client = json!({ "clientId": "a", "clientSecret": "b" });
    let with = |more: Value| {
        let mut config = client.clone();
        for (name, value) in more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        config
    };
    // Those that must be asked where to send a browser cannot be, as nobody answers here.
    for (name, more, passed) in [
        ("identity-github", json!({}), 4),
        ("identity-gitlab", json!({}), 3),
        ("identity-microsoft", json!({ "tenant": "contoso.com" }), 3),
        ("identity-oidc", json!({ "issuer": "https://id.example.com" }), 3),
    ] {
        let path =
            fixture::standard().into_iter().find(|path| path.ends_with(format!("{name}.wasm")));
        let wasm = std::fs::read(path.unwrap()).unwrap();
        let report = check_with(name, &wasm, &Setting { config: with(more), ..Setting::default() });
        let of_kind = report.checks.iter().filter(|check| check.suite == "identity");
        let found = of_kind.filter(|check| check.verdict == Verdict::Passed).count();
        assert_eq!(found, passed, "{report:#?}");
    }
}

#[test]
fn a_broken_plugin_fails_the_right_checks() {
    let report = conform(&fixture::broken(), &Setting::default());
    assert!(!report.passed());
    let failed: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed)
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(
        failed,
        [
            "its manifest says what it is",
            "it asks for what it uses, and says why",
            "what is not there is `not-found`, never an empty value",
            "what is written is read as it was",
            "a scope never sees another",
            "what is removed is gone, and may be removed again",
            "nothing is genuine without a secret",
            "nothing is genuine without a signature",
            "nothing is genuine with a wrong signature",
            "what is not genuine starts nothing and says why",
            "a body that is no base64 does no harm",
        ]
    );
}

#[test]
fn what_is_no_plugin_fails_the_first_check_and_says_why() {
    let report = conform(b"#!/bin/sh", &Setting::default());
    assert!(!report.passed());
    assert_eq!(report.checks.len(), 1);
    assert!(report.checks[0].reason.contains("not WebAssembly"), "{report:?}");
}
