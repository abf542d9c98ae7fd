//! The life of plugins: install, start with many, swap under load, stop a runaway, outlive a million
//! calls that go wrong.
//!
//! Needs the standard plugins: `cargo xtask plugins`, then `cargo bench -p tests --bench plugins`,
//! with the names of parts behind `--` for those only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints figures or panics"
)]

#[path = "../it/host/fixture.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod fixture;
#[path = "../it/host/world.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod world;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kernel_host::{CallLimits, Host, InstalledPlugins, Ports};
use kernel_model::time::Time;
use kernel_ports::package::Package;
use kernel_ports::plugin::{
    Machine, MachineCall, MachineInput, MachineStep, PluginError, Plugins as _,
};
use kernel_ports::plugin_admin::{InstallFrom, InstallOptions, PluginAdmin as _};
use kernel_ports::plugin_store::PluginStore as _;
use kernel_store_sqlite::ControlStore;
use tempfile::TempDir;

/// Installations of the same plugin, each compiled anew.
const INSTALLS: usize = 5;
const PLUGINS: usize = 50;
const SWAPS: usize = 10_000;
/// No call takes so long, however busy the machine is.
const PATIENT_MS: u64 = 60_000;
const HOSTILE_CALLS: usize = 1_000_000;
/// What a guest does wrong at once. What it is stopped for at a deadline would take days.
const MISDEEDS: [&str; 6] = ["trap", "abort", "recursion", "handles", "said", "wrong-answer"];
/// The same by tens of megabytes: each takes as long as a hundred of the others, so they come once
/// in so many calls.
const LARGE_MISDEEDS: [&str; 2] = ["return-huge", "memory"];
const LARGE_EVERY: usize = 50;
/// Tasks that call while versions are swapped.
const CALLERS: usize = 4;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let named: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
        let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
        if wanted("install") {
            installs().await;
        }
        if wanted("start") {
            many().await;
        }
        if wanted("swap") {
            swaps().await;
        }
        if wanted("runaway") {
            runaway().await;
        }
        if wanted("hostile") {
            hostile().await;
        }
    });
}

/// A host with a store, in a folder beside the build. Calls have `call_ms`.
async fn host(dir: &TempDir, store: &Arc<ControlStore>, call_ms: u64) -> Arc<Host> {
    with_ports(dir, store, call_ms, world::ports(dir)).await
}

async fn with_ports(
    dir: &TempDir,
    store: &Arc<ControlStore>,
    call_ms: u64,
    ports: Ports,
) -> Arc<Host> {
    let facts = store.plugin_facts().await.unwrap();
    let (store, packages) = (Arc::clone(store) as _, None);
    let installed = InstalledPlugins { store, facts, packages, allow_unsigned: false };
    Host::builder(dir.path().join("code"), ports)
        .limits(CallLimits { call_ms, ..CallLimits::default() })
        .installed(installed, dir.path().join("plugins"))
        .build()
        .unwrap()
}

fn folder() -> (TempDir, Arc<ControlStore>) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = Arc::new(ControlStore::open(&dir.path().join("control.db")).unwrap());
    (dir, store)
}

async fn install(host: &Host, bytes: &[u8], rules: &[&str]) {
    let from = given(bytes);
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let options = InstallOptions { rules, allow_unsigned: true, ..InstallOptions::default() };
    host.install(from, options).await.unwrap();
}

fn given(bytes: &[u8]) -> InstallFrom {
    let bytes = bytes.to_vec().into();
    InstallFrom::Given(Package { bytes, origin: "bench".to_owned(), proof: None })
}

/// From the bytes of a component of nearly 1 MB to its being ready for calls.
async fn installs() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins");
    let Ok(bytes) = std::fs::read(plugins.join("resource-time.wasm")) else {
        println!("install: skipped, as `cargo xtask plugins` was not run");
        return;
    };
    let mut times = Vec::new();
    for _ in 0..INSTALLS {
        let (dir, store) = folder();
        let host = host(&dir, &store, PATIENT_MS).await;
        // As on a server that runs: its engine is there.
        install(&host, fixture::hostile(), &["http:GET 127.0.0.1:*"]).await;
        host.optimized().await;
        let began = Instant::now();
        install(&host, &bytes, &[]).await;
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "install to callable, {} KB:      median {:.0} ms, worst {:.0} ms",
        bytes.len() / 1000,
        ms(times[INSTALLS / 2]),
        ms(times[INSTALLS - 1])
    );
}

