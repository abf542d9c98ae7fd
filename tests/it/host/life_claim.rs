//! What a plugin serves is not taken from it by installing another one, and what a plugin has kept
//! goes with it.

use kernel_ports::plugin::Plugins as _;
use kernel_ports::plugin_admin::{
    BindingDraft, InstallOptions, PluginAdmin as _, PluginAdminError, Stage,
};

use super::fixture;
use super::life::{Life, given, options};

/// The language of the fixtures, which takes `*.lines`, as another plugin.
fn language(name: &str, pattern: &str) -> Vec<u8> {
    let (name, pattern) = (format!("\"{name}\""), format!("\"{pattern}\""));
    let parts = [("\"language-lines\"", &*name), ("\"*.lines\"", &*pattern)];
    fixture::other(fixture::language(), &parts)
}

#[tokio::test]
async fn the_files_of_a_language_stay_its_own() {
    let life = Life::new().await;
    let install = async |bytes: &[u8]| {
        let options = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
        life.host.install(given(bytes), options).await
    };
    install(fixture::language()).await.unwrap();
    // By name it would come first.
    for pattern in ["*.lines", "*.l*n*s", "ci.lin*"] {
        let err = install(&language("aaaguage-lines", pattern)).await.unwrap_err();
        let PluginAdminError::Stage { stage: Stage::Activate, reason, .. } = &err else {
            panic!("{err}");
        };
        assert!(reason.contains("of which language-lines takes"), "{err}");
    }
    assert!(life.host.state_get("aaaguage-lines").is_none());
    install(&language("aaaguage-lines", "*.liner")).await.unwrap();
    assert_eq!(&*life.host.language_find(None, "ci.lines").unwrap(), "language-lines");
    assert_eq!(&*life.host.language_find(None, "ci.liner").unwrap(), "aaaguage-lines");
    // Where the first is out of service, another may; then the first must wait.
    life.host.enable("language-lines", false).await.unwrap();
    install(&language("bbbguage-lines", "*.lines")).await.unwrap();
    let err = life.host.enable("language-lines", true).await.unwrap_err().to_string();
    assert!(err.contains("of which bbbguage-lines takes"), "{err}");
}

#[tokio::test]
async fn what_a_binding_has_kept_goes_with_it() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    let draft = || BindingDraft {
        name: "tools/work".to_owned(),
        plugin: Some("hostile".to_owned()),
        rules: Some(vec!["kv".to_owned()]),
        ..BindingDraft::default()
    };
    life.host.bind(draft()).await.unwrap();
    let count = async |binding: &str| {
        let output = life.bound(binding, "kv", "").await.unwrap().done.unwrap().output;
        output[0].as_u64().unwrap_or_else(|| panic!("{output} is no number"))
    };
    for name in ["hostile", "tools/work"] {
        let (first, second) = (count(name).await, count(name).await);
        assert_ne!(first, second, "it counts");
    }
    let first = count("hostile").await;
    life.host.unbind("tools/work").await.unwrap();
    life.host.bind(draft()).await.unwrap();
    let anew = count("tools/work").await;
    life.host.unbind("tools/work").await.unwrap();
    assert!(anew < first, "{anew} {first}");
    life.host.remove("hostile").await.unwrap();
    life.host.install(given(fixture::hostile()), options()).await.unwrap();
    assert_eq!(count("hostile").await, anew);
}
