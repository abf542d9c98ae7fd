//! A plugin's own test, which may keep it from serving, and nothing else.

use kernel_ports::plugin_admin::{
    BindingDraft, InstallOptions, Installed, PluginAdmin as _, PluginAdminError, Stage,
};

use super::fixture;
use super::life::{Life, given};

/// The fixture's name.
const CAREFUL: &str = "careful";

fn config(test: &str) -> Option<String> {
    Some(format!("{{\"test\":\"{test}\"}}"))
}

async fn install(life: &Life, test: &str, rules: &[&str]) -> Result<Installed, PluginAdminError> {
    let options = InstallOptions {
        allow_unsigned: true,
        config: config(test),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        ..InstallOptions::default()
    };
    life.host.install(given(fixture::careful()), options).await
}

fn bound(test: &str) -> BindingDraft {
    let (name, plugin) = ("tools/work".to_owned(), Some(CAREFUL.to_owned()));
    BindingDraft { name, plugin, config: config(test), ..BindingDraft::default() }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, PluginAdminError>, because: &str) {
    let err = result.unwrap_err();
    let PluginAdminError::Stage { stage: Stage::SelfTest, reason, .. } = &err else {
        panic!("{err}");
    };
    assert!(reason.contains(because), "{err}");
}

#[tokio::test]
async fn a_plugin_that_says_it_cannot_work_does_not_serve() {
    let life = Life::new().await;
    refused(
        install(&life, "no", &[]).await,
        "its own test says no: the moon is in the wrong place",
    );
    refused(install(&life, "panic", &[]).await, "its own test crashed");
    refused(install(&life, "loop", &[]).await, "its own test did not end within 1000 ms");
    refused(install(&life, "kv", &[]).await, "its own test needs `kv`, which is not granted");
    assert!(life.host.state_get(CAREFUL).is_none());
    assert!(life.files().is_empty(), "what was refused is not kept");
    install(&life, "kv", &["kv"]).await.unwrap();
    assert_eq!(life.bound(CAREFUL, "echo", "7").await.unwrap().done.unwrap().output, 7);
}

#[tokio::test]
async fn each_binding_is_tested_with_its_own_configuration() {
    let life = Life::new().await;
    install(&life, "yes", &[]).await.unwrap();
    refused(life.host.bind(bound("no")).await, "as \"tools/work\": its own test says no");
    assert!(life.bound("tools/work", "echo", "7").await.is_err());
    life.host.bind(bound("yes")).await.unwrap();
    refused(life.host.bind(bound("no")).await, "says no");
    assert_eq!(life.bound("tools/work", "echo", "7").await.unwrap().done.unwrap().output, 7);
}

#[tokio::test]
async fn a_plugin_has_no_say_in_what_is_taken_from_it() {
    let life = Life::new().await;
    install(&life, "kv", &["kv"]).await.unwrap();
    life.host.revoke(CAREFUL, &["kv".to_owned()]).await.unwrap();
    life.host.enable(CAREFUL, false).await.unwrap();
    // To serve again it must say yes again.
    refused(life.host.enable(CAREFUL, true).await, "its own test needs `kv`");
    life.host.grant(CAREFUL, &["kv".to_owned()]).await.unwrap();
    life.host.enable(CAREFUL, true).await.unwrap();
    life.host.remove(CAREFUL).await.unwrap();
}
