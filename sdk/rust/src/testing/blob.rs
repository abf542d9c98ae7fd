//! The double of `blob`: buckets in memory.

use std::cell::RefCell;

use super::HostResult;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Bucket(String);

#[derive(Debug)]
pub(crate) struct Upload {
    at: (String, String),
    bytes: RefCell<Vec<u8>>,
}

pub(crate) struct Info {
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) stored_at_ms: u64,
}

pub(crate) fn open(name: &str) -> HostResult<Bucket> {
    Ok(Bucket(name.to_owned()))
}

impl Bucket {
    fn at(&self, key: &str) -> (String, String) {
        (self.0.clone(), key.to_owned())
    }

    pub(crate) fn read(&self, key: &str, offset: u64, max: u32) -> HostResult<Vec<u8>> {
        super::with(|host| {
            let bytes = host.blobs.get(&self.at(key));
            let missing = || Error::new("not-found", format!("there is no blob {key:?}"));
            let bytes = bytes.ok_or_else(missing)?;
            let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let rest = &bytes[begin..];
            Ok(rest[..rest.len().min(max as usize)].to_vec())
        })
    }

    pub(crate) fn info(&self, key: &str) -> HostResult<Option<Info>> {
        Ok(super::with(|host| host.blobs.get(&self.at(key)).map(|bytes| info(key, bytes))))
    }

    pub(crate) fn list(&self, prefix: &str, after: Option<&str>) -> HostResult<Vec<Info>> {
        Ok(super::with(|host| {
            let all = host.blobs.iter().filter(|((bucket, key), _)| {
                *bucket == self.0
                    && key.starts_with(prefix)
                    && after.is_none_or(|after| key.as_str() > after)
            });
            all.take(1000).map(|((_, key), bytes)| info(key, bytes)).collect()
        }))
    }

    pub(crate) fn remove(&self, key: &str) -> HostResult<()> {
        super::with(|host| host.blobs.remove(&self.at(key)));
        Ok(())
    }

    pub(crate) fn upload(&self, key: &str) -> HostResult<Upload> {
        Ok(Upload { at: self.at(key), bytes: RefCell::default() })
    }
}

impl Upload {
    pub(crate) fn write(&self, bytes: &[u8]) -> HostResult<()> {
        self.bytes.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn finish(&self) -> HostResult<Info> {
        let bytes = self.bytes.take();
        let found = info(&self.at.1, &bytes);
        super::with(|host| host.blobs.insert(self.at.clone(), bytes));
        Ok(found)
    }
}

fn info(key: &str, bytes: &[u8]) -> Info {
    Info { key: key.to_owned(), size: bytes.len() as u64, stored_at_ms: 0 }
}
