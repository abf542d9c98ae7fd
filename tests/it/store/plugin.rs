//! Installed plugins, bindings and defaults.

use std::sync::Arc;

use kernel_model::time::Time;
use kernel_ports::plugin_store::{
    BindingRecord, DefaultRecord, PluginChange, PluginFacts, PluginRecord, PluginStore, Quarantine,
    Signature, VersionRecord,
};

fn version(number: u64) -> VersionRecord {
    VersionRecord {
        digest: format!("{number:064x}"),
        version: format!("1.{number}.0"),
        size: 1 << 20,
        origin: "https://example.com/ä.wasm".into(),
        signature: Signature::Unsigned,
        asked: vec!["http:GET *.example.com".into(), "kv".into()],
        installed_at: Time(1_700_000_000_000 + number),
        quarantine: None,
    }
}

fn plugin(name: &str, versions: Vec<VersionRecord>) -> PluginRecord {
    PluginRecord {
        name: name.into(),
        active: versions[0].digest.clone(),
        previous: None,
        pending: None,
        enabled: true,
        versions,
    }
}

fn binding(name: &str, plugin: &str) -> BindingRecord {
    BindingRecord {
        name: name.into(),
        plugin: plugin.into(),
        config: r#"{"key":"secret:x"}"#.into(),
        rules: vec!["kv".into(), "process:git".into()],
        decided_for: version(1).digest,
    }
}

fn default(kind: &str, project: &str, binding: &str) -> DefaultRecord {
    DefaultRecord { kind: kind.into(), project: project.into(), binding: binding.into() }
}

pub(super) async fn plugins_read_back_as_they_were_kept(store: Arc<dyn PluginStore>) {
    assert_eq!(store.plugin_facts().await.unwrap(), PluginFacts::default());
    let signed = VersionRecord { signature: Signature::Signed { by: "me".into() }, ..version(3) };
    let quarantine = Some(Quarantine { reason: "it crashed".into(), at: Time(9) });
    // Not in the order of their digests: the one of their installation counts.
    let versions =
        vec![signed, VersionRecord { quarantine, asked: vec![], ..version(1) }, version(2)];
    let first = PluginRecord {
        active: version(2).digest,
        previous: Some(version(3).digest),
        pending: Some(version(1).digest),
        enabled: false,
        ..plugin("a", versions)
    };
    let facts = PluginFacts {
        plugins: vec![first.clone(), plugin("b", vec![version(1)])],
        bindings: vec![binding("a", "a"), binding("models/work", "a")],
        defaults: vec![default("model", "", "a"), default("model", "web", "models/work")],
    };
    let changes = [
        PluginChange::Plugin(facts.plugins[1].clone()),
        PluginChange::Plugin(first),
        PluginChange::Binding(facts.bindings[1].clone()),
        PluginChange::Binding(facts.bindings[0].clone()),
        PluginChange::Default(facts.defaults[1].clone()),
        PluginChange::Default(facts.defaults[0].clone()),
    ];
    store.plugin_change(&changes).await.unwrap();
    assert_eq!(store.plugin_facts().await.unwrap(), facts);
}

pub(super) async fn a_plugin_is_replaced_with_all_its_versions(store: Arc<dyn PluginStore>) {
    let before = plugin("a", vec![version(1), version(2), version(3)]);
    store.plugin_change(&[PluginChange::Plugin(before)]).await.unwrap();
    let after = plugin("a", vec![version(4)]);
    store.plugin_change(&[PluginChange::Plugin(after.clone())]).await.unwrap();
    assert_eq!(store.plugin_facts().await.unwrap().plugins, [after]);
    store.plugin_change(&[PluginChange::PluginGone { name: "a".into() }]).await.unwrap();
    assert_eq!(store.plugin_facts().await.unwrap(), PluginFacts::default());
}

pub(super) async fn a_binding_takes_its_defaults_along(store: Arc<dyn PluginStore>) {
    let changes = [
        PluginChange::Binding(binding("models/work", "a")),
        PluginChange::Binding(binding("models/cheap", "a")),
        PluginChange::Default(default("model", "", "models/work")),
        PluginChange::Default(default("model", "web", "models/cheap")),
        PluginChange::Default(default("secrets", "", "models/cheap")),
    ];
    store.plugin_change(&changes).await.unwrap();
    let gone = PluginChange::BindingGone { name: "models/work".into() };
    let other = PluginChange::DefaultGone { kind: "secrets".into(), project: String::new() };
    store.plugin_change(&[gone, other]).await.unwrap();
    let facts = store.plugin_facts().await.unwrap();
    assert_eq!(facts.bindings, [binding("models/cheap", "a")]);
    assert_eq!(facts.defaults, [default("model", "web", "models/cheap")]);
}

pub(super) async fn changes_are_made_in_their_order(store: Arc<dyn PluginStore>) {
    let changes = [
        PluginChange::Plugin(plugin("a", vec![version(1)])),
        PluginChange::PluginGone { name: "a".into() },
        PluginChange::Plugin(plugin("a", vec![version(2)])),
        // What is not there need not be removed.
        PluginChange::PluginGone { name: "b".into() },
        PluginChange::Binding(binding("a", "a")),
        PluginChange::Binding(BindingRecord { rules: vec![], ..binding("a", "a") }),
    ];
    store.plugin_change(&changes).await.unwrap();
    let facts = store.plugin_facts().await.unwrap();
    assert_eq!(facts.plugins, [plugin("a", vec![version(2)])]);
    assert_eq!(facts.bindings, [BindingRecord { rules: vec![], ..binding("a", "a") }]);
}
