//! Plugins that start slowly have instances that wait for calls, each for one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_host::{CallLimits, Host, InstalledPlugins};
use kernel_model::time::Time;
use kernel_ports::package::Package;
use kernel_ports::plugin::{
    Machine, MachineCall, MachineInput, MachineStep, PluginError, Plugins as _,
};
use kernel_ports::plugin_admin::{InstallFrom, InstallOptions, PluginAdmin as _};
use kernel_ports::plugin_store::PluginStore as _;
use kernel_store_memory::MemoryControl;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fixture;
use super::world::{World, limits, ports};

fn world(limits: CallLimits, config: Value) -> World {
    World::with(|builder| {
        builder.built_in("slow", fixture::slow()).config("slow", config).limits(limits)
    })
}

async fn send(
    host: &Host,
    plugin: &str,
    function: &str,
    at: u64,
) -> Result<MachineStep, PluginError> {
    let call = MachineCall {
        machine: Machine::Action(plugin.into()),
        input: MachineInput::Action { name: function.into(), input: "7".into() },
        made_by: "".into(),
        run: None,
        step: None,
        attempt: 1,
        at: Time(at),
        log: None,
    };
    host.machine_call(call).await
}

/// Calls the slow plugin at a time, and returns what it gave.
async fn call(host: &Host, at: u64) -> Value {
    send(host, "slow", "any", at).await.unwrap().done.unwrap().output
}

/// Waits until so many instances of a plugin wait for calls; none: the plugin has no such.
async fn until(host: &Host, plugin: &str, wanted: Option<usize>) {
    let began = Instant::now();
    while host.waiting(plugin) != wanted {
        let found = host.waiting(plugin);
        assert!(began.elapsed() < Duration::from_secs(20), "{found:?} wait, not {wanted:?}");
        tokio::task::yield_now().await;
    }
}

