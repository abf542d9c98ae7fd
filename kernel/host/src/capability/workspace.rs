//! `workspace`: the volumes of the own run. Paths and names are checked by the port.

use kernel_model::id::RunId;
use kernel_ports::volume::{EntryKind, VolumeError};
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::types::Error;
use crate::bindings::workspace::{Entry, Host, HostVolume, Kind};
use crate::call::{CallState, error};
use crate::fault::Stop;

const READ_BYTES: u32 = 1024 * 1024;
const WRITE_BYTES: usize = 4 * 1024 * 1024;
const ENTRIES: usize = 10_000;

/// An open volume. It can only be made for the run of the call.
#[derive(Debug, Clone)]
pub struct Volume {
    run: RunId,
    name: String,
}

impl Host for CallState {
    async fn open(&mut self, name: String) -> Result<Result<Resource<Volume>, Error>> {
        let Some(run) = self.facts.run else {
            return Ok(Err(error("unsupported", "there are no volumes outside of a run")));
        };
        match self.services.volumes.volume_dir(run, &name).await {
            Ok(_) => Ok(Ok(self.table.push(Volume { run, name })?)),
            Err(err) => Ok(Err(refusal(&err))),
        }
    }
}

impl HostVolume for CallState {
    async fn read(
        &mut self,
        volume: Resource<Volume>,
        path: String,
        offset: u64,
        max: u32,
    ) -> Result<Result<Vec<u8>, Error>> {
        let Volume { run, name } = self.table.get(&volume)?.clone();
        let max = max.min(READ_BYTES) as usize;
        let read = self.services.volumes.read(run, &name, &path, offset, max).await;
        Ok(read.map_err(|err| refusal(&err)))
    }

    async fn write(
        &mut self,
        volume: Resource<Volume>,
        path: String,
        bytes: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        self.volume_put(&volume, &path, &bytes, false).await
    }

    async fn append(
        &mut self,
        volume: Resource<Volume>,
        path: String,
        bytes: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        self.volume_put(&volume, &path, &bytes, true).await
    }

    async fn list(
        &mut self,
        volume: Resource<Volume>,
        path: String,
    ) -> Result<Result<Vec<Entry>, Error>> {
        let Volume { run, name } = self.table.get(&volume)?.clone();
        let entries = match self.services.volumes.list(run, &name, &path).await {
            Ok(entries) => entries,
            Err(err) => return Ok(Err(refusal(&err))),
        };
        if entries.len() > ENTRIES {
            let message = format!("{path:?} has more than {ENTRIES} entries");
            return Ok(Err(error("limit", message)));
        }
        let entry = |entry: kernel_ports::volume::Entry| Entry {
            name: entry.name,
            kind: match entry.kind {
                EntryKind::File => Kind::File,
                EntryKind::Directory => Kind::Directory,
                EntryKind::Link => Kind::Link,
                EntryKind::Other => Kind::Other,
            },
            size: entry.size,
        };
        Ok(Ok(entries.into_iter().map(entry).collect()))
    }

    async fn remove(
        &mut self,
        volume: Resource<Volume>,
        path: String,
    ) -> Result<Result<(), Error>> {
        let Volume { run, name } = self.table.get(&volume)?.clone();
        let removed = self.services.volumes.remove(run, &name, &path).await;
        Ok(removed.map_err(|err| refusal(&err)))
    }

    async fn set_executable(
        &mut self,
        volume: Resource<Volume>,
        path: String,
    ) -> Result<Result<(), Error>> {
        let Volume { run, name } = self.table.get(&volume)?.clone();
        let set = self.services.volumes.set_executable(run, &name, &path).await;
        Ok(set.map_err(|err| refusal(&err)))
    }

    async fn drop(&mut self, volume: Resource<Volume>) -> Result<()> {
        self.table.delete(volume)?;
        Ok(())
    }
}

impl CallState {
    async fn volume_put(
        &mut self,
        volume: &Resource<Volume>,
        path: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<Result<(), Error>> {
        let Volume { run, name } = self.table.get(volume)?.clone();
        if bytes.len() > WRITE_BYTES {
            let message = format!("at most {WRITE_BYTES} bytes can be written at once");
            return Ok(Err(error("limit", message)));
        }
        let put = self.services.volumes.write(run, &name, path, bytes, append).await;
        Ok(put.map_err(|err| refusal(&err)))
    }
}

fn refusal(err: &VolumeError) -> Error {
    let code = match err {
        VolumeError::Name { .. } | VolumeError::Path { .. } => "invalid",
        VolumeError::NotFound { .. } => "not-found",
        VolumeError::TooLarge { .. } => "limit",
        VolumeError::Io { .. } => "unavailable",
    };
    error(code, Stop::host(err).to_string())
}
