//! The keyring of a server, opened.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use kernel_ports::keyring::{Keyring, KeyringError, SubKey};
use zeroize::Zeroizing;

use crate::disk::{Disk, Machine};
use crate::error::{OpenError, RotateError};
use crate::file::{Maker, RingFile};
use crate::lock::{self, KeyId, Keys, Lock, Shared};
use crate::sealed;
use crate::server_key::{Cost, ServerKeyError};
use crate::source::{self, KEY_LEN_MIN, Source};

const FILE: &str = "keyring.json";

/// The keys of a server.
pub struct Ring {
    folder: PathBuf,
    source: Source,
    disk: Box<dyn Disk>,
    /// Held through a whole rotation; sealing goes on meanwhile.
    lock: Mutex<Lock>,
    state: RwLock<State>,
    is_new: bool,
    is_pending: bool,
}

struct State {
    keys: Keys,
    current: KeyId,
}

/// What a rotation has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The new key is in place.
    Done,
    /// Both keys open the keyring, until the server starts with the new one.
    Pending,
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Ring {
    /// Opens the keyring in `folder`, or makes one.
    pub fn open(folder: &Path, source: Source) -> Result<Self, OpenError> {
        Self::open_on(folder, source, Box::new(Machine))
    }

    fn open_on(folder: &Path, source: Source, disk: Box<dyn Disk>) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        let file = RingFile::read(&path)?;
        if let Some(file) = &file {
            check_place(file, &source, &path)?;
        }
        let words = words(folder, &source, file.is_some(), disk.as_ref())?;
        let words = words.as_ref().map(|words| words.as_slice());
        match file {
            Some(file) => Self::open_file(folder, source, disk, file, words),
            None => Self::make(folder, source, disk, words),
        }
    }

    fn open_file(
        folder: &Path,
        source: Source,
        disk: Box<dyn Disk>,
        file: RingFile,
        words: Option<&[u8]>,
    ) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        for (at, locked) in file.locks.iter().enumerate() {
            let Some((lock, keys)) = lock::open(locked, &source, words, &path)? else { continue };
            let current = lock::parse(&file.current).filter(|id| keys.all.contains_key(id));
            let current = current.ok_or_else(|| OpenError::Damaged {
                path: path.clone(),
                reason: "its current key is missing".to_owned(),
            })?;
            // The newer key is in place: a rotation ends here, by forgetting the older one.
            if at > 0 {
                let file = RingFile::new(file.current.clone(), vec![locked.clone()]);
                let written = file.write(disk.as_ref(), &path);
                written.map_err(|err| OpenError::Write { path: path.clone(), err })?;
            }
            return Ok(Self {
                folder: folder.to_owned(),
                source,
                disk,
                lock: Mutex::new(lock),
                state: RwLock::new(State { keys, current }),
                is_new: false,
                is_pending: at == 0 && file.locks.len() > 1,
            });
        }
        Err(OpenError::WrongKey { from: source.from(folder), path })
    }

    fn make(
        folder: &Path,
        source: Source,
        disk: Box<dyn Disk>,
        words: Option<&[u8]>,
    ) -> Result<Self, OpenError> {
        let lock = new_lock(&source, words).map_err(OpenError::Make)?;
        let (keys, current) = Keys::make().map_err(OpenError::Make)?;
        let locked = lock.seal(&keys).map_err(OpenError::Make)?;
        let path = folder.join(FILE);
        let file = RingFile::new(lock::shown(&current), vec![locked]);
        fs::create_dir_all(folder)
            .and_then(|()| file.write(disk.as_ref(), &path))
            .map_err(|err| OpenError::Write { path, err })?;
        Ok(Self {
            folder: folder.to_owned(),
            source,
            disk,
            lock: Mutex::new(lock),
            state: RwLock::new(State { keys, current }),
            is_new: true,
            is_pending: false,
        })
    }

    /// Returns where the key is, if this server has just made it for itself.
    #[must_use]
    pub fn generated(&self) -> Option<PathBuf> {
        let is_generated = self.is_new && matches!(self.source, Source::Generated);
        is_generated.then(|| source::generated(&self.folder))
    }

    /// Returns whether the keyring was told of a newer key than that which opened it.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// Replaces the server key, and seals with a new data key from now on.
    ///
    /// An operator who gave the key gives the new one; both open the keyring until a start with it.
    pub fn rotate(&self, given: Option<&[u8]>) -> Result<Rotated, RotateError> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let own_path = source::generated(&self.folder);
        let (words, salt, cost) = match (&self.source, given) {
            (Source::Generated, None) => {
                (source::make().map_err(RotateError::Make)?, None, Cost::RANDOM)
            }
            (Source::Generated, Some(_)) => {
                return Err(RotateError::KeyUnwanted { path: own_path });
            }
            (Source::Given { salt, .. }, Some(words)) if words.len() >= KEY_LEN_MIN => {
                (Zeroizing::new(words.to_vec()), salt.as_ref(), Cost::WORDS)
            }
            (Source::Given { .. }, Some(words)) => {
                return Err(RotateError::KeyShort { found: words.len() });
            }
            (Source::Given { from, .. }, None) => {
                return Err(RotateError::KeyNeeded { from: from.clone() });
            }
            (Source::Held { .. }, _) => return Err(RotateError::Held),
        };
        let salt = salt.map(|salt| salt.as_slice());
        let next = Lock::of_words(&words, salt, cost).map_err(RotateError::Make)?;
        let mut keys = self.read().keys.clone();
        let current = keys.add().map_err(RotateError::Make)?;
        let old = lock.seal(&keys).map_err(RotateError::Make)?;
        let new = next.seal(&keys).map_err(RotateError::Make)?;
        let path = self.folder.join(FILE);
        let failed = |err| RotateError::Write { path: path.clone(), err };
        let shown = lock::shown(&current);
        let both = RingFile::new(shown.clone(), vec![old, new.clone()]);
        both.write(self.disk.as_ref(), &path).map_err(failed)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { keys, current };
        if matches!(self.source, Source::Given { .. }) {
            return Ok(Rotated::Pending);
        }
        if let Err(err) = source::write(self.disk.as_ref(), &own_path, &words) {
            // What is in place counts: a failure may be told after it has happened.
            let found = source::read(&own_path).ok().flatten();
            if found.is_none_or(|found| found != words) {
                return Err(RotateError::Write { path: own_path, err });
            }
        }
        *lock = next;
        // If this fails, the next start does it: the new key is in place already.
        RingFile::new(shown, vec![new]).write(self.disk.as_ref(), &path).map_err(failed)?;
        Ok(Rotated::Done)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keyring for Ring {
    fn seal(&self, scope: &str, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let state = self.read();
        let key = state
            .keys
            .all
            .get(&state.current)
            .ok_or_else(|| KeyringError::KeyUnknown { key: lock::shown(&state.current) })?;
        sealed::seal((&state.current, key), scope, associated, plain)
    }

    fn open(&self, scope: &str, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let state = self.read();
        sealed::open(|id| state.keys.all.get(id), scope, associated, sealed)
    }

    fn derive(&self, purpose: &str) -> SubKey {
        SubKey::new(sealed::derive(&self.read().keys.root, purpose))
    }
}

