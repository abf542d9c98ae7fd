//! Authors of plugins, from nothing to a published plugin: the real commands, the packaged SDK, a
//! real registry, outside of this workspace.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::registry::Registry;
use crate::tenon::{Said, root, tenon};

/// All kinds that a plugin can be of.
const KINDS: [&str; 11] = [
    "action", "cache", "gateway", "identity", "language", "launcher", "model", "notifier",
    "resource", "secrets", "webhook",
];

/// Packages the SDK as its users get it. The same SDK lies in the same place, so that all tests, and
/// all runs of them, build it once.
pub(crate) fn sdk() -> String {
    let authors = root().join("target/authors");
    fs::create_dir_all(&authors).unwrap();
    let packed = tempfile::tempdir_in(&authors).unwrap();
    let new = packed.path().join("sdk");
    let mut pack = Command::new(env!("CARGO"));
    pack.args(["run", "-q", "-p", "xtask", "--", "sdk"]).arg(&new).current_dir(root());
    let output = pack.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut crates: Vec<_> = fs::read_dir(&new).unwrap().map(|entry| entry.unwrap()).collect();
    crates.retain(|entry| entry.path().join("Cargo.toml").is_file());
    crates.sort_by_key(fs::DirEntry::file_name);
    let mut text = String::new();
    crates.iter().for_each(|folder| contents(&folder.path(), &new, &mut text));
    let digest = kernel_package::Digest::of(text.as_bytes()).hex();
    let place = authors.join(format!("sdk-{}", &digest[..16]));
    fs::create_dir_all(&place).unwrap();
    for entry in crates {
        // Who comes later finds the same there.
        let _ = fs::rename(entry.path(), place.join(entry.file_name()));
    }
    place.display().to_string()
}

/// Adds what makes a package the one it is: its files, and not the commit that it was made from.
fn contents(folder: &Path, base: &Path, text: &mut String) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            contents(&path, base, text);
        } else if !path.ends_with(".cargo_vcs_info.json") {
            let name = path.strip_prefix(base).unwrap().display();
            let digest = kernel_package::Digest::of(&fs::read(&path).unwrap());
            text.push_str(&format!("{name} {digest}\n"));
        }
    }
}

/// Calls `tenon plugin`, in a folder. What cargo builds is kept for the next time.
fn plugin(folder: &Path, args: &[&str]) -> Said {
    let mut command = tenon(&[&["plugin"], args].concat());
    command.current_dir(folder).env("CARGO_TARGET_DIR", root().join("target/authors"));
    // What is measured here is whether it builds, not how small it gets.
    command.env("CARGO_PROFILE_RELEASE_LTO", "false").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    command.output().unwrap().into()
}

fn new(folder: &Path, kind: &str, name: &str, sdk: &str) {
    plugin(folder, &["new", "--kind", kind, name, "--sdk", sdk]).ends(0);
}

#[test]
fn a_new_plugin_of_each_kind_builds_and_passes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let sdk = sdk();
    KINDS.iter().for_each(|kind| new(here, kind, &format!("my-{kind}"), &sdk));
    // Tests are built for this machine and components for another, so neither waits for the other.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for kind in KINDS {
                plugin(here, &["test", &format!("my-{kind}")]).ends(0);
            }
        });
        KINDS.iter().for_each(|kind| builds(here, kind));
    });
}

/// Builds a plugin that was just made, and looks at it.
fn builds(here: &Path, kind: &str) {
    let name = format!("my-{kind}");
    plugin(here, &["build", &name]).ends(0);
    let mut format = Command::new("cargo");
    format.args(["fmt", "--check"]).current_dir(here.join(&name));
    assert!(format.status().unwrap().success(), "{kind} is not formatted");
    let checked = plugin(here, &["check", &name, "--output", "json"]).ends(0);
    let checked = &checked.json()[0];
    assert_eq!(checked["name"], name);
    assert_eq!(checked["kinds"], serde_json::json!([kind]), "{checked}");
    assert_eq!(checked["remarks"], serde_json::json!([]), "{checked}");
    let conform = plugin(here, &["conform", &name]);
    assert_eq!(conform.code, Some(0), "{kind}: {conform:?}");
}

