//! A plugin that is new serves before its code is optimized, and goes on serving meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kernel_host::Host;
use kernel_model::time::Time;
use kernel_ports::plugin::{Machine, MachineCall, MachineInput, PluginError, Plugins as _};
use tempfile::TempDir;

use super::fixture;
use super::world::{limits, ports};

fn start(code: &Path, dir: &TempDir) -> Arc<Host> {
    let host = Host::builder(code, ports(dir)).built_in("hostile", fixture::hostile());
    host.limits(limits()).build().unwrap()
}

async fn echo(host: &Host) -> Result<String, PluginError> {
    let call = MachineCall {
        machine: Machine::Action("hostile".into()),
        input: MachineInput::Action { name: "echo".into(), input: "7".into() },
        made_by: "".into(),
        run: None,
        step: None,
        attempt: 1,
        at: Time(0),
        log: None,
    };
    Ok(host.machine_call(call).await?.done.unwrap().output.to_string())
}

/// Returns the ends of the names of the files of machine code.
fn kept(code: &Path) -> Vec<&'static str> {
    let folders = std::fs::read_dir(code).unwrap().map(|entry| entry.unwrap().path());
    let files =
        folders.filter(|path| path.is_dir()).flat_map(|dir| std::fs::read_dir(dir).unwrap());
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let codes = names.filter(|name| name.ends_with(".cwasm"));
    codes.map(|name| if name.contains("baseline") { "baseline" } else { "optimized" }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_notices_that_better_code_takes_the_place_of_the_first() {
    let (code, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = start(code.path(), &dir);
    assert_eq!(echo(&host).await.unwrap(), "7");
    let ended = AtomicBool::new(false);
    let calls = async {
        let mut count = 0;
        while !ended.load(Ordering::Relaxed) {
            assert_eq!(echo(&host).await.unwrap(), "7");
            count += 1;
            tokio::task::yield_now().await;
        }
        count
    };
    let optimized = async {
        host.optimized().await;
        ended.store(true, Ordering::Relaxed);
    };
    let (calls, ()) = tokio::join!(calls, optimized);
    assert!(calls > 0);
    assert_eq!(kept(code.path()), ["optimized"]);
    assert_eq!(echo(&host).await.unwrap(), "7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_disk_does_not_take_is_optimized_all_the_same() {
    let (code, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = start(code.path(), &dir);
    // A file where the folder of the plugin would be.
    let digest = host.plugin_get("hostile").unwrap().digest;
    std::fs::write(code.path().join(digest), "in the way").unwrap();
    assert_eq!(echo(&host).await.unwrap(), "7");
    host.optimized().await;
    assert_eq!(echo(&host).await.unwrap(), "7");
    assert_eq!(kept(code.path()), [""; 0]);
}
