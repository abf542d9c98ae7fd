//! `blob`: bytes by key in granted buckets of the binding.

use std::fmt;
use std::sync::Arc;

use kernel_ports::bucket::{BucketAt, BucketError, BucketItem, BucketUpload, Buckets};
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::blob::{Host, HostBucket, HostUpload, Info};
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::fault::Stop;

const NAME_BYTES: usize = 100;
const KEY_BYTES: usize = 512;
const READ_BYTES: usize = 1024 * 1024;
const WRITE_BYTES: usize = 4 * 1024 * 1024;
const LISTED: usize = 1_000;
/// Each is an open file.
const UPLOADS: u32 = 4;

/// A granted bucket.
#[derive(Debug)]
pub struct Bucket(BucketAt);

/// A blob that is being stored. None: it has ended.
pub struct Upload(Option<Box<dyn BucketUpload>>);

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("is_open", &self.0.is_some()).finish()
    }
}

impl Host for CallState {
    async fn open(&mut self, name: String) -> Result<Result<Resource<Bucket>, Error>> {
        if name.is_empty() || name.len() > NAME_BYTES || name.contains(['/', '\0']) {
            let message = format!("the name of a bucket has 1 to {NAME_BYTES} bytes and no slash");
            return Ok(Err(error("invalid", message)));
        }
        if !self.plugin.grants.allows_bucket(&name) {
            return Ok(Err(self.deny("blob", Some(&name))));
        }
        let at = BucketAt { owner: Arc::clone(&self.plugin.name), name: name.into() };
        Ok(Ok(self.table.push(Bucket(at))?))
    }
}

impl HostBucket for CallState {
    async fn read(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        offset: u64,
        max: u32,
    ) -> Result<Result<Vec<u8>, Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let (at, buckets) = self.bucket(&bucket)?;
        let max = (max as usize).min(READ_BYTES);
        Ok(buckets.bucket_read(&at, &key, offset, max).await.map_err(|err| refusal(&err)))
    }

    async fn info(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Option<Info>, Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let (at, buckets) = self.bucket(&bucket)?;
        let found = buckets.bucket_info(&at, &key).await;
        Ok(found.map(|item| item.map(info)).map_err(|err| refusal(&err)))
    }

    async fn list(
        &mut self,
        bucket: Resource<Bucket>,
        prefix: String,
        after: Option<String>,
    ) -> Result<Result<Vec<Info>, Error>> {
        let (at, buckets) = self.bucket(&bucket)?;
        let found = buckets.bucket_list(&at, &prefix, after.as_deref(), LISTED).await;
        Ok(found.map(|items| items.into_iter().map(info).collect()).map_err(|err| refusal(&err)))
    }

    async fn remove(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Result<(), Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let (at, buckets) = self.bucket(&bucket)?;
        Ok(buckets.bucket_remove(&at, &key).await.map_err(|err| refusal(&err)))
    }

    async fn upload(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Resource<Upload>, Error>> {
        if let Err(err) = check_key(&key) {
            return Ok(Err(err));
        }
        let (at, buckets) = self.bucket(&bucket)?;
        if self.uploads >= UPLOADS {
            let message = format!("at most {UPLOADS} uploads can be open; finish or drop one");
            return Ok(Err(error("limit", message)));
        }
        let limits = self.services.limits.buckets;
        let upload = match buckets.bucket_upload(&at, &key, limits).await {
            Ok(upload) => upload,
            Err(err) => return Ok(Err(refusal(&err))),
        };
        self.uploads += 1;
        Ok(Ok(self.table.push(Upload(Some(upload)))?))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl HostUpload for CallState {
    async fn write(
        &mut self,
        upload: Resource<Upload>,
        bytes: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        if bytes.len() > WRITE_BYTES {
            let message = format!("at most {WRITE_BYTES} bytes can be written at once");
            return Ok(Err(error("limit", message)));
        }
        let Some(upload) = &mut self.table.get_mut(&upload)?.0 else { return Ok(Err(ended())) };
        Ok(upload.write(bytes).await.map_err(|err| refusal(&err)))
    }

    async fn finish(&mut self, upload: Resource<Upload>) -> Result<Result<Info, Error>> {
        let Some(upload) = self.table.get_mut(&upload)?.0.take() else { return Ok(Err(ended())) };
        self.uploads -= 1;
        Ok(upload.finish().await.map(info).map_err(|err| refusal(&err)))
    }

    async fn drop(&mut self, upload: Resource<Upload>) -> Result<()> {
        if self.table.delete(upload)?.0.is_some() {
            self.uploads -= 1;
        }
        Ok(())
    }
}

impl CallState {
    fn bucket(&self, bucket: &Resource<Bucket>) -> Result<(BucketAt, Arc<dyn Buckets>)> {
        Ok((self.table.get(bucket)?.0.clone(), Arc::clone(&self.services.buckets)))
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() || key.len() > KEY_BYTES {
        return Err(error("invalid", format!("a key has 1 to {KEY_BYTES} bytes")));
    }
    if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(error("invalid", "no part of a key may be empty, `.` or `..`"));
    }
    Ok(())
}

fn ended() -> Error {
    error("invalid", "the upload has ended")
}

fn info(item: BucketItem) -> Info {
    Info { key: item.key, size: item.size, stored_at_ms: item.stored_at.0 }
}

fn refusal(err: &BucketError) -> Error {
    let code = match err {
        BucketError::NotFound { .. } => "not-found",
        BucketError::Limit { .. } => "limit",
        BucketError::Store(_) => "unavailable",
    };
    error(code, Stop::host(err).to_string())
}
