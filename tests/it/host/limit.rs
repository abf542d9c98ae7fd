//! Each limit stops a guest that passes it, says which one it was, and harms nobody else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_host::CallLimits;
use kernel_ports::plugin::PluginError;
use tokio::net::TcpListener;

use super::fixture;
use super::world::{World, limits};

/// The class of an error and its message, as `class: message`.
fn class(err: &PluginError) -> String {
    let class = match err {
        PluginError::Unknown { .. } => "unknown",
        PluginError::Said { code, .. } => code,
        PluginError::Trap { .. } => "trap",
        PluginError::Deadline { .. } => "deadline",
        PluginError::Limit { .. } => "limit",
        PluginError::Denied { .. } => "denied",
        PluginError::Answer { .. } => "answer",
        PluginError::Stopped { .. } => "stopped",
        PluginError::Link { .. } => "link",
        PluginError::Host { .. } => "host",
    };
    format!("{class}: {err}")
}

#[tokio::test]
async fn each_misbehaviour_is_stopped_and_named_and_the_next_call_works() {
    let world = World::new();
    for (function, want, part) in [
        ("loop", "deadline", "took longer than 1000 ms in `start`"),
        ("memory", "limit", "more than 67108864 bytes of memory"),
        ("recursion", "limit", "its stack is full"),
        ("recursion-fat", "trap", "out of bounds memory access"),
        ("return-huge", "limit", "more bytes in one call"),
        ("state-huge", "limit", "its state has 307200 bytes"),
        ("trap", "trap", "on purpose: 1"),
        ("abort", "trap", "crashed"),
        ("output-flood", "limit", "printed more than 8388608 bytes"),
        ("handles", "limit", "too many handles"),
        ("requests", "limit", "hold more than 33554432 bytes"),
        ("commands", "limit", "hold more than 33554432 bytes"),
        ("kv-flood", "limit", "would be larger than 200000 bytes"),
        ("wrong-answer", "answer", "its outcome is not what the contract says"),
        ("wrong-status", "answer", "only the kernel can give"),
        ("said", "invalid", "hostile: 1"),
        ("no-such", "not-found", "there is no function"),
    ] {
        let began = Instant::now();
        let found = class(&world.call(function, "1").await.unwrap_err());
        assert!(found.starts_with(want) && found.contains(part), "{function}: {found}");
        assert!(began.elapsed() < Duration::from_secs(20), "{function}");
        assert_eq!(world.output("echo", "1").await, "1", "after {function}");
    }
}

#[tokio::test]
async fn a_host_function_that_waits_is_stopped_with_its_call() {
    let world = World::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let err = world.call("http", &url).await.unwrap_err();
    assert!(matches!(err, PluginError::Deadline { limit_ms: 1_000, .. }), "{err}");
    assert_eq!(world.output("echo", "1").await, "1");
}

#[tokio::test]
async fn a_panic_in_the_host_ends_only_its_call() {
    let world = World::new();
    let err = world.call("output", "panic").await.unwrap_err();
    assert!(matches!(err, PluginError::Host { .. }), "{err}");
    assert!(err.to_string().contains("on purpose"), "{err}");
    assert_eq!(world.output("echo", "1").await, "1");
}

#[tokio::test]
async fn a_busy_guest_does_not_hold_up_another_call_on_the_same_thread() {
    // Much longer than this test can take: it would end with the first echo, not after it.
    let patient = CallLimits { call_ms: 300_000, ..limits() };
    let world = Arc::new(World::with(|builder| {
        builder.built_in("hostile", fixture::hostile()).limits(patient)
    }));
    assert_eq!(world.output("echo", "0").await, "0");
    let busy = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.call("loop", "1").await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    for i in 0..20 {
        assert_eq!(world.output("echo", &i.to_string()).await, i.to_string());
    }
    assert!(!busy.is_finished(), "it goes on beside the others");
    busy.abort();
    assert!(busy.await.unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rush_queues_instead_of_failing() {
    let few = CallLimits { calls_at_once: 2, ..limits() };
    let world = Arc::new(World::with(|builder| {
        builder.built_in("hostile", fixture::hostile()).limits(few)
    }));
    let calls: Vec<_> = (0..100)
        .map(|i| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.output("echo", &i.to_string()).await })
        })
        .collect();
    for (i, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), i.to_string());
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing_behind() {
    let world = World::new();
    for _ in 0..50 {
        let call = world.call("loop", "1");
        assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    }
    assert_eq!(world.output("echo", "1").await, "1");
}
