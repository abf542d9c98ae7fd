use expect_test::{Expect, expect};
use kernel_wire::plugin::{Grant, Plugin};
use kernel_wire::plugin_admin::{PluginSource, PluginStatus};

use super::remarks;

fn plugin() -> Plugin {
    Plugin {
        name: "nice".to_owned(),
        version: "1.0.0".to_owned(),
        summary: "Is nice.".to_owned(),
        kinds: Vec::new(),
        digest: String::new(),
        size: 1000,
        origin: "nice.wasm".to_owned(),
        exports: Vec::new(),
        imports: Vec::new(),
        grants: vec![grant("http", &["GET example.org"], "It asks the weather.")],
        source: PluginSource::File,
        status: PluginStatus::Active,
        status_reason: None,
        versions: Vec::new(),
        bindings: Vec::new(),
    }
}

fn grant(capability: &str, parameters: &[&str], reason: &str) -> Grant {
    Grant {
        capability: capability.to_owned(),
        parameters: parameters.iter().map(|&p| p.to_owned()).collect(),
        reason: reason.to_owned(),
        granted: false,
        granted_parts: vec![],
    }
}

#[track_caller]
fn check(plugin: &Plugin, want: Expect) {
    want.assert_eq(&remarks(plugin).join("\n"));
}

#[test]
fn nothing_is_said_about_a_good_plugin() {
    check(&plugin(), expect![""]);
}

#[test]
fn everything_that_could_be_better_is_said_at_once() {
    let bad = Plugin {
        version: "1".to_owned(),
        summary: String::new(),
        size: 40_000_000,
        grants: vec![grant("http", &["* example.org"], ""), grant("process", &["*"], "Runs.")],
        ..plugin()
    };
    check(
        &bad,
        expect![[r#"
        it has no summary; one sentence tells operators what it is
        its version "1" is not like 1.0.0; upgrades compare them
        it uses "http" and says not why; add it to `requests` with a reason
        it asks for "http" with "* example.org", which operators are slow to grant; name what it needs
        it asks for "process" with "*", which operators are slow to grant; name what it needs
        it has 40 MB; build in release mode, with `opt-level = "s"` and `lto = true`"#]],
    );
}
