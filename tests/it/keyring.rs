//! A server whose key stays in a token: `SoftHSM`, from the packages of the system.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kernel_host::Natives;
use kernel_wire::status::RunStatus;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server_process::Server;
use crate::tenon::{Said, tenon};

const PIN: &str = "648219";
/// Where packages put the module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

const PIPELINE: &str = r#"
jobs:
  - name: read
    plan:
      - task: compare
        config:
          platform: linux
          env: {TOKEN: ((token))}
          run: {path: sh, args: [-c, 'test "$TOKEN" = "kept in a ""token"']}
"#;

/// A token, and a server's data.
struct Token {
    dir: TempDir,
    library: PathBuf,
    digest: String,
}

impl Token {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let token = Self { library: library(), digest: String::new(), dir };
        fs::create_dir(token.path("tokens")).unwrap();
        fs::create_dir(token.path("none")).unwrap();
        for (conf, tokens) in [("softhsm2.conf", "tokens"), ("none.conf", "none")] {
            let line = format!("directories.tokendir = {}\n", token.path(tokens).display());
            fs::write(token.path(conf), line).unwrap();
        }
        let made = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", token.path("softhsm2.conf"))
            .args(["--init-token", "--free", "--label", "tenon"])
            .args(["--pin", PIN, "--so-pin", "20261121"])
            .output()
            .expect("install SoftHSM: `apt-get install softhsm2`");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        token.pin(PIN);
        Self { digest: digest(&token.library), ..token }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn pin(&self, pin: &str) {
        fs::write(self.path("pin"), format!("{pin}\n")).unwrap();
        fs::set_permissions(self.path("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self, generate: bool) -> String {
        let module = MODULES.iter().find(|path| Path::new(path).exists());
        let module = module.expect("install SoftHSM: `apt-get install softhsm2`");
        let pin = self.path("pin");
        json!({"module": module, "token": "tenon", "pinFile": pin, "generate": generate})
            .to_string()
    }

    async fn server(&self, generate: bool) -> Server {
        let library = self.library.display().to_string();
        let flags = ["--keyring", &library, "--native-allowed", &self.digest];
        let conf = self.path("softhsm2.conf").display().to_string();
        let config = self.config(generate);
        let environment = [("SOFTHSM2_CONF", &*conf), ("TENON_KEYRING_CONFIG", &config)];
        Server::start_in(&self.data(), &flags, &environment).await
    }

    /// Starts a server that must not start, and returns the one sentence that it says.
    #[track_caller]
    fn refused(&self, flags: &[&str], conf: &str) -> String {
        let data = self.data().display().to_string();
        let said: Said =
            tenon(&["server", "--no-auth", "--listen", "127.0.0.1:0", "--data", &data])
                .args(flags)
                .env("SOFTHSM2_CONF", self.path(conf))
                .output()
                .unwrap()
                .into();
        assert_ne!(said.code, Some(0), "{said:#?}");
        assert!(!said.stderr.contains(PIN) && !said.stdout.contains(PIN), "a PIN: {said:#?}");
        let errors: Vec<&str> =
            said.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        let [error] = &*errors else { panic!("not one sentence: {said:#?}") };
        (*error).to_owned()
    }
}

/// Returns the plugin's library, which cargo builds with the workspace.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .map(|dir| dir.join("libnative_pkcs11.so"))
        .find(|path| path.exists())
        .expect("build the plugin first: `cargo build -p native-pkcs11`")
}

/// Returns the digest that a refusal names.
fn digest(path: &Path) -> String {
    let said = Natives::default().load(path).unwrap_err().to_string();
    said.rsplit("--native-allowed ").next().unwrap().trim_end_matches(')').to_owned()
}

/// Sets a secret as a person with a pipe does.
fn set(server: &Server, name: &str, value: &str) {
    let mut command = tenon(&["--server", &server.url, "secret", "set", name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    let said: Said = child.wait_with_output().unwrap().into();
    said.ends(0);
}

async fn reads(server: &Server) {
    server.pipeline_set("read", PIPELINE).await;
    let run = server.run_start("read", json!({})).await.unwrap();
    let tree = server.ended(&run.id).await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
}

#[tokio::test]
async fn a_secret_that_is_sealed_by_way_of_a_token_is_there_after_a_restart() {
    let token = Token::new();
    let server = token.server(true).await;
    set(&server, "token", "kept in a token");
    reads(&server).await;
    let said = server.said();
    assert!(said.contains("native plugin loaded") && !said.contains("MADE A KEY"), "{said}");
    server.kill();
    let keyring: Value =
        serde_json::from_slice(&fs::read(token.data().join("keyring/keyring.json")).unwrap())
            .unwrap();
    assert_eq!(keyring["locks"][0]["by"], json!({"kind": "held", "name": "native-pkcs11"}));
    assert!(!token.data().join("keyring/server.key").exists(), "the key lies beside the data");
    let again = token.server(false).await;
    reads(&again).await;
}

#[tokio::test]
async fn without_its_token_a_server_says_why_and_does_not_start() {
    let token = Token::new();
    let server = token.server(true).await;
    server.kill();
    let (library, digest, config) =
        (token.library.display().to_string(), &*token.digest, token.config(false));
    let keyring = ["--keyring", &library, "--keyring-config", &config];
    let allowed = [&keyring[..], &["--native-allowed", digest]].concat();
    let refused = |flags: &[&str], conf: &str, part: &str| {
        let said = token.refused(flags, conf);
        assert!(said.contains(part), "{said}");
    };
    let good = "softhsm2.conf";
    let off = format!("native plugins are off: to load {library}, allow it by its SHA-256");
    refused(&keyring, good, &off);
    let zeros = "0".repeat(64);
    let other = [&keyring[..], &["--native-allowed", &zeros]].concat();
    refused(&other, good, "is not among the native plugins that are allowed");
    refused(&allowed, "none.conf", "there is no token \"tenon\"");
    refused(&[], good, "was sealed by a key in the device \"native-pkcs11\"");
    let both = [&allowed[..], &["--key", "sixteen bytes and more"]].concat();
    refused(&both, good, "secrets.key and secrets.keyring are both set; keep one");
    refused(&["--keyring-config", "{}"], good, "needs secrets.keyring (--keyring) too");

    // A file that is not the one that was allowed, under its name.
    let changed = token.path("changed.so");
    fs::write(&changed, [fs::read(&library).unwrap(), vec![0]].concat()).unwrap();
    let exchanged = changed.display().to_string();
    let flags = ["--keyring", &exchanged, "--keyring-config", &config, "--native-allowed", digest];
    refused(&flags, good, "is not among the native plugins that are allowed");

    token.pin("111111");
    refused(&allowed, good, "refuses the PIN");

    // What was refused changed nothing.
    token.pin(PIN);
    token.server(false).await;
}
