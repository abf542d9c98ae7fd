//! Work of resources: by a plugin, or by an image that speaks the check-in-out protocol.

use serde_json::{Value, json};
use wit_envelope::language::Work;
use wit_envelope::launch::{Command, Image, LaunchSpec, Mount};
use wit_envelope::resource::Operation;

/// What a program of a resource image may answer.
const CAPTURE_BYTES: u32 = 1 << 20;

/// What does the work of a resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handler {
    /// The name of the type.
    pub(crate) kind: String,
    /// Absent: a plugin.
    pub(crate) image: Option<Image>,
    pub(crate) privileged: bool,
    pub(crate) source: Value,
}

/// Returns the work that looks for versions.
#[must_use]
pub(crate) fn check(
    kind: &str,
    image: Option<Image>,
    privileged: bool,
    source: Value,
    version: Option<Value>,
) -> Work {
    let handler = Handler { kind: kind.to_owned(), image, privileged, source };
    if handler.image.is_none() {
        return handler.resource(Operation::Check, Value::Null, version, None, Vec::new());
    }
    let mut stdin = json!({ "source": handler.source });
    if let Some(version) = version {
        stdin["version"] = version;
    }
    handler.launch("/opt/resource/check", Vec::new(), stdin, Vec::new())
}

impl Handler {
    /// Returns the work that fetches a version into a volume.
    #[must_use]
    pub(crate) fn get(self, artifact: &str, version: Value, params: Value, volume: String) -> Work {
        if self.image.is_none() {
            return self.resource(Operation::Get, params, Some(version), Some(volume), Vec::new());
        }
        let stdin = json!({ "source": self.source, "version": version, "params": params });
        let mount = Mount { volume, path: artifact.to_owned(), read_only: false };
        self.launch("/opt/resource/in", vec![format!("./{artifact}")], stdin, vec![mount])
    }

    /// Returns the work that sends something out.
    #[must_use]
    pub(crate) fn put(self, params: Value, inputs: Vec<Mount>) -> Work {
        if self.image.is_none() {
            return self.resource(Operation::Put, params, None, None, inputs);
        }
        let stdin = json!({ "source": self.source, "params": params });
        self.launch("/opt/resource/out", vec![".".to_owned()], stdin, inputs)
    }

    fn resource(
        self,
        operation: Operation,
        params: Value,
        version: Option<Value>,
        volume: Option<String>,
        inputs: Vec<Mount>,
    ) -> Work {
        let Self { kind: resource, source, .. } = self;
        Work::Resource { operation, resource, source, params, version, volume, inputs }
    }

    fn launch(
        self,
        program: &str,
        args: Vec<String>,
        mut stdin: Value,
        mounts: Vec<Mount>,
    ) -> Work {
        bracket_secrets(&mut stdin);
        let spec = LaunchSpec {
            command: Command { path: program.to_owned(), args, ..Command::default() },
            mounts,
            image: self.image,
            privileged: self.privileged,
            stdin: Some(stdin.to_string()),
            capture_bytes: CAPTURE_BYTES,
            ..LaunchSpec::default()
        };
        Work::Launch { launcher: None, spec, caches: Vec::new() }
    }
}

/// Reads the versions that a check found, from either kind of handler.
pub(crate) fn versions(output: &Value) -> Result<Vec<Value>, String> {
    let list = match output.get("versions") {
        Some(list) => list.clone(),
        None => printed(output)?,
    };
    match list {
        Value::Array(versions) => Ok(versions),
        Value::Null => Ok(Vec::new()),
        _ => Err("the check answered with something else than a list of versions".to_owned()),
    }
}

/// Reads the version that a get or put answered with.
pub(crate) fn version(output: &Value) -> Result<Option<Value>, String> {
    let got = match output.get("version") {
        Some(version) => Some(version.clone()),
        None if output.get("stdout").is_some() => printed(output)?.get("version").cloned(),
        None => None,
    };
    Ok(got.filter(|version| !version.is_null()))
}

/// Reads what a program of a resource image printed.
fn printed(output: &Value) -> Result<Value, String> {
    let Some(stdout) = output.get("stdout").and_then(Value::as_str) else { return Ok(Value::Null) };
    if stdout.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(stdout)
        .map_err(|err| format!("the resource's program printed no valid JSON: {err}"))
}

/// The input of a program is one text, in which a secret needs its brackets.
fn bracket_secrets(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("secret:") => *text = format!("(({text}))"),
        Value::Array(items) => items.iter_mut().for_each(bracket_secrets),
        Value::Object(map) => map.values_mut().for_each(bracket_secrets),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
