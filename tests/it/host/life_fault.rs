//! Installed plugins that crash, rest, or are damaged.

use kernel_ports::plugin::PluginError;
use kernel_ports::plugin_admin::{InstallOptions, PluginAdmin as _, PluginStatus};

use super::fixture;
use super::life::{Life, given, next};

/// Crashes it so often that it is taken out of service, and waits until it is.
async fn crash(life: &Life, is_out: impl Fn(&PluginStatus) -> bool) {
    crash_of(life, "hostile", is_out).await;
}

async fn crash_of(life: &Life, plugin: &str, is_out: impl Fn(&PluginStatus) -> bool) {
    for _ in 0..5 {
        let err = life.bound(plugin, "trap", "1").await.unwrap_err();
        assert!(matches!(err, PluginError::Trap { .. }), "{err}");
    }
    let since = std::time::Instant::now();
    while !is_out(&life.host.state_get(plugin).unwrap().status) {
        assert!(since.elapsed().as_secs() < 20, "it serves on");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_last_good_version_stands_in_for_one_that_keeps_crashing() {
    let mut life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    life.upgrade(&next("0.2.0")).await.unwrap();
    crash(&life, |status| matches!(status, PluginStatus::FellBack { .. })).await;
    life.restart().await;
    assert_eq!(life.version(), "0.1.0");
    life.start("echo", "1").await.unwrap();
    let state = life.host.state_get("hostile").unwrap();
    let PluginStatus::FellBack { reason } = &state.status else { panic!("{:?}", state.status) };
    assert_eq!(reason, "0.2.0: it crashed 5 times within 60 s");
    assert!(state.versions[0].quarantine.is_some());
    let err = life.host.swap("hostile", "0.2.0", None).await.unwrap_err().to_string();
    assert!(err.contains("quarantine") && err.contains("tenon plugin enable hostile"), "{err}");
    let state = life.host.enable("hostile", true).await.unwrap();
    assert_eq!((state.info.version.as_str(), state.status), ("0.2.0", PluginStatus::Active));
}

#[tokio::test]
async fn what_cannot_do_with_the_configuration_does_not_stand_in() {
    let life = Life::new().await;
    let options = |config: &str| InstallOptions {
        allow_unsigned: true,
        config: Some(config.to_owned()),
        ..InstallOptions::default()
    };
    let narrow =
        fixture::other(fixture::careful(), &[("\"type\": \"object\"", "\"enum\": [   {} ]")]);
    life.host.install(given(&narrow), options("{}")).await.unwrap();
    let wide = fixture::other(fixture::careful(), &[("\"0.1.0\"", "\"0.2.0\"")]);
    let given = Some(given(&wide));
    life.host.upgrade("careful", given, options(r#"{"test":"yes"}"#)).await.unwrap();
    crash_of(&life, "careful", |status| matches!(status, PluginStatus::Quarantined { .. })).await;
    let err = life.bound("careful", "echo", "1").await.unwrap_err();
    assert!(matches!(err, PluginError::Stopped { .. }), "{err}");
}

#[tokio::test]
async fn without_a_good_version_its_calls_are_refused_with_the_reason() {
    let mut life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    crash(&life, |status| matches!(status, PluginStatus::Quarantined { .. })).await;
    for _ in 0..2 {
        let err = life.start("echo", "1").await.unwrap_err();
        let PluginError::Stopped { reason, .. } = &err else { panic!("{err}") };
        assert!(reason.contains("it crashed 5 times"), "{reason}");
        assert!(reason.contains("tenon plugin enable hostile"), "{reason}");
        life.restart().await;
    }
    life.host.enable("hostile", true).await.unwrap();
    life.start("echo", "1").await.unwrap();
}

#[tokio::test]
async fn a_built_in_one_stands_in_for_an_installed_one_that_keeps_crashing() {
    let life = Life::over_built_in().await;
    life.install(&next("0.2.0")).await.unwrap();
    crash(&life, |status| matches!(status, PluginStatus::FellBack { .. })).await;
    assert_eq!(life.version(), "0.1.0");
    life.start("echo", "1").await.unwrap();
}

#[tokio::test]
async fn a_disabled_plugin_refuses_until_it_is_enabled() {
    let mut life = Life::over_built_in().await;
    life.install(&next("0.2.0")).await.unwrap();
    life.host.enable("hostile", false).await.unwrap();
    life.restart().await;
    let err = life.start("echo", "1").await.unwrap_err().to_string();
    assert!(err.contains("it is disabled; `tenon plugin enable hostile`"), "{err}");
    assert_eq!(life.host.state_get("hostile").unwrap().status, PluginStatus::Disabled);
    life.host.enable("hostile", true).await.unwrap();
    life.start("echo", "1").await.unwrap();
}

#[tokio::test]
async fn a_damaged_binary_is_not_run_and_installing_it_again_mends_it() {
    let mut life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    let file = life.files().pop_first().unwrap();
    let file = life.dir.path().join("plugins").join(file);
    std::fs::write(&file, next("0.2.0")).unwrap();
    let verified = life.host.verify("hostile").await.unwrap();
    assert!(verified[0].problems[0].contains("is damaged"), "{verified:?}");
    life.restart().await;
    let err = life.start("echo", "1").await.unwrap_err().to_string();
    assert!(err.contains("is damaged") && err.contains("install the plugin again"), "{err}");
    life.install(fixture::hostile()).await.unwrap();
    life.start("echo", "1").await.unwrap();
}

#[tokio::test]
async fn calls_are_counted_and_lines_are_kept_by_binding() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    for _ in 0..3 {
        life.start("echo", "1").await.unwrap();
    }
    let _ = life.start("trap", "x").await;
    life.start("log-flood", "").await.unwrap();
    let figures = life.host.figures();
    let [start] = &*figures else { panic!("{figures:?}") };
    assert_eq!((start.calls, start.in_flight, start.function), (5, 0, "start"));
    assert_eq!(start.failures, [("trap", 1)]);
    assert!(start.memory_peak_bytes >= 64 * 1024 && start.bytes_in > 0, "{start:?}");
    assert!(start.p99_us >= start.p50_us && start.p50_us > 0, "{start:?}");
    let lines = life.host.log_lines("hostile").unwrap();
    assert_eq!(lines.len(), 1_000);
    assert_eq!((lines[0].level, lines[999].text.as_str()), ("info", "line 999"));
}

#[tokio::test]
async fn what_was_refused_and_is_granted_since_is_told() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    life.start("process", "git").await.unwrap_err();
    assert!(!life.host.denials("hostile").unwrap()[0].is_lifted);
    life.host.grant("hostile", &["process:git".to_owned()]).await.unwrap();
    assert!(life.host.denials("hostile").unwrap()[0].is_lifted);
    life.host.revoke("hostile", &["process:git".to_owned()]).await.unwrap();
    assert!(!life.host.denials("hostile").unwrap()[0].is_lifted);
}
