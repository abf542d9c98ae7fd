//! Buckets of plugin bindings: one file per blob, and an index in memory.
//!
//! A file is named by the digest of its key, as keys are longer than names may be, and `a` and `a/b`
//! are both keys; it begins with the key. The index is read from the files when a binding first asks.

mod index;
mod upload;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use kernel_ports::bucket::{
    BucketAt, BucketError, BucketItem, BucketLimits, BucketUpload, Buckets,
};
use kernel_ports::store::StoreError;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::bucket::index::Index;
use crate::bucket::upload::Upload;
use crate::storage::Storage;
use crate::{digest, failure};

/// How a file begins; the length of its key follows in two bytes, then the key.
const MAGIC: [u8; 4] = *b"TNB1";
const HEAD: usize = MAGIC.len() + 2;

/// Where buckets are kept.
#[derive(Debug)]
pub(crate) struct BucketStore {
    path: PathBuf,
    owners: Mutex<HashMap<Arc<str>, Arc<Owner>>>,
}

/// The buckets of one binding.
#[derive(Debug)]
pub(crate) struct Owner {
    name: Arc<str>,
    dir: PathBuf,
    index: OnceCell<Mutex<Index>>,
    /// Held while a file and the index change together.
    change: tokio::sync::Mutex<()>,
}

impl BucketStore {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, owners: Mutex::default() }
    }

    async fn owner(&self, name: &Arc<str>) -> Result<Arc<Owner>, BucketError> {
        let owner = {
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || {
                let (name, dir) = (Arc::clone(name), self.path.join(folder(name)));
                let (index, change) = (OnceCell::new(), tokio::sync::Mutex::default());
                Arc::new(Owner { name, dir, index, change })
            };
            Arc::clone(owners.entry(Arc::clone(name)).or_insert_with(new))
        };
        let dir = owner.dir.clone();
        let read = async || {
            let read =
                spawn_blocking(move || Index::read(&dir)).await.map_err(failure::task_lost)?;
            read.map(Mutex::new).map_err(|err| owner.lost("read the buckets", err))
        };
        owner.index.get_or_try_init(read).await?;
        Ok(owner)
    }
}

impl Owner {
    /// Does something with the index, which was read before.
    fn with<T>(&self, work: impl FnOnce(&mut Index) -> T) -> T {
        let index = self.index.get();
        debug_assert!(index.is_some(), "an owner is handed out with its index");
        match index {
            Some(index) => work(&mut index.lock().unwrap_or_else(PoisonError::into_inner)),
            None => work(&mut Index::default()),
        }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.dir.join(digest::hex(&digest::sha256(path.as_bytes())))
    }

    fn lost(&self, action: &str, err: io::Error) -> StoreError {
        failure::io_error(format!("{action} of {}", self.name), &self.dir, err)
    }
}

#[async_trait]
impl Buckets for Storage {
    async fn bucket_read(
        &self,
        at: &BucketAt,
        key: &str,
        offset: u64,
        max: usize,
    ) -> Result<Vec<u8>, BucketError> {
        let owner = self.buckets.owner(&at.owner).await?;
        let path = path(at, key);
        let (file, begin) = (owner.file(&path), (HEAD + path.len()) as u64);
        let read = move || {
            let mut file = File::open(file)?;
            file.seek(SeekFrom::Start(begin.saturating_add(offset)))?;
            let mut bytes = Vec::new();
            file.take(max as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let read = spawn_blocking(read).await.map_err(failure::task_lost)?;
        read.map_err(|err: io::Error| match err.kind() {
            ErrorKind::NotFound => BucketError::NotFound { key: key.to_owned() },
            _ => owner.lost("read a blob", err).into(),
        })
    }

    async fn bucket_info(
        &self,
        at: &BucketAt,
        key: &str,
    ) -> Result<Option<BucketItem>, BucketError> {
        let owner = self.buckets.owner(&at.owner).await?;
        Ok(owner.with(|index| index.get(&path(at, key))).map(|held| held.item(key)))
    }

    async fn bucket_list(
        &self,
        at: &BucketAt,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BucketItem>, BucketError> {
        let owner = self.buckets.owner(&at.owner).await?;
        let after = after.map(|key| path(at, key));
        let (whole, begin) = (path(at, prefix), at.name.len() + 1);
        Ok(owner.with(|index| {
            let found = index.range(&whole, after.as_deref()).take(limit);
            found.map(|(path, held)| held.item(&path[begin..])).collect()
        }))
    }

    async fn bucket_remove(&self, at: &BucketAt, key: &str) -> Result<(), BucketError> {
        let owner = self.buckets.owner(&at.owner).await?;
        let path = path(at, key);
        let _changing = owner.change.lock().await;
        let file = owner.file(&path);
        let removed = spawn_blocking(move || std::fs::remove_file(file)).await;
        match removed.map_err(failure::task_lost)? {
            Err(err) if err.kind() != ErrorKind::NotFound => {
                Err(owner.lost("remove a blob", err).into())
            }
            Ok(()) | Err(_) => {
                owner.with(|index| index.remove(&path));
                Ok(())
            }
        }
    }

    async fn bucket_clear(&self, owner: &Arc<str>) -> Result<(), BucketError> {
        let owner = self.buckets.owner(owner).await?;
        let _changing = owner.change.lock().await;
        let dir = owner.dir.clone();
        let removed = spawn_blocking(move || std::fs::remove_dir_all(dir)).await;
        match removed.map_err(failure::task_lost)? {
            Err(err) if err.kind() != ErrorKind::NotFound => {
                // Some of it may be gone.
                let dir = owner.dir.clone();
                let left = spawn_blocking(move || Index::read(&dir)).await;
                if let Ok(Ok(left)) = left {
                    owner.with(|index| index.replace(left));
                }
                Err(owner.lost("remove the buckets", err).into())
            }
            Ok(()) | Err(_) => {
                owner.with(|index| index.replace(Index::default()));
                Ok(())
            }
        }
    }

    async fn bucket_upload(
        &self,
        at: &BucketAt,
        key: &str,
        limits: BucketLimits,
    ) -> Result<Box<dyn BucketUpload>, BucketError> {
        let owner = self.buckets.owner(&at.owner).await?;
        let upload = Upload::begin(owner, path(at, key), key.to_owned(), limits).await?;
        Ok(Box::new(upload))
    }
}

/// Returns what a blob is indexed by. Names of buckets have no slash.
fn path(at: &BucketAt, key: &str) -> String {
    format!("{}/{key}", at.name)
}

/// Returns the folder of a binding: its name, in which all that could mean something to the file
/// system is written as its number.
fn folder(owner: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let plain = |byte: u8| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02x}"),
    };
    owner.bytes().map(plain).collect()
}

/// Returns the beginning of a file. Keys are far shorter than its length can say.
fn head(path: &str) -> Vec<u8> {
    let length = u16::try_from(path.len()).unwrap_or(u16::MAX);
    [&MAGIC[..], &length.to_be_bytes(), path.as_bytes()].concat()
}

/// Reads what a file was indexed by. None: it is no blob.
fn path_of(file: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(file)?;
    let mut head = [0; HEAD];
    let mut path = Vec::new();
    let read = file.read_exact(&mut head);
    let Some(length) = head.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk()) else {
        return Ok(None);
    };
    read?;
    let length = u16::from_be_bytes(*length);
    file.take(length.into()).read_to_end(&mut path)?;
    Ok(String::from_utf8(path).ok().filter(|path| path.len() == usize::from(length)))
}
