//! The resource.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenon_sdk::envelope::resource::{Checked, Got, Metadata, ResourceRequest};
use tenon_sdk::{Error, Resource, Result, Step, Volume};

use crate::tick::{Schedule, Source};

/// The resource.
#[derive(Debug)]
pub struct Time;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Version {
    time: Timestamp,
}

impl Resource for Time {
    type State = ();

    fn check(request: ResourceRequest) -> Result<Step<()>> {
        let source: Source = read("source", &request.source)?;
        let schedule = Schedule::new(&source)?;
        let last = version(&request)?;
        let versions = found(&schedule, source.initial_version, last, now()?);
        let versions = versions.into_iter().map(|version| json!(version)).collect();
        Step::succeeded(&Checked { versions })
    }

    fn get(request: ResourceRequest) -> Result<Step<()>> {
        let version = version(&request)?.ok_or_else(|| {
            Error::invalid("there is no version to get: none was due yet; set `initial_version`")
        })?;
        let name = request.volume.as_deref();
        let name = name.ok_or_else(|| Error::invalid("the get names no volume to fill"))?;
        let volume = Volume::open(name)?;
        let input = json!({
            "source": request.source, "params": request.params, "version": version,
        });
        volume.write("input", format!("{input}\n"))?;
        volume.write("timestamp", format!("{}\n", version.time))?;
        volume.write("epoch", format!("{}\n", version.time.as_second()))?;
        got(&version)
    }

    fn put(_request: ResourceRequest) -> Result<Step<()>> {
        got(&Version { time: now()? })
    }
}

/// Returns the last version, and the latest tick when it is newer.
fn found(
    schedule: &Schedule,
    initial: bool,
    last: Option<Version>,
    now: Timestamp,
) -> Vec<Version> {
    let tick = schedule.latest(now).or_else(|| (initial && last.is_none()).then_some(now));
    let due = tick.map(|time| Version { time });
    let due = due.filter(|due| last.as_ref().is_none_or(|last| due > last));
    last.into_iter().chain(due).collect()
}

fn got(version: &Version) -> Result<Step<()>> {
    let metadata = vec![Metadata { name: "time".into(), value: version.time.to_string() }];
    Step::succeeded(&Got { version: json!(version), metadata })
}

fn version(request: &ResourceRequest) -> Result<Option<Version>> {
    let version = request.version.as_ref().filter(|version| !version.is_null());
    version.map(|version| read_value("version", version)).transpose()
}

/// Returns the time, to the millisecond.
fn now() -> Result<Timestamp> {
    let now = Timestamp::try_from(SystemTime::now()).map_err(|err| {
        Error::unavailable(format!("the clock of the server is out of range: {err}; set it"))
    })?;
    Timestamp::from_millisecond(now.as_millisecond())
        .map_err(|err| Error::internal(format!("the time cannot be rounded: {err}")))
}

fn read<T: Default + DeserializeOwned>(what: &str, value: &Value) -> Result<T> {
    if value.is_null() { Ok(T::default()) } else { read_value(what, value) }
}

fn read_value<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T> {
    T::deserialize(value)
        .map_err(|err| Error::invalid(format!("the {what} of the time resource: {err}")))
}

#[cfg(test)]
mod tests;
