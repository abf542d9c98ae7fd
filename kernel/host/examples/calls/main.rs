//! Measures what a call of a plugin costs: `cargo run --release -p kernel-host --example calls`.

#![expect(clippy::print_stdout, reason = "figures are printed")]

#[path = "../../../../tests/it/host/fixture.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests, which use all of it")]
mod fixture;
mod ports;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_host::Host;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::plugin::{
    DriveCall, Machine, MachineCall, MachineInput, PluginError, Plugins as _,
};
use wit_envelope::language::RunEvent;

/// Calls whose times are kept.
const CALLS: usize = 50_000;
/// For one measurement of throughput.
const SPAN: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let host = Host::builder(dir.path(), ports::unused())
        .built_in("hostile", fixture::hostile())
        .built_in("language-lines", fixture::language())
        .build()?;
    let one = runtime(1)?;
    let began = Instant::now();
    one.block_on(call(&host, "echo"))?;
    println!("first call, compiled:     {:>9.1} ms", began.elapsed().as_secs_f64() * 1e3);
    one.block_on(async {
        call(&host, "drive").await?;
        host.optimized().await;
        Ok::<_, PluginError>(())
    })?;

    // The guest of `drive` imports little, that of the others every capability and much of WASI:
    // each import costs a little in every call.
    for function in ["drive", "echo", "count"] {
        one.block_on(async {
            for _ in 0..2_000 {
                call(&host, function).await?;
            }
            let mut times = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                let began = Instant::now();
                call(&host, function).await?;
                times.push(began.elapsed());
            }
            times.sort_unstable();
            let at = |share: usize| times[(CALLS * share / 1000).min(CALLS - 1)];
            let us = |time: Duration| time.as_secs_f64() * 1e6;
            println!(
                "{function:<6} fresh instance:    p50 {:>6.1} µs   p99 {:>6.1} µs   p99.9 {:>6.1} µs",
                us(at(500)),
                us(at(990)),
                us(at(999))
            );
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    for (function, threads) in [("drive", 1), ("drive", 2), ("echo", 1), ("echo", 2)] {
        let runtime = runtime(threads)?;
        let tasks: Vec<_> = (0..threads)
            .map(|_| {
                let host = Arc::clone(&host);
                runtime.spawn(async move {
                    let (began, mut calls) = (Instant::now(), 0_u32);
                    while began.elapsed() < SPAN {
                        call(&host, function).await.map_err(|err| err.to_string())?;
                        calls += 1;
                    }
                    Ok::<_, String>(f64::from(calls) / began.elapsed().as_secs_f64())
                })
            })
            .collect();
        let mut rate = 0.0;
        for task in tasks {
            rate += runtime.block_on(task)??;
        }
        println!("{function:<6} {threads} thread(s):      {rate:>9.0} calls/s");
    }
    Ok(())
}

fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

async fn call(host: &Host, function: &str) -> Result<(), PluginError> {
    if function == "drive" {
        let call = DriveCall {
            language: "language-lines".into(),
            digest: "".into(),
            run: RunId(1),
            at: Time(0),
            program: "p".into(),
            state: [].into(),
            events: vec![RunEvent::Timer { name: "t".into() }],
        };
        return host.drive(call).await.map(|_| ());
    }
    let call = MachineCall {
        machine: Machine::Action("hostile".into()),
        input: MachineInput::Action { name: function.into(), input: "1".into() },
        made_by: "".into(),
        run: None,
        step: None,
        attempt: 1,
        at: Time(0),
        log: None,
    };
    host.machine_call(call).await.map(|_| ())
}
