//! Where the server key comes from.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::disk::Disk;
use crate::error::OpenError;
use crate::random::random;
use crate::server_key::{ServerKey, ServerKeyError};

/// Fewer bytes can be guessed, whatever is derived from them.
pub const KEY_LEN_MIN: usize = 16;

/// The generated key, beside the keyring.
const FILE: &str = "server.key";

/// Where the server key comes from.
#[derive(Clone)]
pub enum Source {
    /// Words of the operator. `from` says where they stand, for messages.
    Given { key: Zeroizing<Vec<u8>>, salt: Option<Zeroizing<Vec<u8>>>, from: String },
    /// 32 random bytes in a file beside the keyring, made when there is no keyring yet.
    Generated,
    /// A device that never shows it. `name` says which, in the keyring's file.
    Held { name: String, key: Arc<dyn ServerKey> },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { from, .. } => f.debug_struct("Given").field("from", from).finish(),
            Self::Generated => f.write_str("Generated"),
            Self::Held { name, .. } => f.debug_struct("Held").field("name", name).finish(),
        }
    }
}

impl Source {
    /// Says where the key stands.
    pub(crate) fn from(&self, folder: &Path) -> String {
        match self {
            Self::Given { from, .. } => format!("of {from}"),
            Self::Generated => format!("in {}", generated(folder).display()),
            Self::Held { name, .. } => format!("in the device {name:?}"),
        }
    }
}

/// Returns where the generated key is kept.
pub(crate) fn generated(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the generated key; none if there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    let failed = |err| OpenError::Read { path: path.to_owned(), err };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(failed(err)),
    };
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(OpenError::KeyOpen { path: path.to_owned() });
    }
    let mut key = Zeroizing::new(Vec::with_capacity(64));
    file.read_to_end(&mut key).map_err(failed)?;
    while key.last().is_some_and(u8::is_ascii_whitespace) {
        key.pop();
    }
    if key.len() < KEY_LEN_MIN {
        let from = format!("in {}", path.display());
        return Err(OpenError::KeyShort { from, found: key.len() });
    }
    Ok(Some(key))
}

/// Makes a key, as one line of text.
pub(crate) fn make() -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
    let bytes = random::<32>().map_err(ServerKeyError::Randomness)?;
    Ok(Zeroizing::new(STANDARD.encode(bytes.as_slice()).into_bytes()))
}

/// Puts a generated key in place.
pub(crate) fn write(disk: &dyn Disk, path: &Path, key: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut line = Zeroizing::new(key.to_vec());
    line.push(b'\n');
    disk.replace(path, &line)
}
