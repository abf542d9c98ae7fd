use expect_test::{Expect, expect};
use kernel_wire::plugin::{Grant, Plugin, PluginKind};
use kernel_wire::plugin_admin::{
    Binding, CallFailures, Denial, InstallOutcome, PluginCalls, PluginInstalled, PluginSource,
    PluginStatus, PluginVersion,
};
use kernel_wire::time::Timestamp;
use serde_json::json;

use super::{denials, detail, installed, list, one_binding, serving, top};
use crate::show::look::Look;

fn version(version: &str, active: bool) -> PluginVersion {
    PluginVersion {
        version: version.into(),
        digest: "9f86d081884c7d659a2feaa0c55ad015".into(),
        origin: "model-x.wasm".into(),
        signed_by: None,
        installed_at: Timestamp { ms: 0 },
        active,
        asks_more: None,
        quarantine: None,
    }
}

fn plugin() -> Plugin {
    let quarantine = Some("it crashed 5 times within 60 s".to_owned());
    Plugin {
        name: "model-x".into(),
        version: "1.0.0".into(),
        summary: "Talks".into(),
        kinds: vec![PluginKind::Model],
        digest: "9f86".into(),
        size: 2_000_000,
        origin: "model-x.wasm".into(),
        exports: vec![],
        imports: vec![],
        grants: vec![
            grant("http", "POST api.example.com", "to ask", false, &[]),
            grant("http", "GET *", "to look", false, &["GET a.example.com", "GET b.example.com"]),
            grant("kv", "", "", true, &[]),
        ],
        source: PluginSource::Installed,
        status: PluginStatus::FellBack,
        status_reason: quarantine.clone(),
        versions: vec![
            PluginVersion { quarantine, ..version("1.1.0", false) },
            PluginVersion { asks_more: Some(vec!["kv".into()]), ..version("1.2.0", false) },
            version("1.0.0", true),
        ],
        bindings: vec![Binding {
            name: "models/work".into(),
            plugin: "model-x".into(),
            config: json!({ "key": "secret:x" }),
            rules: vec!["kv".into()],
            has_all: false,
            stopped: None,
            default_for: vec![],
        }],
    }
}

fn grant(capability: &str, wish: &str, reason: &str, granted: bool, parts: &[&str]) -> Grant {
    let own = |text: &str| text.to_owned();
    Grant {
        capability: own(capability),
        parameters: Some(own(wish)).into_iter().filter(|wish| !wish.is_empty()).collect(),
        reason: own(reason),
        granted,
        granted_parts: parts.iter().copied().map(own).collect(),
    }
}

#[track_caller]
fn check(lines: &[String], want: Expect) {
    want.assert_eq(&lines.join("\n"));
}

