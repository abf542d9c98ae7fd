//! Plugins from registries, addresses, files and bundles, into real servers that judge their
//! signatures, with a real registry and the real commands.

mod bundle;
mod lock;
mod private;
mod refusal;
mod web;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::host::fixture;
use crate::registry::Registry;
use crate::server_process::Server;
use crate::tenon::{Said, tenon};

/// The one wish of the fixture that must be bounded.
const BOUND: &str = "http:GET 127.0.0.1:*";

/// A folder with a key, a trust store and versions of the fixture, and a registry for them.
struct Author {
    folder: tempfile::TempDir,
    registry: Registry,
}

impl Author {
    fn new() -> Self {
        Self::with(Registry::open())
    }

    fn with(registry: Registry) -> Self {
        let author = Self { folder: tempfile::tempdir().unwrap(), registry };
        author.plugin(&["keygen", "me"]).ends(0);
        author.trust(&format!("oci://{}/me/*", author.registry.address));
        for version in ["0.1.0", "0.2.0"] {
            author.write(&format!("{version}.wasm"), &hostile(version));
        }
        author
    }

    /// Trusts the author's key for these origins.
    fn trust(&self, origins: &str) {
        let text = format!("[keys.me]\nfile = \"me.pub\"\norigins = [{origins:?}]\n");
        self.write("trust.toml", text.as_bytes());
    }

    fn here(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.here().join(name), bytes).unwrap();
    }

    /// Calls `tenon plugin` in the folder.
    fn plugin(&self, args: &[&str]) -> Said {
        let mut command = tenon(&[&["plugin"], args].concat());
        command.current_dir(self.here()).output().unwrap().into()
    }

    /// Calls `tenon plugin` for a server.
    fn at(&self, server: &Server, args: &[&str]) -> Said {
        self.plugin(&[args, &["--server", &server.url]].concat())
    }

    /// Installs the fixture on a server, within its bounds.
    fn install(&self, server: &Server, from: &str, flags: &[&str]) -> Said {
        self.at(server, &[&["install", from, "--grant", BOUND], flags].concat())
    }

    /// Returns where a version lies in the registry.
    fn address(&self, version: &str) -> String {
        format!("oci://{}/me/hostile:{version}", self.registry.address)
    }

    /// Publishes a file, signed if a key is named.
    fn publish(&self, file: &str, version: &str, key: Option<&str>) {
        let (to, registry) = (self.address(version), &self.registry.address);
        let key = key.map_or_else(Vec::new, |key| vec!["--key", key]);
        // What a tag holds changes under those who pinned it.
        let publish = ["publish", file, &to, "--replace", "--plain-http", registry];
        self.plugin(&[&publish[..], &key].concat()).ends(0);
    }

    /// Starts a server that trusts the author, and reaches the registry.
    async fn server(&self, data: &str) -> Server {
        let trust = self.here().join("trust.toml").display().to_string();
        let registry = &self.registry.address;
        let flags = ["--trust-store", &trust, "--plain-http", registry, "--egress-allowed"];
        let flags = [&flags[..], &["127.0.0.0/8"]].concat();
        Server::start_with(&self.here().join(data), &flags).await
    }

    /// Starts a server that trusts the author, and has no way out.
    async fn server_inside(&self, data: &str) -> Server {
        let trust = self.here().join("trust.toml").display().to_string();
        Server::start_with(&self.here().join(data), &["--trust-store", &trust]).await
    }
}

/// The fixture in a version.
fn hostile(version: &str) -> Vec<u8> {
    fixture::hostile_with(&[("\"0.1.0\"", &format!("\"{version}\""))])
}

/// Returns the version of the fixture that serves, and who has signed it.
async fn serving(server: &Server) -> (Value, Value) {
    let found = server.get("/plugins/hostile").await.unwrap();
    let versions = found["versions"].as_array().cloned().unwrap_or_default();
    let active = versions.into_iter().find(|version| version["active"] == true);
    let active = active.unwrap_or_default();
    (active["version"].clone(), active["signedBy"].clone())
}

