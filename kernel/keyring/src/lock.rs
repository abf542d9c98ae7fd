//! All data keys, and how a server key seals and opens them.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::file::{Bytes, LockFile, Maker};
use crate::random::random;
use crate::server_key::{Cost, DerivedKey, ServerKey, ServerKeyError};
use crate::source::Source;

const CHECK: &[u8] = b"tenon keyring";

/// The name of a data key in a message and in what it sealed.
pub(crate) type KeyId = [u8; 8];
/// A data key.
pub(crate) type DataKey = Zeroizing<[u8; 32]>;

/// The data keys, opened.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) root: DataKey,
    pub(crate) all: BTreeMap<KeyId, DataKey>,
}

impl Keys {
    /// Makes the first keys of a keyring.
    pub(crate) fn make() -> Result<(Self, KeyId), ServerKeyError> {
        let root = random().map_err(ServerKeyError::Randomness)?;
        let mut keys = Self { root, all: BTreeMap::new() };
        let current = keys.add()?;
        Ok((keys, current))
    }

    /// Makes one more data key.
    pub(crate) fn add(&mut self) -> Result<KeyId, ServerKeyError> {
        let id: KeyId = *random().map_err(ServerKeyError::Randomness)?;
        self.all.insert(id, random().map_err(ServerKeyError::Randomness)?);
        Ok(id)
    }
}

/// A server key, and how it is made again at the next start.
pub(crate) struct Lock {
    pub(crate) by: Maker,
    pub(crate) key: Box<dyn ServerKey>,
}

impl Lock {
    /// Makes a lock from words.
    pub(crate) fn of_words(
        words: &[u8],
        salt: Option<&[u8]>,
        cost: Cost,
    ) -> Result<Self, ServerKeyError> {
        let own = match salt {
            Some(_) => None,
            None => Some(random::<16>().map_err(ServerKeyError::Randomness)?.to_vec()),
        };
        let salt = salt.or(own.as_deref()).unwrap_or_default();
        let key = DerivedKey::new(words, salt, &cost)?;
        Ok(Self { by: Maker::Argon2id { cost, salt: own.map(Bytes) }, key: Box::new(key) })
    }

    /// Seals all keys.
    pub(crate) fn seal(&self, keys: &Keys) -> Result<LockFile, ServerKeyError> {
        let wrap = |name: &str, key: &[u8]| self.key.wrap(name, key).map(Bytes);
        let sealed = keys.all.iter().map(|(id, key)| {
            let id = shown(id);
            let sealed = wrap(&id, key.as_slice())?;
            Ok((id, sealed))
        });
        Ok(LockFile {
            by: self.by.clone(),
            check: wrap("check", CHECK)?,
            root: wrap("root", keys.root.as_slice())?,
            keys: sealed.collect::<Result<_, ServerKeyError>>()?,
        })
    }
}

/// Opens the keys behind a lock; none if it is another server key's.
pub(crate) fn open(
    file: &LockFile,
    source: &Source,
    words: Option<&[u8]>,
    path: &Path,
) -> Result<Option<(Lock, Keys)>, OpenError> {
    let Some(key) = server_key(file, source, words, path)? else { return Ok(None) };
    match key.unwrap("check", &file.check.0) {
        Ok(check) if check.as_slice() == CHECK => {}
        Ok(_) | Err(ServerKeyError::Refused) => return Ok(None),
        Err(err) => return Err(OpenError::Make(err)),
    }
    let damaged =
        |reason: &str| OpenError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let unwrap = |name: &str, wrapped: &Bytes| {
        let key = key.unwrap(name, &wrapped.0).map_err(|_| damaged("a key in it was changed"))?;
        let key = key.as_slice().try_into().map_err(|_| damaged("a key in it is too short"))?;
        Ok::<_, OpenError>(Zeroizing::new(key))
    };
    let mut all = BTreeMap::new();
    for (name, wrapped) in &file.keys {
        let id = parse(name).ok_or_else(|| damaged("a key in it has no proper name"))?;
        all.insert(id, unwrap(name, wrapped)?);
    }
    let keys = Keys { root: unwrap("root", &file.root)?, all };
    Ok(Some((Lock { by: file.by.clone(), key }, keys)))
}

fn server_key(
    file: &LockFile,
    source: &Source,
    words: Option<&[u8]>,
    path: &Path,
) -> Result<Option<Box<dyn ServerKey>>, OpenError> {
    match (&file.by, source) {
        (Maker::Held { name }, Source::Held { name: held, key }) if name == held => {
            Ok(Some(Box::new(Shared(std::sync::Arc::clone(key)))))
        }
        (Maker::Argon2id { cost, salt }, Source::Given { .. } | Source::Generated) => {
            let given = match source {
                Source::Given { salt, .. } => salt.as_ref().map(|salt| salt.as_slice()),
                Source::Generated | Source::Held { .. } => None,
            };
            let missing = || OpenError::SaltMissing { path: path.to_owned() };
            let salt = salt.as_ref().map(|salt| salt.0.as_slice()).or(given).ok_or_else(missing)?;
            let words = words.unwrap_or_default();
            let key = DerivedKey::new(words, salt, cost).map_err(OpenError::Make)?;
            Ok(Some(Box::new(key)))
        }
        (Maker::Held { .. } | Maker::Argon2id { .. }, _) => Ok(None),
    }
}

/// A key in a device, which others hold too.
pub(crate) struct Shared(pub(crate) std::sync::Arc<dyn ServerKey>);

impl ServerKey for Shared {
    fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        self.0.wrap(name, key)
    }

    fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        self.0.unwrap(name, wrapped)
    }
}

/// Writes the name of a key.
pub(crate) fn shown(id: &KeyId) -> String {
    format!("{:016x}", u64::from_be_bytes(*id))
}

/// Reads the name of a key.
pub(crate) fn parse(name: &str) -> Option<KeyId> {
    let is_plain = name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
    is_plain.then(|| u64::from_str_radix(name, 16).ok().map(u64::to_be_bytes)).flatten()
}