#[test]
fn a_plugin_goes_from_nothing_to_a_registry_and_is_trusted_there() {
    let registry = Registry::open();
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    new(here, "action", "hello", &sdk());
    plugin(here, &["build", "hello"]).ends(0);
    let packed = plugin(here, &["pack", "hello"]).ends(0);
    assert!(packed.stdout.contains("packed hello 0.1.0 into hello-0.1.0.wasm"), "{packed:?}");
    plugin(here, &["keygen", "me"]).ends(0);
    let address = &registry.address;
    let to = format!("oci://{address}/me/hello:0.1.0");
    let plain = ["--plain-http", address.as_str()];
    let publish = ["publish", "hello-0.1.0.wasm", &to, "--key", "me.key"];
    let published = plugin(here, &[&publish[..], &plain].concat()).ends(0);
    assert!(published.stdout.contains(&format!("as {to}, signed")), "{published:?}");
    let trust = format!("[keys.me]\nfile = \"me.pub\"\norigins = [\"oci://{address}/me/*\"]\n");
    fs::write(here.join("trust.toml"), trust).unwrap();
    let verify = ["signatures", &to, "--trust", "trust.toml"];
    let verified = plugin(here, &[&verify[..], &plain].concat()).ends(0);
    assert!(verified.stdout.contains("trusted  signed by me"), "{verified:?}");
    // The same once more changes nothing, and is no mistake.
    let again = plugin(here, &[&publish[..], &plain].concat()).ends(0);
    assert!(again.stdout.contains(&format!("is {to} already; it was signed")), "{again:?}");
    // Somebody replaces it, with the right to push, but without the key.
    let evil = ["publish", "hello-0.1.0.wasm", &to];
    let mut bytes = fs::read(here.join("hello-0.1.0.wasm")).unwrap();
    // A custom section more: another digest, the same plugin.
    bytes.extend_from_slice(&[0, 5, 4, b'e', b'v', b'i', b'l']);
    fs::write(here.join("hello-0.1.0.wasm"), bytes).unwrap();
    let refused = plugin(here, &[&evil[..], &plain].concat()).ends(12);
    assert!(refused.stderr.contains("add --replace"), "{refused:?}");
    assert_eq!(refused.stderr.matches("sha256:").count(), 2, "{refused:?}");
    let replaced = plugin(here, &[&evil[..], &["--replace"], &plain].concat()).ends(0);
    assert!(replaced.stdout.contains("in place of: sha256:"), "{replaced:?}");
    let verified = plugin(here, &[&verify[..], &plain].concat()).ends(1);
    assert!(verified.stdout.contains("refused  it is not signed"), "{verified:?}");
}

#[test]
fn a_file_is_signed_and_verified_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("a.wasm"), crate::kit::fixture::wasm("action")).unwrap();
    fs::write(here.join("text.wasm"), "hello").unwrap();
    fs::write(here.join("password"), "hunter2\n").unwrap();
    for (kind, extra) in [
        ("cosign", &[][..]),
        ("ed25519", &[]),
        ("minisign", &[]),
        ("minisign", &["--password-file", "password"]),
    ] {
        let name = format!("{kind}{}", extra.len());
        plugin(here, &[&["keygen", &name, "--kind", kind], extra].concat()).ends(0);
        let key = format!("{name}.key");
        let opened = if extra.is_empty() { &[][..] } else { &["--key-password-file", "password"] };
        plugin(here, &[&["sign", "a.wasm", "--key", &key], opened].concat()).ends(0);
        let refused = plugin(here, &[&["sign", "text.wasm", "--key", &key], opened].concat());
        assert!(refused.stderr.contains("text.wasm is no plugin to sign"), "{refused:?}");
        let trust = format!("[keys.me]\nfile = \"{name}.pub\"\norigins = [\"*\"]\n");
        fs::write(here.join("trust.toml"), trust).unwrap();
        let verified = plugin(here, &["signatures", "a.wasm", "--trust", "trust.toml"]).ends(0);
        assert!(verified.stdout.contains("trusted"), "{verified:?}");
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(here.join(&key)).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
        // A key is never overwritten.
        let again = plugin(here, &["keygen", &name]).ends(12);
        assert!(again.stderr.contains("take another name"), "{again:?}");
    }
}

/// Returns the plugin of the fixtures of that kind with another manifest around it.
fn with_manifest(kind: &str, change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut bytes = crate::kit::fixture::wasm(kind);
    let mut manifest = kernel_host::manifest_text(&bytes).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    change(&mut value);
    manifest = serde_json::to_vec(&value).unwrap();
    let name = b"tenon:manifest";
    let mut size = 1 + name.len() + manifest.len();
    bytes.push(0);
    while size >= 0x80 {
        bytes.push(u8::try_from(size % 0x80).unwrap() | 0x80);
        size /= 0x80;
    }
    bytes.extend([u8::try_from(size).unwrap(), u8::try_from(name.len()).unwrap()]);
    bytes.extend(name.iter().chain(&manifest));
    bytes
}

