//! Which plugins there are, and what of them is refused.

use std::fs;

use kernel_host::{Host, Policy};
use kernel_ports::plugin::{Granted, PluginKind, Plugins as _};

use super::fixture;
use super::world::{World, limits, ports};

#[tokio::test]
async fn listing_reads_the_binaries_and_compiles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let compressed = zstd::encode_all(fixture::hostile(), 3).unwrap();
    let host = Host::builder(&cache, ports(&dir))
        .limits(limits())
        .built_in("hostile", compressed)
        .built_in("language-lines", fixture::language())
        .build()
        .unwrap();
    let list = host.plugin_list();
    let names: Vec<&str> = list.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["hostile", "language-lines"]);
    let hostile = host.plugin_get("hostile").unwrap();
    assert_eq!(hostile.kinds, [PluginKind::Action]);
    assert_eq!(hostile.origin, "built-in");
    assert_eq!(hostile.size, fixture::hostile().len() as u64);
    assert!(hostile.exports.iter().any(|e| e == "tenon:plugin/action@1.0.0"), "{hostile:?}");
    assert!(hostile.imports.iter().any(|i| i == "tenon:plugin/http@1.0.0"), "{hostile:?}");
    assert!(hostile.grants.iter().all(|grant| grant.granted == Granted::All), "{hostile:?}");
    let files = || fs::read_dir(&cache).unwrap().count();
    assert_eq!(files(), 1, "only the key");
    assert!(host.preload().await.is_empty());
    assert_eq!(files(), 3, "the key and two plugins");
}

#[tokio::test]
async fn the_plugin_directory_overrides_but_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("hostile.wasm"), fixture::hostile()).unwrap();
    fs::write(path("z-twin.wasm"), fixture::hostile()).unwrap();
    fs::write(path("no.wasm"), b"not wasm").unwrap();
    fs::write(path("readme.txt"), b"not a plugin").unwrap();
    let module = wat::parse_str("(module)").unwrap();
    fs::write(path("module.wasm"), module).unwrap();
    let world = World::with(|builder| {
        builder.built_in("hostile", fixture::hostile()).plugin_dir(dir.path())
    });
    let info = world.host.plugin_get("hostile").unwrap();
    assert!(info.origin.ends_with("hostile.wasm"), "{}", info.origin);
    assert!(info.grants.iter().all(|grant| grant.granted == Granted::Nothing), "{info:?}");
    let rejected: Vec<&str> = world.host.rejected().iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(rejected.len(), 3, "{rejected:?}");
    for (reason, part) in rejected.iter().zip(["core module", "not WebAssembly", "is called"]) {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(world.output("echo", "1").await, "1", "it starts without any grant");
    assert!(world.call("kv", "").await.is_err());
}

#[tokio::test]
async fn a_file_that_changes_behind_the_back_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hostile.wasm");
    // Another digest, so that nothing compiled is there.
    let mut bytes = fixture::hostile().to_vec();
    bytes.extend_from_slice(&[0, 3, 1, b'x', dir.path().as_os_str().len().to_le_bytes()[0]]);
    fs::write(&file, bytes).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let host = Host::builder(cache.path(), ports(&cache)).plugin_dir(dir.path()).build().unwrap();
    fs::write(&file, fixture::hostile()).unwrap();
    let failures = host.preload().await;
    assert_eq!(failures.len(), 1);
    assert!(failures[0].to_string().contains("has changed since"), "{}", failures[0]);
}

#[test]
fn a_rule_for_what_does_not_exist_is_refused() {
    let err = Policy::new().grant("hostile", "proces:git").unwrap_err().to_string();
    assert!(err.contains("proces") && err.contains("known are"), "{err}");
}
