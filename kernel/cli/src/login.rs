//! Tokens of logins, one per server, in a file that only its user can read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

const FILE: &str = "logins.json";

/// The file.
#[derive(Debug, Clone)]
pub struct Logins {
    path: Option<PathBuf>,
}

impl Logins {
    /// Returns the logins in a folder of settings; there is none without a home.
    #[must_use]
    pub fn open(folder: Option<&Path>) -> Self {
        Self { path: folder.map(|folder| folder.join(FILE)) }
    }

    /// Returns the token for a server. What cannot be read is as good as nothing.
    #[must_use]
    pub fn token(&self, server: &str) -> Option<String> {
        self.read().ok()?.remove(key(server))
    }

    /// Keeps a token, or forgets it.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn set(&self, server: &str, token: Option<&str>) -> anyhow::Result<()> {
        let Some(path) = &self.path else {
            bail!("there is no home to keep the login in; set HOME, or use TENON_TOKEN");
        };
        let mut all = self.read().with_context(|| format!("failed to read {}", path.display()))?;
        match token {
            Some(token) => all.insert(key(server).to_owned(), token.to_owned()),
            None => all.remove(key(server)),
        };
        let text = serde_json::to_string_pretty(&all)?;
        write(path, &text).with_context(|| format!("failed to write {}", path.display()))
    }

    fn read(&self) -> io::Result<BTreeMap<String, String>> {
        let Some(path) = &self.path else { return Ok(BTreeMap::new()) };
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::from),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(err) => Err(err),
        }
    }
}

fn key(server: &str) -> &str {
    server.trim_end_matches('/')
}

/// Writes another file and puts it in place, so that nobody finds half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let next = path.with_extension(format!("{}.next", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&next)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(next, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::Logins;

    #[test]
    fn tokens_are_kept_per_server_and_for_their_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let logins = Logins::open(Some(&folder.path().join("tenon")));
        assert_eq!(logins.token("http://a"), None);
        logins.set("http://a/", Some("one")).unwrap();
        logins.set("http://b", Some("two")).unwrap();
        assert_eq!(logins.token("http://a").as_deref(), Some("one"));
        let file = folder.path().join("tenon/logins.json");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        logins.set("http://a", None).unwrap();
        assert_eq!(logins.token("http://a"), None);
        assert_eq!(logins.token("http://b").as_deref(), Some("two"));
    }
}