/// Returns how many calls there were, and how many of them found an instance.
fn counted(host: &Host) -> (u64, u64) {
    let figures = host.figures();
    let sum =
        |of: fn(&kernel_ports::plugin_admin::CallFigures) -> u64| figures.iter().map(of).sum();
    (sum(|figures| figures.calls), sum(|figures| figures.warm_calls))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_after_a_while_finds_an_instance_that_knows_nothing_of_other_calls() {
    let world = world(limits(), json!({}));
    assert_eq!(world.host.waiting("slow"), None, "nothing is known of it yet");
    for at in [1_000, 2_000, 3_000, 4_000] {
        assert_eq!(call(&world.host, at).await, json!([1, at, 7]), "memory of another call");
        until(&world.host, "slow", Some(2)).await;
    }
    assert_eq!(counted(&world.host), (4, 3), "only the first call had to start its instance");
    // Many at once: some find an instance, others start their own.
    let calls = (0..20).map(|_| call(&world.host, 5_000));
    for output in futures::future::join_all(calls).await {
        assert_eq!(output, json!([1, 5_000, 7]));
    }
    until(&world.host, "slow", Some(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_asks_for_something_while_it_starts_is_not_started_ahead() {
    let world = world(limits(), json!({"eager": true}));
    for at in [1_000, 2_000, 3_000] {
        assert_eq!(call(&world.host, at).await, json!([1, at, 7]));
        until(&world.host, "slow", None).await;
    }
    assert_eq!(counted(&world.host), (3, 0));
}

#[tokio::test]
async fn nothing_waits_when_the_operator_wants_none() {
    let world = world(CallLimits { warm_instances: 0, ..limits() }, json!({}));
    for at in [1_000, 2_000] {
        assert_eq!(call(&world.host, at).await, json!([1, at, 7]));
    }
    assert_eq!((world.host.waiting("slow"), counted(&world.host)), (Some(0), (2, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_starts_fast_is_not_started_ahead() {
    let world = World::new();
    // The fastest of many starts counts: the machine may be busy.
    for _ in 0..200 {
        send(&world.host, "hostile", "echo", 1).await.unwrap();
    }
    until(&world.host, "hostile", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_holds_no_more_memory_than_it_may() {
    let plain = world(limits(), json!({}));
    call(&plain.host, 1).await;
    let one = usize::try_from(plain.host.figures()[0].memory_peak_bytes).unwrap();
    assert!(one > 0);
    let tight = world(CallLimits { warm_bytes: 2 * one - 1, ..limits() }, json!({}));
    for at in [1_000, 2_000, 3_000, 4_000] {
        assert_eq!(call(&tight.host, at).await, json!([1, at, 7]));
        until(&tight.host, "slow", Some(1)).await;
    }
    assert_eq!(counted(&tight.host), (4, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_wait_take_no_room_from_a_rush() {
    let few = CallLimits { calls_at_once: 4, call_ms: 400, ..limits() };
    let world = World::with(|builder| {
        let builder = builder.built_in("slow", fixture::slow());
        builder.built_in("hostile", fixture::hostile()).limits(few)
    });
    call(&world.host, 1).await;
    until(&world.host, "slow", Some(2)).await;
    // All of these are in flight at once: they give way to each other, and end at their deadline.
    let calls = (0..4).map(|_| send(&world.host, "hostile", "loop", 1));
    for ended in futures::future::join_all(calls).await {
        assert!(matches!(ended, Err(PluginError::Deadline { .. })), "{ended:?}");
    }
    assert_eq!(world.host.waiting("slow"), Some(2));
}

/// A host in which plugins are installed, and there is room for the instances of one of them.
async fn installs(dir: &TempDir) -> Arc<Host> {
    let store = Arc::new(MemoryControl::new());
    let facts = store.plugin_facts().await.unwrap();
    let installed = InstalledPlugins { store, facts, packages: None, allow_unsigned: false };
    Host::builder(fixture::compiled(), ports(dir))
        .limits(CallLimits { warm_instances: 2, ..limits() })
        .installed(installed, dir.path().join("plugins"))
        .build()
        .unwrap()
}

fn given(bytes: &[u8]) -> (InstallFrom, InstallOptions) {
    let bytes = bytes.to_vec().into();
    let from = InstallFrom::Given(Package { bytes, origin: "slow.wasm".to_owned(), proof: None });
    (from, InstallOptions { allow_unsigned: true, ..InstallOptions::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_retires_what_waits_of_the_version_before() {
    let dir = tempfile::tempdir().unwrap();
    let host = installs(&dir).await;
    let (from, options) = given(fixture::slow());
    let old = host.install(from, options).await.unwrap().digest;
    // Its start was measured when it was tried out: its first call finds an instance.
    until(&host, "slow", Some(2)).await;
    let (from, options) = given(&fixture::other(fixture::slow(), &[("\"0.1.0\"", "\"0.2.0\"")]));
    let new = host.upgrade("slow", Some(from), options).await.unwrap().digest;
    // There is room for two: those of the old version are gone, or these could not be.
    until(&host, "slow", Some(2)).await;
    let step = send(&host, "slow", "any", 1).await.unwrap();
    assert_eq!((*step.made_by).to_owned(), new);
    assert_eq!(counted(&host), (1, 1), "an instance of the version that serves was waiting");
    host.swap("slow", "0.1.0", None).await.unwrap();
    until(&host, "slow", Some(2)).await;
    let step = send(&host, "slow", "any", 2).await.unwrap();
    assert_eq!((*step.made_by).to_owned(), old);
    assert_eq!(counted(&host), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_disabled_leaves_its_room_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let host = installs(&dir).await;
    let (from, options) = given(fixture::slow());
    host.install(from, options).await.unwrap();
    until(&host, "slow", Some(2)).await;
    let (from, options) = given(&fixture::other(fixture::slow(), &[("\"slow\"", "\"slew\"")]));
    host.install(from, options).await.unwrap();
    send(&host, "slew", "any", 1).await.unwrap();
    assert_eq!(host.waiting("slew"), Some(0), "there is no room");
    host.enable("slow", false).await.unwrap();
    assert_eq!(host.waiting("slow"), None);
    send(&host, "slew", "any", 2).await.unwrap();
    until(&host, "slew", Some(2)).await;
}
