use expect_test::{Expect, expect};
use kernel_wire::plugin_admin::{
    InstallOutcome, PluginImported, PluginInstalled, PluginStatus, PluginVerified, VersionVerified,
};

use super::{imported, verdicts};
use crate::command::plugin::lock::Verdict;
use crate::show::look::Look;

#[track_caller]
fn check(lines: Vec<String>, want: Expect) {
    want.assert_eq(&(lines.join("\n") + "\n"));
}

fn version(version: &str, signed_by: Option<&str>, problem: Option<&str>) -> VersionVerified {
    VersionVerified {
        version: version.to_owned(),
        digest: version.replace('.', "").repeat(16),
        origin: "oci://registry.example.com/hello:1".to_owned(),
        active: version == "0.2.0",
        signed_by: signed_by.map(str::to_owned),
        problems: problem.map(str::to_owned).into_iter().collect(),
    }
}

fn verdict(versions: Vec<VersionVerified>, differs: Option<&str>) -> Verdict {
    let verified = PluginVerified { name: "hello".to_owned(), holds: true, versions };
    Verdict { verified, differs: differs.map(str::to_owned), status: PluginStatus::Active }
}

#[test]
fn what_holds_is_said_by_version() {
    let versions = vec![version("0.2.0", Some("acme"), None), version("0.1.0", None, None)];
    check(
        verdicts(&[verdict(versions, None)], &[], true, Look::PLAIN),
        expect![[r#"
            hello
              0.2.0 020020020020  holds: signed by acme, pinned, serves
              0.1.0 010010010010  holds: signed by nobody
        "#]],
    );
}

#[test]
fn what_does_not_hold_has_its_reasons() {
    let versions = vec![
        version("0.2.0", Some("acme"), None),
        version("0.1.0", None, Some("0.1.0.wasm is damaged; install the plugin again")),
    ];
    let differs = Some("hello is not in the lock file; pin it first");
    check(
        verdicts(&[verdict(versions, differs)], &["other".to_owned()], true, Look::PLAIN),
        expect![[r#"
            hello
              0.2.0 020020020020  does not hold: signed by acme, serves
                hello is not in the lock file; pin it first
              0.1.0 010010010010  does not hold: signed by nobody
                0.1.0.wasm is damaged; install the plugin again
            other
              missing  it is pinned and not installed; `tenon plugin install --locked` installs it
        "#]],
    );
    check(
        verdicts(&[], &[], false, Look::PLAIN),
        expect![[r#"
            nothing is installed, so there is nothing to verify
        "#]],
    );
}

#[test]
fn a_bundle_is_reported_plugin_by_plugin() {
    let installed = PluginInstalled {
        name: "hello".to_owned(),
        version: "0.2.0".to_owned(),
        digest: "0".repeat(64),
        outcome: InstallOutcome::Active,
        asks_more: vec![],
    };
    let plugins = [
        PluginImported { origin: "a".to_owned(), installed: Some(installed), refused: None },
        PluginImported {
            origin: "b".to_owned(),
            installed: None,
            refused: Some("other was not installed: self-test: it says no".to_owned()),
        },
    ];
    check(
        imported(&plugins, &[], Look::PLAIN),
        expect![[r#"
            hello 0.2.0 serves
            refused  other was not installed: self-test: it says no
        "#]],
    );
}

#[test]
fn an_active_version_of_a_disabled_plugin_does_not_serve() {
    let disabled = Verdict {
        status: PluginStatus::Disabled,
        ..verdict(vec![version("0.2.0", Some("acme"), None)], None)
    };
    check(
        verdicts(&[disabled], &[], false, Look::PLAIN),
        expect![[r#"
            hello
              0.2.0 020020020020  holds: signed by acme, disabled
        "#]],
    );
}
