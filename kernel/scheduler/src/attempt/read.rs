//! Work of the kind `read`: a text of a volume or of the outside.

use std::time::Duration;

use kernel_model::attempt::AttemptEnd;
use kernel_ports::fetch::FetchError;
use kernel_ports::volume::VolumeError;

use super::{Attempt, chain, errored};
use crate::{Feature, SchedulerError};

/// As the contract says.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// When nothing else is set.
const TIMEOUT_MS: u64 = 30_000;

impl Attempt {
    pub(super) async fn read(&mut self, uri: &str) -> AttemptEnd {
        let limit = Duration::from_millis(self.options.timeout_ms.unwrap_or(TIMEOUT_MS));
        let mut stop = self.stop.clone();
        tokio::select! {
            end = self.read_text(uri) => end,
            () = tokio::time::sleep(limit) => AttemptEnd::TimedOut,
            Ok(stop) = stop.wait_for(Option::is_some) => super::machine::stopped(stop.as_ref()),
        }
    }

    async fn read_text(&self, uri: &str) -> AttemptEnd {
        let text = match uri.strip_prefix("volume:").map(|place| place.rsplit_once(':')) {
            Some(Some((volume, path))) => self.read_volume(volume, path).await,
            Some(None) => {
                Err(errored(&format!("{uri:?} names no file; write volume:NAME:PATH"), false))
            }
            None if !self.features.allows(Feature::Fetch.word()) => {
                let err = SchedulerError::FeatureOff { feature: Feature::Fetch.word() };
                Err(errored(&err.to_string(), false))
            }
            None => self.parts.fetch.fetch(uri, TEXT_BYTES_MAX).await.map_err(|err| {
                let retryable = match &err {
                    FetchError::Io { .. } => true,
                    FetchError::Status { status, .. } => *status >= 500 || *status == 429,
                    FetchError::Denied { .. } | FetchError::TooLarge { .. } => false,
                };
                errored(&chain(&err), retryable)
            }),
        };
        match text {
            Ok(text) => AttemptEnd::Succeeded { value: serde_json::json!(text).to_string().into() },
            Err(end) => end,
        }
    }

    async fn read_volume(&self, volume: &str, path: &str) -> Result<String, AttemptEnd> {
        let too_large = || VolumeError::TooLarge {
            volume: volume.to_owned(),
            path: path.to_owned(),
            limit: TEXT_BYTES_MAX as u64,
        };
        let bytes = self.parts.volumes.read(self.run, volume, path, 0, TEXT_BYTES_MAX + 1).await;
        let bytes =
            bytes.and_then(|b| if b.len() > TEXT_BYTES_MAX { Err(too_large()) } else { Ok(b) });
        let bytes = bytes.map_err(|err| errored(&chain(&err), false))?;
        String::from_utf8(bytes).map_err(|_| {
            errored(&format!("{path:?} in the volume {volume:?} is no UTF-8 text"), false)
        })
    }
}