#[test]
fn a_plugin_shows_its_status_versions_and_names() {
    check(
        &list(&[plugin()], Look::PLAIN),
        expect![[r#"
        NAME     VERSION  IS     FROM          STATUS     SUMMARY
        model-x  1.0.0    model  model-x.wasm  fell back  Talks"#]],
    );
    check(
        &detail(&plugin(), Look::PLAIN),
        expect![[r#"
            model-x 1.0.0
              Talks

              is        model
              from      model-x.wasm
              size      1.9 MiB
              sha-256   9f86
              status    fell back: it crashed 5 times within 60 s
              asks for  http:POST api.example.com  not granted  to ask
              asks for  http:GET *                 granted in part: GET a.example.com, GET b.example.com  to look
              asks for  kv                         granted      it does not say why
              serves as models/work (model-x) may use kv, configured as {"key":"secret:x"}

              VERSION  SHA-256       SIGNED BY  STATUS                                       FROM
              1.1.0    9f86d081884c  nobody     quarantined: it crashed 5 times within 60 s  model-x.wasm
              1.2.0    9f86d081884c  nobody     waits, asks for more: kv                     model-x.wasm
              1.0.0    9f86d081884c  nobody     serves                                       model-x.wasm"#]],
    );
}

#[test]
fn what_a_file_asks_for_is_not_said_to_be_refused() {
    let file = Plugin { source: PluginSource::File, ..plugin() };
    let lines = detail(&file, Look::PLAIN).join("\n");
    assert!(lines.contains("  asks for  http:POST api.example.com  to ask\n"), "{lines}");
    assert!(!lines.contains("granted"), "{lines}");
}

#[test]
fn a_binding_that_does_not_serve_says_why() {
    let stopped = Some("it is disabled".to_owned());
    let binding = Binding { stopped, config: json!({}), ..plugin().bindings.remove(0) };
    assert!(one_binding(&binding).ends_with(" may use kv; it does not serve: it is disabled"));
}

#[test]
fn a_built_in_plugin_has_all_that_it_asks_for() {
    let own =
        Binding { rules: vec![], has_all: true, config: json!({}), ..plugin().bindings.remove(0) };
    assert_eq!(
        one_binding(&own),
        "models/work (model-x) may use all that it asks for, as it is built in"
    );
    assert!(super::bindings(&[own], Look::PLAIN)[1].contains("  all  "));
}

#[test]
fn an_installation_says_what_to_do_next() {
    let mut done = PluginInstalled {
        name: "model-x".into(),
        version: "1.0.0".into(),
        digest: "9f86".into(),
        outcome: InstallOutcome::Active,
        asks_more: vec![],
    };
    check(
        &installed(&done, Some(&plugin()), Look::PLAIN),
        expect![[r#"
        model-x 1.0.0 serves
          it may not use http:POST api.example.com  to ask
            `tenon plugin grant model-x 'http:POST api.example.com'`"#]],
    );
    done.outcome = InstallOutcome::Waiting;
    done.asks_more = vec!["process:git".into(), "kv".into()];
    check(
        &installed(&done, None, Look::PLAIN),
        expect![[r#"
        model-x 1.0.0 asks for more than the version that serves, and waits:
          process:git, kv
        `tenon plugin upgrade model-x --approve` lets it have that, and serve"#]],
    );
}

#[test]
fn a_denial_shows_the_command_that_grants_it() {
    check(
        &denials("model-x", &[], Look::PLAIN),
        expect!["model-x was refused nothing since the server started"],
    );
    let denial = Denial {
        at: Timestamp { ms: 1_000 },
        binding: "model-x".into(),
        function: "chat".into(),
        run: None,
        asked: "http:POST api.example.com".into(),
        way_out: "`tenon plugin grant model-x 'http:POST api.example.com'` grants it".into(),
        count: 3,
        granted_since: false,
    };
    let lifted = Denial { asked: "kv".into(), count: 1, granted_since: true, ..denial.clone() };
    check(
        &denials("model-x", &[lifted, denial], Look::PLAIN),
        expect![[r#"
            1970-01-01T00:00:01.000Z  `chat` wanted http:POST api.example.com, 3 times
              `tenon plugin grant model-x 'http:POST api.example.com'` grants it
            1970-01-01T00:00:01.000Z  `chat` wanted kv
              granted since"#]],
    );
}

#[test]
fn top_shows_what_calls_cost() {
    check(&top(&[], Look::PLAIN), expect!["no plugin was called since the server started"]);
    let calls = PluginCalls {
        binding: "models/work".into(),
        digest: "9f86d081884c7d65".into(),
        kind: PluginKind::Model,
        function: "chat".into(),
        calls: 1_000,
        warm_calls: 0,
        failures: vec![CallFailures { class: "trap".into(), count: 2 }],
        in_flight: 1,
        p50_us: 12,
        p99_us: 1_234,
        queue_us: 4_000,
        instantiate_us: 7_000,
        run_us: 12_000,
        memory_peak_bytes: 1 << 20,
        bytes_in: 4_096,
        bytes_out: 100,
    };
    check(
        &top(&[calls], Look::PLAIN),
        expect![[r#"
        NAME         FUNCTION    CALLS  NOW  P50    P99     QUEUE  START  MEMORY   IN       OUT    FAILED  SHA-256
        models/work  model.chat  1000   1    12 µs  1.2 ms  4 µs   7 µs   1.0 MiB  4.0 KiB  100 B  2 trap  9f86d081884c"#]],
    );
}

#[test]
fn a_plugin_that_does_not_serve_is_not_said_to() {
    let disabled = Plugin { status: PluginStatus::Disabled, status_reason: None, ..plugin() };
    assert_eq!(
        serving(&disabled, Look::PLAIN),
        "model-x 1.0.0 is disabled; `tenon plugin enable model-x` lets it serve"
    );
    let lines = detail(&disabled, Look::PLAIN).join("\n");
    assert!(lines.contains("nobody     disabled"), "{lines}");
    assert_eq!(serving(&plugin(), Look::PLAIN), "model-x 1.0.0 serves");
}
