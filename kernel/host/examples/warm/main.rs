//! Measures calls of a plugin that starts slowly, with and without instances that wait:
//! `cargo run --release -p kernel-host --example warm -- FILE.wasm FUNCTION INPUT`.
//!
//! The plugin is an action; FUNCTION and INPUT (JSON) are what is called.

#![expect(clippy::print_stdout, reason = "figures are printed")]

#[path = "../calls/ports.rs"]
mod ports;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kernel_host::{CallLimits, Host};
use kernel_model::time::Time;
use kernel_ports::plugin::{Machine, MachineCall, MachineInput, Plugins as _};
use kernel_ports::plugin_admin::PluginAdmin as _;

const CALLS: usize = 1_000;
/// Between two calls, as calls of people and pipelines come.
const PAUSE: Duration = Duration::from_millis(3);

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(file), Some(function), Some(input)) = (words.next(), words.next(), words.next())
    else {
        return Err("usage: warm FILE.wasm FUNCTION INPUT".into());
    };
    let file = PathBuf::from(file);
    let bytes = std::fs::read(&file)?;
    let cache = std::env::temp_dir().join("tenon-example-warm");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for warm in [0, 16] {
        let limits = CallLimits { warm_instances: warm, ..CallLimits::default() };
        let host = Host::builder(&cache, ports::unused()).built_in("it", bytes.clone());
        let host = host.limits(limits).build()?;
        let name = host.plugin_list().first().map(|it| it.name.clone()).unwrap_or_default();
        let call = || MachineCall {
            machine: Machine::Action(name.clone()),
            input: MachineInput::Action { name: function.clone(), input: input.clone() },
            made_by: "".into(),
            run: None,
            step: None,
            attempt: 1,
            at: Time(0),
            log: None,
        };
        let began = Instant::now();
        runtime.block_on(host.preload());
        println!("{warm:>2} waiting: ready after {:>8.1} ms", began.elapsed().as_secs_f64() * 1e3);
        runtime.block_on(host.optimized());
        for pause in [PAUSE, Duration::ZERO] {
            let mut times = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                std::thread::sleep(pause);
                let began = Instant::now();
                runtime.block_on(host.machine_call(call()))?;
                times.push(began.elapsed());
            }
            times.sort_unstable();
            let at = |share: usize| times[CALLS * share / 1000].as_secs_f64() * 1e6;
            let how = if pause.is_zero() { "at once " } else { "now and then" };
            println!(
                "{warm:>2} waiting: calls {how:<12} p50 {:>7.0} µs   p99 {:>7.0} µs",
                at(500),
                at(990)
            );
            for figures in host.figures() {
                let mean = |us: u64| us as f64 / figures.calls.max(1) as f64;
                println!(
                    "            so far {} calls, {} of them by an instance that waited; means: \
                     start {:.0} µs, run {:.0} µs",
                    figures.calls,
                    figures.warm_calls,
                    mean(figures.instantiate_us),
                    mean(figures.run_us)
                );
            }
        }
    }
    Ok(())
}
