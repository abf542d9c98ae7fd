//! The configuration of a task, in the pipeline or in a file of its own.

use std::collections::BTreeMap;

use serde_json::Value;
use wit_envelope::launch::{Image, Limits};

use super::{Source, resource};
use crate::diagnostic::{Diagnostic, Pos};
use crate::document::{self, Data};
use crate::fields::{Fields, Reading};
use crate::program::{Cache, Port, Scope, TaskConfig};
use crate::quantity;
use crate::text;

/// Limits that a launcher knows.
const RLIMITS: &[&str] = &["as", "core", "cpu", "fsize", "nofile", "nproc"];

/// An input, and where it stands.
#[derive(Debug)]
pub(super) struct InputAt {
    pub(super) name: String,
    pub(super) optional: bool,
    pub(super) at: Pos,
}

/// Reads a configuration from a file of its own.
pub(crate) fn task_config(source: &str, what: &str) -> Result<TaskConfig, Vec<Diagnostic>> {
    let reading = Reading::default();
    let read = document::parse(source, &reading.remarks)
        .and_then(|root| task_config_inside(&reading, &root, what));
    match read {
        Some((config, _)) if !reading.remarks.has_errors() => Ok(config),
        _ => Err(reading.remarks.into_sorted()),
    }
}

/// Reads a configuration.
pub(super) fn task_config_inside(
    reading: &Reading,
    node: &Source,
    what: &str,
) -> Option<(TaskConfig, Vec<InputAt>)> {
    let fields = Fields::open(reading, node, what)?;
    let mut config = TaskConfig {
        platform: fields.text("platform"),
        env: env(reading, &fields, &["params", "env"]),
        limits: limits_of(reading, &fields, &["container_limits", "limits"]).unwrap_or_default(),
        ..TaskConfig::default()
    };
    config.image =
        fields.get("image").and_then(|it| image_of(reading, &it, &fields.label("image")));
    if let Some(node) = fields.get("image_resource") {
        config.image = image_of(reading, &node, &fields.label("image_resource"));
    }
    if let Some(run) = fields.need("run") {
        run_of(reading, &run, &fields.label("run"), &mut config);
    }
    let inputs = ports(reading, &fields, "inputs");
    let outputs = ports(reading, &fields, "outputs");
    config.caches = caches(reading, &fields);
    fields.unsupported(&["rootfs_uri"]);
    fields.finish();
    check_paths(reading, &inputs, &outputs, what);
    let inputs_at = inputs
        .iter()
        .map(|(port, at)| InputAt { name: port.name.clone(), optional: port.optional, at: *at })
        .collect();
    config.inputs = inputs.into_iter().map(|(port, _)| port).collect();
    config.outputs = outputs.into_iter().map(|(port, _)| port).collect();
    Some((config, inputs_at))
}

