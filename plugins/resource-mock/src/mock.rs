//! The resource.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenon_sdk::envelope::resource::{Checked, Got, Metadata, ResourceRequest};
use tenon_sdk::{Error, Event, Resource, Result, Step, Volume, context, duration, output};

use crate::shape::{GetParams, PutParams, Source, read};

/// A file with a version.
const VERSION_BYTES_MAX: usize = 4096;

/// The resource.
#[derive(Debug)]
pub struct Mock;

/// A check that takes its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    versions: Vec<Value>,
    failure: Option<String>,
}

impl Resource for Mock {
    type State = Waiting;

    fn check(request: ResourceRequest) -> Result<Step<Waiting>> {
        let source: Source = read("source", &request.source)?;
        log(&source);
        let asked = request.version.filter(|version| !version.is_null());
        let versions = match (source.force_version, asked) {
            (Some(forced), _) => vec![version(&forced)],
            (None, Some(asked)) => vec![asked],
            (None, None) if source.no_initial_version => Vec::new(),
            (None, None) => vec![version(source.initial_version.as_deref().unwrap_or("mock"))],
        };
        let waiting = Waiting { versions, failure: source.check_failure };
        match source.check_delay {
            Some(delay) => Ok(Step::wait(waiting).wake_after(duration::parse(&delay)?)),
            None => checked(waiting),
        }
    }

    fn get(request: ResourceRequest) -> Result<Step<Waiting>> {
        let source: Source = read("source", &request.source)?;
        let params: GetParams = read("params", &request.params)?;
        log(&source);
        let version = request.version.filter(|version| !version.is_null());
        let version = version.ok_or_else(|| {
            Error::invalid("there is no version to get: put one first, or set `initial_version`")
        })?;
        let name = request.volume;
        let name = name.ok_or_else(|| Error::invalid("the get names no volume to fill"))?;
        let volume = Volume::open(&name)?;
        let text = version.get("version").and_then(Value::as_str).unwrap_or_default();
        volume.write("version", text)?;
        for (path, text) in source.create_files.iter().chain(&params.create_files_via_params) {
            volume.write(path, text)?;
        }
        got(version, source.metadata)
    }

    fn put(request: ResourceRequest) -> Result<Step<Waiting>> {
        let source: Source = read("source", &request.source)?;
        let params: PutParams = read("params", &request.params)?;
        log(&source);
        if params.print_env {
            output::stdout(facts(&request));
        }
        let text = match (params.version, params.file) {
            (Some(version), _) => version,
            (None, Some(path)) => text(&request, &path)?,
            (None, None) => {
                return Err(Error::invalid("the put makes no version: give `version` or `file`"));
            }
        };
        got(version(&text), source.metadata)
    }

    fn resume(state: Waiting, event: Event) -> Result<Step<Waiting>> {
        match event {
            Event::Wake => checked(state),
            Event::Restarted => Err(Error::abandoned("the server was started anew")),
            _ => Ok(Step::wait(state)),
        }
    }
}

fn version(text: &str) -> Value {
    json!({"version": text})
}

fn checked(waiting: Waiting) -> Result<Step<Waiting>> {
    match waiting.failure {
        Some(message) => Step::failed(message, &Value::Null),
        None => Step::succeeded(&Checked { versions: waiting.versions }),
    }
}

fn got(version: Value, metadata: Vec<Metadata>) -> Result<Step<Waiting>> {
    Step::succeeded(&Got { version, metadata })
}

fn log(source: &Source) {
    if let Some(text) = &source.log {
        output::stdout(format!("{}\n", text.trim_end_matches('\n')));
    }
}

/// Returns what a put knows of its run, as lines of names and values.
fn facts(request: &ResourceRequest) -> String {
    let inputs: Vec<_> = request.inputs.iter().map(|mount| mount.path.as_str()).collect();
    format!(
        "RUN={}\nSTEP={}\nATTEMPT={}\nBINDING={}\nINPUTS={}\n",
        context::run_id().unwrap_or_default(),
        context::step_path().unwrap_or_default(),
        context::attempt(),
        context::binding(),
        inputs.join(" "),
    )
}

/// Reads a file of an input.
fn text(request: &ResourceRequest, path: &str) -> Result<String> {
    let found = request.inputs.iter().filter_map(|mount| {
        let inside = path.strip_prefix(mount.path.trim_matches('/'))?.strip_prefix('/')?;
        Some((mount, inside))
    });
    let (mount, inside) = found.max_by_key(|(mount, _)| mount.path.len()).ok_or_else(|| {
        let known: Vec<_> = request.inputs.iter().map(|mount| mount.path.as_str()).collect();
        Error::not_found(format!("no input holds {path:?}; there are: {}", known.join(", ")))
    })?;
    let text = Volume::open(&mount.volume)?.read_text(inside, VERSION_BYTES_MAX)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests;