#[tokio::test]
async fn a_plugin_comes_from_a_registry_and_is_trusted_by_its_signature() {
    let author = Author::new();
    author.publish("0.1.0.wasm", "0.1.0", Some("me.key"));
    author.publish("0.2.0.wasm", "0.2.0", Some("me.key"));
    let server = author.server("data").await;
    let said = author.install(&server, &author.address("0.1.0"), &[]).ends(0);
    assert!(said.stdout.starts_with("hostile 0.1.0 serves\n"), "{said:?}");
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
    let shown = author.at(&server, &["inspect", "hostile"]).ends(0);
    assert!(shown.stdout.contains(&author.address("0.1.0")), "{shown:?}");
    author.at(&server, &["upgrade", "hostile", &author.address("0.2.0")]).ends(0);
    assert_eq!(serving(&server).await, ("0.2.0".into(), "me".into()));
    let verified = author.at(&server, &["verify", "hostile"]).ends(0);
    assert_eq!(verified.stdout.matches("holds: signed by me").count(), 2, "{verified:?}");

    // The key is taken back, and a file is damaged behind the server's back.
    author.write("trust.toml", b"");
    let digest = server.get("/plugins/hostile").await.unwrap()["digest"].clone();
    let file = format!("data/plugins/{}.wasm", digest.as_str().unwrap());
    author.write(&file, b"other");
    let verified = author.at(&server, &["verify"]).ends(1);
    assert!(verified.stdout.contains("is damaged: its bytes are not those"), "{verified:?}");
    assert!(verified.stdout.contains("it was signed by \"me\", and no key"), "{verified:?}");
}

#[tokio::test]
async fn a_file_is_sent_with_the_signature_that_lies_beside_it() {
    let author = Author::new();
    author.plugin(&["keygen", "mini", "--kind", "minisign"]).ends(0);
    let both = "[keys.me]\nfile = \"me.pub\"\norigins = [\"file:///*\"]\n\
                [keys.mini]\nfile = \"mini.pub\"\norigins = [\"file:///*\"]\n";
    author.write("trust.toml", both.as_bytes());
    let server = author.server_inside("data").await;
    author.plugin(&["sign", "0.1.0.wasm", "--key", "me.key"]).ends(0);
    author.install(&server, "0.1.0.wasm", &[]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
    author.plugin(&["sign", "0.2.0.wasm", "--key", "mini.key"]).ends(0);
    author.at(&server, &["upgrade", "hostile", "0.2.0.wasm", "--signer", "mini"]).ends(0);
    assert_eq!(serving(&server).await, ("0.2.0".into(), "mini".into()));
    author.at(&server, &["verify", "hostile"]).ends(0);
}

#[tokio::test]
async fn who_takes_over_a_plugin_is_said() {
    let author = Author::new();
    author.plugin(&["keygen", "other"]).ends(0);
    let both = "[keys.me]\nfile = \"me.pub\"\norigins = [\"file:///*\"]\n\
                [keys.other]\nfile = \"other.pub\"\norigins = [\"file:///*\"]\n";
    author.write("trust.toml", both.as_bytes());
    let server = author.server_inside("data").await;
    author.plugin(&["sign", "0.1.0.wasm", "--key", "me.key"]).ends(0);
    author.install(&server, "0.1.0.wasm", &[]).ends(0);
    let upgrade = |flags: &[&str]| {
        author.at(&server, &[&["upgrade", "hostile", "0.2.0.wasm"], flags].concat())
    };
    author.plugin(&["sign", "0.2.0.wasm", "--key", "other.key"]).ends(0);
    let said = upgrade(&[]).ends(11);
    assert!(said.stderr.contains("is signed by \"me\", but this one by \"other\""), "{said:?}");
    assert!(said.stderr.contains("--signer other"), "{said:?}");
    upgrade(&["--signer", "me"]).ends(11);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
    upgrade(&["--signer", "other"]).ends(0);
    assert_eq!(serving(&server).await, ("0.2.0".into(), "other".into()));
}

#[tokio::test]
async fn a_server_may_take_what_nobody_has_signed_without_being_asked_each_time() {
    let author = Author::new();
    let data = author.here().join("data");
    let server = Server::start_with(&data, &["--allow-unsigned"]).await;
    author.install(&server, "0.1.0.wasm", &[]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), Value::Null));
    // Signed later, it is the same plugin, and known as signed.
    drop(server);
    author.trust("file:///*");
    author.plugin(&["sign", "0.1.0.wasm", "--key", "me.key"]).ends(0);
    let server = author.server_inside("data").await;
    author.at(&server, &["install", "0.1.0.wasm"]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
}
