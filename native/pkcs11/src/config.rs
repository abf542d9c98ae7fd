//! What the operator configures.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sdk_native::{Failure, Reason};
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

/// Others may not write what holds a key or is loaded.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Nor read a PIN.
const OPEN_TO_OTHERS: u32 = 0o077;

/// The token, and how it is opened.
pub(crate) struct Config {
    /// The vendor's library.
    pub(crate) module: PathBuf,
    /// The label of the token.
    pub(crate) token: String,
    /// The label of the key.
    pub(crate) key: String,
    /// Whether a missing key is made.
    pub(crate) generate: bool,
    pub(crate) pin: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    module: PathBuf,
    token: String,
    #[serde(default = "default_key")]
    key: String,
    #[serde(default)]
    generate: bool,
    #[serde(default)]
    pin: Option<String>,
    #[serde(default)]
    pin_file: Option<PathBuf>,
}

fn default_key() -> String {
    "tenon-server-key".to_owned()
}

impl Config {
    /// Reads the configuration, and the PIN's file if it names one.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let invalid = |message: String| Failure::new(Reason::Invalid, message);
        let written: Written = serde_json::from_str(text).map_err(|err| {
            invalid(format!(
                "the configuration of the token cannot be read: {err}; it needs `module` (the path \
                 of the vendor's library), `token` (its label), and `pinFile` or `pin`"
            ))
        })?;
        if !written.module.is_absolute() {
            let module = written.module.display();
            return Err(invalid(format!("the module {module} must be an absolute path")));
        }
        check(&written.module, WRITABLE_BY_OTHERS, "chmod go-w")?;
        let pin = match (written.pin, written.pin_file) {
            (Some(pin), None) => Zeroizing::new(pin),
            (None, Some(path)) => read_pin(&path)?,
            (Some(_), Some(_)) => {
                return Err(invalid("the token has both `pin` and `pinFile`; remove one".into()));
            }
            (None, None) => {
                return Err(invalid(
                    "the token has no PIN: put it into a file of mode 0600, and name that as \
                     `pinFile`"
                        .into(),
                ));
            }
        };
        let Written { module, token, key, generate, .. } = written;
        Ok(Self { module, token, key, generate, pin })
    }
}

fn read_pin(path: &Path) -> Result<Zeroizing<String>, Failure> {
    check(path, OPEN_TO_OTHERS, "chmod 600")?;
    let mut text = fs::read_to_string(path).map_err(|err| unreadable(path, &err))?;
    let pin = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    text.zeroize();
    Ok(pin)
}

/// Refuses a file that others may change or read.
fn check(path: &Path, forbidden: u32, way_out: &str) -> Result<(), Failure> {
    let metadata = fs::metadata(path).map_err(|err| unreadable(path, &err))?;
    if metadata.mode() & forbidden != 0 {
        let (path, mode) = (path.display(), metadata.mode() & 0o777);
        let message = format!("{path} is open to others (mode {mode:o}): run `{way_out} {path}`");
        return Err(Failure::new(Reason::Invalid, message));
    }
    Ok(())
}

fn unreadable(path: &Path, err: &std::io::Error) -> Failure {
    Failure::new(Reason::Invalid, format!("failed to read {}: {err}", path.display()))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("module", &self.module)
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
