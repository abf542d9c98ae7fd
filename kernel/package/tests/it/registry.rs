//! A registry: Debian's `docker-registry`, on a port of its own, with a folder of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kernel_package::Reference;
use kernel_package::fetch::Access;

/// A registry that ends with this value.
pub(crate) struct Registry {
    child: Child,
    /// Such as `127.0.0.1:41235`.
    pub(crate) address: String,
    folder: tempfile::TempDir,
}

/// How a registry tells its visitors apart.
const LOGIN: &str = "auth: {htpasswd: {realm: tests, path: FOLDER/users}}";
/// How it shows who it is.
const TLS: &str = ", tls: {certificate: FOLDER/cert.pem, key: FOLDER/key.pem}";
/// `me` with the password `hunter2`, by bcrypt.
const USERS: &str = "me:$2b$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.\n";

impl Registry {
    /// Starts a registry that everybody may write to.
    pub(crate) fn open() -> Self {
        Self::start("", "", tempfile::tempdir().unwrap())
    }

    /// Starts a registry that wants a login.
    pub(crate) fn closed() -> Self {
        Self::start(LOGIN, "", tempfile::tempdir().unwrap())
    }

    /// Starts a registry that wants a login and speaks TLS, with a certificate by an authority of its
    /// own.
    pub(crate) fn private() -> Self {
        let folder = tempfile::tempdir().unwrap();
        certify(folder.path());
        Self::start(LOGIN, TLS, folder)
    }

    fn start(auth: &str, tls: &str, folder: tempfile::TempDir) -> Self {
        let path = folder.path().display().to_string();
        let config = format!(
            "version: 0.1\nlog: {{level: info, formatter: json}}\n\
             storage: {{filesystem: {{rootdirectory: {path}/data}}}}\n\
             http: {{addr: \"127.0.0.1:0\"{tls}}}\n{auth}\n"
        );
        let config = config.replace("FOLDER", &path);
        fs::write(folder.path().join("config.yml"), config).unwrap();
        fs::write(folder.path().join("users"), USERS).unwrap();
        let mut child = Command::new("docker-registry")
            .args(["serve", "config.yml"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|err| {
                panic!("docker-registry: {err}; `cargo xtask test` installs it, by apt-get")
            });
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = "listening on ";
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let at = line.find(said)? + said.len();
            // With TLS it says so behind a comma.
            Some(line[at..].split(['"', ',']).next().unwrap().to_owned())
        });
        let address = address.expect("the registry says where it listens");
        // It goes on writing, and must not wait for a reader.
        std::thread::spawn(move || lines.count());
        Self { child, address, folder }
    }

    /// Returns the access of somebody who knows that it speaks plain http.
    pub(crate) fn access(&self) -> Access {
        Access { plain_http: [self.address.clone()].into(), ..Access::default() }
    }

    /// Returns the certificate of the authority that vouches for a private one.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn reference(&self, rest: &str) -> Reference {
        format!("oci://{}/{rest}", self.address).parse().unwrap()
    }

    /// Returns where a blob lies on the disk, so that tests can damage it.
    pub(crate) fn blob(&self, hex: &str) -> PathBuf {
        let blobs = Path::new("data/docker/registry/v2/blobs/sha256");
        self.folder.path().join(blobs).join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an authority, and a certificate by it for this machine.
fn certify(folder: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    fs::write(folder.join("extensions"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    for arguments in [
        format!("req -x509 {key} -days 2 -keyout ca.key -out ca.pem -subj /CN=authority"),
        format!("req {key} -keyout key.pem -out request.pem -subj /CN=registry"),
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile extensions -out cert.pem"
            .to_owned(),
    ] {
        let mut openssl = Command::new("openssl");
        let output =
            openssl.args(arguments.split_whitespace()).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