/// Checks that a key is asked for where it is: in the device of the file, or in none.
fn check_place(file: &RingFile, source: &Source, path: &Path) -> Result<(), OpenError> {
    let device = match source {
        Source::Held { name, .. } => Some(name),
        Source::Given { .. } | Source::Generated => None,
    };
    let path = path.to_owned();
    match (file.device(), device) {
        (Some(needed), given) if given.is_none_or(|given| given != needed) => {
            Err(OpenError::DeviceNeeded { path, device: needed.to_owned() })
        }
        (None, Some(device)) => Err(OpenError::DeviceUnknown { path, device: device.clone() }),
        _ => Ok(()),
    }
}

/// Returns what the server key is made from; none if it is in a device.
fn words(
    folder: &Path,
    source: &Source,
    is_there: bool,
    disk: &dyn Disk,
) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    match source {
        Source::Held { .. } => Ok(None),
        Source::Given { key, from, .. } if key.len() < KEY_LEN_MIN => {
            Err(OpenError::KeyShort { from: format!("of {from}"), found: key.len() })
        }
        Source::Given { key, .. } => Ok(Some(key.clone())),
        Source::Generated => {
            let path = source::generated(folder);
            if let Some(key) = source::read(&path)? {
                return Ok(Some(key));
            }
            if is_there {
                return Err(OpenError::KeyGone { path: folder.join(FILE), key: path });
            }
            let key = source::make().map_err(OpenError::Make)?;
            source::write(disk, &path, &key)
                .map_err(|err| OpenError::Write { path: path.clone(), err })?;
            Ok(Some(key))
        }
    }
}

fn new_lock(source: &Source, words: Option<&[u8]>) -> Result<Lock, ServerKeyError> {
    let words = words.unwrap_or_default();
    match source {
        Source::Given { salt, .. } => {
            Lock::of_words(words, salt.as_ref().map(|salt| salt.as_slice()), Cost::WORDS)
        }
        Source::Generated => Lock::of_words(words, None, Cost::RANDOM),
        Source::Held { name, key } => Ok(Lock {
            by: Maker::Held { name: name.clone() },
            key: Box::new(Shared(std::sync::Arc::clone(key))),
        }),
    }
}

#[cfg(test)]
mod tests;
