//! Tokens of `SoftHSM` in a folder of this process, and the built plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use kernel_host::{NativeFault, NativeKeyring, NativePlugin, Natives};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) const PIN: &str = "648219";
/// Labels, one for each test that changes a token.
const TOKENS: [&str; 3] = ["seals", "refuses", "leaves"];

/// Where packages put the module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

/// Returns the module, with its tokens made. The first call of each test.
pub(crate) fn module() -> &'static Path {
    static MODULE: OnceLock<(PathBuf, TempDir)> = OnceLock::new();
    let (module, _) = MODULE.get_or_init(|| {
        let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
        let module = module.expect("install SoftHSM: `apt-get install softhsm2`");
        let dir = tempfile::tempdir().unwrap();
        let tokens = dir.path().join("tokens");
        fs::create_dir(&tokens).unwrap();
        let conf = dir.path().join("softhsm2.conf");
        fs::write(&conf, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
        for label in TOKENS {
            let made = Command::new("softhsm2-util")
                .env("SOFTHSM2_CONF", &conf)
                .args(["--init-token", "--free", "--label", label])
                .args(["--pin", PIN, "--so-pin", "20261121"])
                .output()
                .unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        // SAFETY: all tests begin here and wait for it, so no other thread reads the environment.
        #[expect(unsafe_code, reason = "the module is told by its environment alone")]
        unsafe {
            std::env::set_var("SOFTHSM2_CONF", &conf);
        }
        (module, dir)
    });
    module
}

/// Returns the plugin's library, which cargo has built beside this test.
pub(crate) fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .map(|dir| dir.join("libnative_pkcs11.so"))
        .find(|path| path.exists())
        .expect("cargo builds the library for its tests")
}

/// Returns the SHA-256 of a file as the operator writes it.
pub(crate) fn digest(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Loads the plugin, allowed by its digest.
pub(crate) fn plugin() -> NativePlugin {
    let library = library();
    Natives::allow([digest(&library)]).unwrap().load(&library).unwrap()
}

/// Opens a token, with changes to the good configuration.
pub(crate) fn open(token: &str, changes: Value) -> Result<NativeKeyring, NativeFault> {
    let mut config = json!({"module": module(), "token": token, "pin": PIN, "generate": true});
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    plugin().keyring(&config.to_string())
}