/// A start with many plugins whose machine code is there.
async fn many() {
    let (dir, store) = folder();
    let ports = world::ports(&dir);
    let first = with_ports(&dir, &store, PATIENT_MS, ports.clone()).await;
    for number in 0..PLUGINS {
        let name = format!("hosti{number:02}");
        let bytes = fixture::hostile_with(&[("\"hostile\"", &format!("\"{name}\""))]);
        install(&first, &bytes, &["http:GET 127.0.0.1:*"]).await;
    }
    first.optimized().await;
    drop(first);
    let began = Instant::now();
    let again = with_ports(&dir, &store, PATIENT_MS, ports).await;
    let listed = began.elapsed();
    assert!(again.preload().await.is_empty());
    println!(
        "{PLUGINS} plugins, warm cache:          known after {:.0} ms, ready after {:.0} ms",
        ms(listed),
        ms(began.elapsed())
    );
}

async fn call(host: &Host, input: MachineInput, made_by: &str) -> Result<MachineStep, PluginError> {
    let machine = Machine::Action("hostile".to_owned());
    let call = MachineCall {
        machine,
        input,
        made_by: made_by.into(),
        run: None,
        step: None,
        attempt: 1,
        at: Time(0),
        log: None,
    };
    host.machine_call(call).await
}

fn action(name: &str) -> MachineInput {
    MachineInput::Action { name: name.to_owned(), input: "1".to_owned() }
}

async fn swaps() {
    let (dir, store) = folder();
    let host = host(&dir, &store, PATIENT_MS).await;
    install(&host, fixture::hostile(), &["http:GET 127.0.0.1:*"]).await;
    let newer = fixture::hostile_with(&[("\"0.1.0\"", "\"0.2.0\"")]);
    let options = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
    host.upgrade("hostile", Some(given(&newer)), options).await.unwrap();
    host.optimized().await;
    let ended = Arc::new(AtomicBool::new(false));
    let (calls, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let work = async |host: Arc<Host>, ended: Arc<AtomicBool>, counts: [Arc<AtomicU64>; 2]| {
        while !ended.load(Ordering::Relaxed) {
            // A machine of two calls, so that swaps come between them too.
            let result = match call(&host, action("count"), "").await {
                Ok(step) => {
                    let input = MachineInput::Resume {
                        state: step.state,
                        kind: "end".to_owned(),
                        handle: None,
                        data: "{}".to_owned(),
                    };
                    call(&host, input, &step.made_by).await
                }
                Err(err) => Err(err),
            };
            counts[0].fetch_add(2, Ordering::Relaxed);
            counts[1].fetch_add(u64::from(result.is_err()), Ordering::Relaxed);
        }
    };
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let counts = [Arc::clone(&calls), Arc::clone(&failed)];
            tokio::spawn(work(Arc::clone(&host), Arc::clone(&ended), counts))
        })
        .collect();
    let began = Instant::now();
    for number in 0..SWAPS {
        let to = if number % 2 == 0 { "0.1.0" } else { "0.2.0" };
        host.swap("hostile", to, None).await.unwrap();
    }
    let took = began.elapsed();
    ended.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    println!(
        "{SWAPS} swaps under load:          {} failed of {} calls; {:.2} ms a swap, stored each",
        failed.load(Ordering::Relaxed),
        calls.load(Ordering::Relaxed),
        ms(took) / SWAPS as f64
    );
}

/// How long after its deadline a guest is stopped that does not end by itself.
async fn runaway() {
    let (dir, store) = folder();
    let host = host(&dir, &store, 100).await;
    install(&host, fixture::hostile(), &["http:GET 127.0.0.1:*"]).await;
    let mut late = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        call(&host, action("loop"), "").await.unwrap_err();
        late.push(began.elapsed().saturating_sub(Duration::from_millis(100)));
    }
    late.sort();
    println!(
        "runaway guest, deadline 100 ms:  stopped {:.1} ms late in the median, {:.1} ms at worst",
        ms(late[10]),
        ms(late[19])
    );
}

/// What is resident while guests go wrong, over and over.
async fn hostile() {
    let (dir, _) = folder();
    // What is built in is never put in quarantine.
    let host = Host::builder(dir.path().join("code"), world::ports(&dir))
        .built_in("hostile", fixture::hostile())
        .build()
        .unwrap();
    let began = Instant::now();
    let mut resident = Vec::new();
    for number in 0..HOSTILE_CALLS {
        let misdeed = if number % LARGE_EVERY == 0 {
            LARGE_MISDEEDS[number / LARGE_EVERY % LARGE_MISDEEDS.len()]
        } else {
            MISDEEDS[number % MISDEEDS.len()]
        };
        call(&host, action(misdeed), "").await.unwrap_err();
        if number % (HOSTILE_CALLS / 10) == HOSTILE_CALLS / 100 {
            resident.push(resident_mb());
        }
    }
    resident.push(resident_mb());
    let us = ms(began.elapsed()) * 1e3 / HOSTILE_CALLS as f64;
    println!(
        "{HOSTILE_CALLS} hostile calls:           {us:.0} µs a call, resident {resident:?} MB"
    );
}

/// Returns `VmRSS`, <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1000
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