#[test]
fn a_manifest_that_misses_its_point_is_named_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let wasm = with_manifest("action", |manifest| {
        manifest["config"] = serde_json::json!({ "properties": { "a": { "type": "text" } } });
        manifest["actions"][0]["input"] = serde_json::json!({ "pattern": "(" });
        manifest["contract"] = serde_json::json!("");
        manifest["sumary"] = serde_json::json!("Adds.");
    });
    fs::write(here.join("bad.wasm"), wasm).unwrap();
    let checked = plugin(here, &["check", "bad.wasm"]).ends(1);
    for part in [
        "wrong  `config` is no JSON Schema: /properties/a/type: ",
        "wrong  `actions.add.input` is no JSON Schema: ",
        "better  it does not say its `contract`",
        "better  its manifest has a key `sumary` that nobody reads; is it `summary`?",
    ] {
        assert!(checked.stdout.contains(part), "{part}: {}", checked.stdout);
    }
    let conform = plugin(here, &["conform", "bad.wasm"]).ends(1);
    assert!(conform.stdout.contains("FAIL  its schemas are JSON Schemas"), "{conform:?}");
}

#[test]
fn a_plugin_conforms_in_its_folder_and_with_a_configuration_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let wasm = with_manifest("webhook", |manifest| {
        let properties = serde_json::json!({ "tries": { "type": "integer" } });
        manifest["config"] =
            serde_json::json!({ "properties": properties, "additionalProperties": false });
    });
    fs::write(here.join("a.wasm"), wasm).unwrap();
    let fits = "the configuration that is given fits its schema";
    for (config, sign, code) in [("{\"tries\": 3}", "pass", 0), ("{\"trys\": 3}", "FAIL", 1)] {
        let said = plugin(here, &["conform", "a.wasm", "--config", config]).ends(code);
        assert!(said.stdout.contains(&format!("{sign}  {fits}")), "{said:?}");
    }
    plugin(here, &["conform", "a.wasm", "--config", "[1]"]).ends(2);
    plugin(here, &["new", "--kind", "action", "js", "--lang", "js"]).ends(0);
    let said = plugin(here, &["conform", "js"]).ends(12);
    assert!(said.stderr.contains("run `tenon plugin build js`"), "{said:?}");
    fs::copy(here.join("a.wasm"), here.join("js/a.wasm")).unwrap();
    plugin(here, &["conform", "js"]).ends(0);
}

#[test]
fn mistakes_of_authors_are_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let refused = |args: &[&str], because: &str| {
        let said = plugin(here, args);
        assert_ne!(said.code, Some(0), "{args:?}: {said:?}");
        assert!(said.stderr.contains(because), "{args:?}: {said:?}");
    };
    refused(&["new", "--kind", "thing", "a"], "the kinds are action, cache, gateway");
    refused(&["new", "--kind", "action", "A b"], "begins with a lower-case letter");
    refused(&["new", "--kind", "action", "../a"], "cannot be a plugin's name");
    refused(&["new", "--kind", "action", "a", "--sdk", "."], "holds no SDK");
    refused(&["new", "--kind", "action", "std"], "cannot be the name of a crate");
    refused(&["new", "--kind", "action", "match"], "such as my-match");
    let deep = plugin(here, &["new", "--kind", "action", "a", "--into", "not/yet/there"]).ends(0);
    assert!(deep.stdout.contains("in no package registry yet"), "{deep:?}");
    refused(&["build"], "holds no plugin");
    refused(&["check", "gone.wasm"], "failed to read gone.wasm");
    fs::write(here.join("text.wasm"), "hello").unwrap();
    refused(&["check", "text.wasm"], "this is not WebAssembly");
    refused(&["sign", "text.wasm"], "name the secret key by --key");
    refused(&["publish", "text.wasm", "other.wasm"], "is no registry");
    fs::write(here.join("trust.toml"), "").unwrap();
    refused(&["signatures", "gone.wasm", "--trust", "trust.toml"], "failed to read");
    refused(&["signatures", "https://example.org/a", "--trust", "trust.toml"], "add its digest");
    // Scripts whose SDK is not installed yet.
    for (lang, way_out) in
        [("js", "run `npm install` there"), ("python", "bin/pip install .` there")]
    {
        refused(&["new", "--kind", "thing", "a", "--lang", lang], "the kinds are action, cache");
        plugin(here, &["new", "--kind", "action", lang, "--lang", lang]).ends(0);
        refused(&["build", lang], way_out);
        refused(&["test", lang], way_out);
    }
    // A checkout, in which the SDK for JavaScript was not built.
    let sdk = here.join("checkout/sdk/js");
    fs::create_dir_all(sdk.join("src")).unwrap();
    fs::write(sdk.join("package.json"), "{}").unwrap();
    let args = ["new", "--kind", "action", "early", "--lang", "js", "--sdk", "checkout"];
    let said = plugin(here, &args).ends(0);
    assert!(said.stdout.contains("npm install && npm run build"), "{said:?}");
    fs::create_dir_all(here.join("early/node_modules/@tenon/sdk")).unwrap();
    refused(&["build", "early"], "was not built yet; run `npm install && npm run build` there");
    fs::create_dir(here.join("there")).unwrap();
    refused(&["new", "--kind", "action", "there"], "take another name");
}
