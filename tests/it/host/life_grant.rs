//! What installed plugins may use: given, widened by nobody in passing, and taken away.

use kernel_ports::plugin::PluginError;
use kernel_ports::plugin_admin::{InstallOptions, InstallOutcome, PluginAdmin as _, PluginStatus};

use super::fixture;
use super::life::{Life, RULES, given, next, options};

#[tokio::test]
async fn a_wish_without_bounds_is_granted_by_nobody_in_passing() {
    let life = Life::new().await;
    let options =
        InstallOptions { allow_unsigned: true, grant_all: true, ..InstallOptions::default() };
    let err = life.host.install(given(fixture::hostile()), options).await.unwrap_err();
    let text = err.to_string();
    assert!(text.contains("--grant 'http:GET *'"), "{text}");
    assert!(life.host.state_get("hostile").is_none());
    assert!(life.files().is_empty(), "what was refused is not kept");
}

#[tokio::test]
async fn grants_hold_from_the_next_call_on() {
    let life = Life::new().await;
    let none = InstallOptions { rules: vec![RULES[0].into()], ..options() };
    life.host.install(given(fixture::hostile()), none).await.unwrap();
    let err = life.start("kv", "").await.unwrap_err();
    let PluginError::Denied { capability, way_out, .. } = &err else { panic!("{err}") };
    assert_eq!(
        (capability.as_str(), way_out.contains("tenon plugin grant hostile kv")),
        ("kv", true)
    );
    let denials = life.host.denials("hostile").unwrap();
    assert_eq!((denials[0].asked.as_str(), denials[0].function), ("kv", "start"));
    assert_eq!(denials[0].way_out, *way_out);
    life.host.grant("hostile", &["kv".to_owned()]).await.unwrap();
    life.start("kv", "").await.unwrap();
    life.host.revoke("hostile", &["kv".to_owned()]).await.unwrap();
    assert!(matches!(life.start("kv", "").await, Err(PluginError::Denied { .. })));
    assert_eq!(life.host.denials("hostile").unwrap()[0].count, 2, "remembered over all that");
    assert!(!life.host.denials("hostile").unwrap()[0].is_lifted);
    life.host.grant("hostile", &["kv".to_owned()]).await.unwrap();
    assert!(life.host.denials("hostile").unwrap()[0].is_lifted, "it was granted since");
    for rule in ["workspace", "proces:git", "process:sh"] {
        let rules = [rule.to_owned()];
        let result = match rule {
            "workspace" => life.host.revoke("hostile", &rules).await,
            _ => life.host.grant("hostile", &rules).await,
        };
        let text = result.unwrap_err().to_string();
        assert!(text.contains(rule) || text.contains("no capability"), "{text}");
    }
}

#[tokio::test]
async fn a_whole_capability_is_what_the_version_of_that_moment_asks_of_it() {
    let life = Life::new().await;
    let given_whole =
        InstallOptions { rules: vec!["process".into(), RULES[0].into()], ..options() };
    life.host.install(given(fixture::hostile()), given_whole).await.unwrap();
    let rules = |life: &Life| life.host.state_get("hostile").unwrap().bindings[0].rules.clone();
    assert_eq!(rules(&life), [RULES[0], "process:git"]);
    let more = fixture::hostile_with(&[("\"0.1.0\"", "\"0.2.0\""), ("\"git\"", "\"gi*\"")]);
    let plain = || InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
    let upgraded = life.host.upgrade("hostile", Some(given(&more)), plain()).await.unwrap();
    let waiting = InstallOutcome::Waiting { asks_more: vec!["process:gi*".to_owned()] };
    assert_eq!(upgraded.outcome, waiting);
    life.host.upgrade("hostile", Some(given(&next("0.3.0"))), plain()).await.unwrap();
    for (rule, now) in [("kv", "kv:200000"), ("http", "http:GET 127.0.0.1:*")] {
        life.host.grant("hostile", &[rule.to_owned()]).await.unwrap();
        assert!(rules(&life).contains(&now.to_owned()), "{:?}", rules(&life));
    }
    assert!(!rules(&life).iter().any(|rule| rule == "http:GET *"), "{:?}", rules(&life));
}

#[tokio::test]
async fn what_may_be_a_busy_machine_stops_nothing() {
    let life = Life::new().await;
    install_careful(&life, r#"{"start":"wait"}"#).await;
    let left = life.host.revoke("careful", &["kv".to_owned()]).await.unwrap();
    assert_eq!((left.stopped, left.rules.len()), (None, 0));
    let err = life.bound("careful", "echo", "1").await.unwrap_err();
    assert!(matches!(err, PluginError::Deadline { .. }), "{err}");
}

/// Installs the fixture that looks at its configuration while it starts.
async fn install_careful(life: &Life, config: &str) {
    let options = InstallOptions {
        allow_unsigned: true,
        config: Some(config.to_owned()),
        rules: vec!["kv".to_owned()],
        ..InstallOptions::default()
    };
    life.host.install(given(fixture::careful()), options).await.unwrap();
}

#[tokio::test]
async fn a_plugin_has_no_say_in_what_is_taken_away_from_it() {
    let life = Life::new().await;
    install_careful(&life, r#"{"start":"kv"}"#).await;
    life.bound("careful", "echo", "1").await.unwrap();
    let left = life.host.revoke("careful", &["kv:1000".to_owned()]).await.unwrap();
    assert!(left.stopped.unwrap().contains("cannot serve"));
    let err = life.bound("careful", "echo", "1").await.unwrap_err();
    let PluginError::Stopped { reason, .. } = &err else { panic!("{err}") };
    assert!(reason.contains("with what it may use now it cannot serve"), "{reason}");
    let state = life.host.state_get("careful").unwrap();
    assert!(matches!(state.status, PluginStatus::Broken { .. }), "{:?}", state.status);
    // It keeps nobody else from anything, and serves again with what it needs.
    life.install(fixture::hostile()).await.unwrap();
    life.host.grant("careful", &["kv".to_owned()]).await.unwrap();
    life.bound("careful", "echo", "1").await.unwrap();
    assert_eq!(life.host.state_get("careful").unwrap().status, PluginStatus::Active);
}