/// Reads maps of environment variables; later ones win.
pub(super) fn env(
    reading: &Reading,
    fields: &Fields<'_>,
    keys: &[&'static str],
) -> BTreeMap<String, Value> {
    let mut env = BTreeMap::new();
    for key in keys {
        let Some(node) = fields.get(key).and_then(|node| reading.fixed(&node)) else { continue };
        let Data::Map(entries) = &node.data else {
            reading.wrong(&node, &fields.label(key), "a map of names to values");
            continue;
        };
        for entry in entries {
            if entry.key.is_empty() || entry.key.contains(['=', '\0']) {
                let message = format!("{:?} cannot be an environment variable", entry.key);
                reading.remarks.error(entry.key_at, "bad-name", message);
            }
            env.insert(entry.key.clone(), reading.value(&entry.value));
        }
    }
    env
}

/// Reads an image: its name, or what fetches it.
pub(super) fn image_of(reading: &Reading, node: &Source, what: &str) -> Option<Image> {
    if let Data::Text(text) = &node.data {
        reading.value(node);
        return Some(Image { reference: text.clone(), ..Image::default() });
    }
    let fields = Fields::open(reading, node, what)?;
    let kind = fields.text_needed("type").unwrap_or_default();
    let source = fields.value_map("source");
    if source.get("repository").is_none() {
        let message = format!("{what} needs `source.repository`");
        reading.remarks.error(node.at, "missing-key", message);
    }
    fields.informative(&["name"]);
    fields.unsupported(&["params", "version"]);
    fields.finish();
    Some(resource::image(&kind, source))
}

/// Reads limits.
pub(super) fn limits_of(
    reading: &Reading,
    fields: &Fields<'_>,
    keys: &[&'static str],
) -> Option<Limits> {
    let (key, node) = keys.iter().find_map(|key| Some((*key, fields.get(key)?)))?;
    let inner = Fields::open(reading, &node, fields.label(key))?;
    let memory_bytes = inner.get("memory").and_then(|node| {
        let text = reading.text(&node, &inner.label("memory"))?;
        let bytes = quantity::byte_count(&text);
        if bytes.is_none() {
            let message = format!("{} is {text:?}, expected a size", inner.label("memory"));
            let hint = "write it like `512MiB`, `2GB`, or a number of bytes";
            reading.remarks.error_hint(node.at, "bad-size", message, hint);
        }
        bytes
    });
    let limits = Limits {
        cpu: inner.number("cpu", 1).map(u64::from),
        cpu_kind: inner.text("cpu_kind"),
        memory_bytes,
    };
    inner.finish();
    Some(limits)
}

fn run_of(reading: &Reading, node: &Source, what: &str, config: &mut TaskConfig) {
    let Some(fields) = Fields::open(reading, node, what) else { return };
    config.path = fields.need("path").map(|node| reading.value(&node)).unwrap_or_default();
    if !matches!(config.path, Value::String(_) | Value::Null) {
        let message = format!("{} must be a text", fields.label("path"));
        reading.remarks.error(fields.at("path"), "wrong-type", message);
    }
    if let Some(node) = fields.get("args") {
        let items = reading.list(&node, &fields.label("args")).unwrap_or_default();
        for item in &items {
            if matches!(item.data, Data::List(_) | Data::Map(_)) {
                reading.wrong(item, &format!("each item of {}", fields.label("args")), "a text");
            }
        }
        config.args = items.iter().map(|item| reading.value(item)).collect();
    }
    config.dir = fields.get("dir").map(|node| reading.value(&node));
    if let Some(Value::String(dir)) = &config.dir
        && text::relative(dir).is_none()
    {
        let message = format!("{} leaves the working directory", fields.label("dir"));
        reading.remarks.error(fields.at("dir"), "bad-path", message);
    }
    config.user = fields.get("user").map(|node| reading.value(&node));
    config.nice = fields.get("nice").and_then(|node| match node.data {
        Data::Int(nice @ -20..=19) => i32::try_from(nice).ok(),
        _ => {
            reading.wrong(&node, &fields.label("nice"), "a whole number from -20 to 19");
            None
        }
    });
    if let Some(node) = fields.get("rlimits")
        && let Some(limits) = Fields::open(reading, &node, fields.label("rlimits"))
    {
        let found = RLIMITS.iter().filter_map(|name| match limits.get(name)?.data {
            Data::Int(limit) => Some(((*name).to_owned(), u64::try_from(limit).ok()?)),
            _ => {
                let message = format!("{} must be a whole number", limits.label(name));
                reading.remarks.error(limits.at(name), "wrong-type", message);
                None
            }
        });
        config.rlimits = found.collect();
        limits.finish();
    }
    fields.finish();
}

fn ports(reading: &Reading, fields: &Fields<'_>, key: &'static str) -> Vec<(Port, Pos)> {
    let Some(list) = fields.get(key) else { return Vec::new() };
    let what = fields.label(key);
    let mut ports: Vec<(Port, Pos)> = Vec::new();
    for node in reading.list(&list, &what).unwrap_or_default() {
        // PocketCI and Concourse write a map; a bare name can only mean one thing.
        let port = if let Data::Text(name) = &node.data {
            Port { name: name.clone(), ..Port::default() }
        } else {
            let Some(inner) = Fields::open(reading, &node, format!("each item of {what}")) else {
                continue;
            };
            let Some(name) = inner.text_needed("name") else { continue };
            let path = inner.text("path").and_then(|path| mount_path(reading, &inner, path));
            let optional = key == "inputs" && inner.flag("optional");
            inner.without_effect(&["size_gb"]);
            inner.finish();
            Port { name, path, optional }
        };
        if !text::is_artifact_name(&port.name) {
            let message = format!("{:?} cannot be the name of an artifact", port.name);
            let hint = "use letters, digits, `_`, `-` and `.`, at most 100";
            reading.remarks.error_hint(node.at, "bad-name", message, hint);
            continue;
        }
        if ports.iter().any(|(known, _)| known.name == port.name) {
            let message = format!("{what} has {:?} twice", port.name);
            reading.remarks.error(node.at, "duplicate-name", message);
            continue;
        }
        ports.push((port, node.at));
    }
    ports
}

/// Returns a path below the working directory that is not the directory itself.
fn mount_path(reading: &Reading, fields: &Fields<'_>, path: String) -> Option<String> {
    match text::relative(&path) {
        Some(path) if !path.is_empty() => Some(path),
        _ => {
            let message = format!(
                "{} is {path:?}, expected a path below the working directory",
                fields.label("path")
            );
            let hint = "leave it out to use the name";
            reading.remarks.error_hint(fields.at("path"), "bad-path", message, hint);
            None
        }
    }
}

fn caches(reading: &Reading, fields: &Fields<'_>) -> Vec<Cache> {
    let Some(list) = fields.get("caches") else { return Vec::new() };
    let what = fields.label("caches");
    let mut caches = Vec::new();
    for node in reading.list(&list, &what).unwrap_or_default() {
        let Some(inner) = Fields::open(reading, &node, format!("each item of {what}")) else {
            continue;
        };
        let path = inner.text_needed("path").and_then(|path| mount_path(reading, &inner, path));
        let scope = match inner.text("scope").as_deref() {
            None | Some("task") => Scope::Task,
            Some("job") => Scope::Job,
            Some("pipeline") => Scope::Pipeline,
            Some(other) => {
                let known = ["task", "job", "pipeline"];
                let message = format!("{} is {other:?}", inner.label("scope"));
                let at = inner.at("scope");
                reading.remarks.unknown(at, "unknown-value", message, other, known);
                Scope::Task
            }
        };
        inner.without_effect(&["size_gb"]);
        inner.finish();
        caches.extend(path.map(|path| Cache { path, scope }));
    }
    caches
}

/// Two different things cannot be seen at one place.
fn check_paths(reading: &Reading, inputs: &[(Port, Pos)], outputs: &[(Port, Pos)], what: &str) {
    let path = |port: &Port| port.path.clone().unwrap_or_else(|| port.name.clone());
    let all: Vec<&(Port, Pos)> = inputs.iter().chain(outputs).collect();
    for (i, (port, at)) in all.iter().enumerate() {
        let clash =
            all[..i].iter().find(|(other, _)| other.name != port.name && path(other) == path(port));
        if let Some((other, _)) = clash {
            let message = format!(
                "{what} shows both {:?} and {:?} at {:?}",
                other.name,
                port.name,
                path(port)
            );
            let hint =
                "give one of them another path; an output that continues an input has its name";
            reading.remarks.error_hint(*at, "path-clash", message, hint);
        }
    }
}
