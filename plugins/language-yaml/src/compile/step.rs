//! Steps: what they are, and what may be put around each of them.

use serde_json::Value;
use wit_envelope::policy::{Retry, StepOptions};

use super::job::Place;
use super::{Compiler, Source, raw};
use crate::document::Data;
use crate::fields::Fields;
use crate::program::{GetSpec, Group, Kind, NodeId, PutSpec};
use crate::text;

/// The kinds of steps, by their key.
const KINDS: &[&str] = &["task", "get", "put", "do", "try", "in_parallel"];
/// Kinds of steps that others have and we do not yet.
const KINDS_MISSING: &[&str] =
    &["set_pipeline", "load_var", "notify", "agent", "build_image", "aggregate"];
/// Keys that go around a matrix, not into its steps.
pub(super) const AROUND: &[&str] =
    &["across", "fail_fast", "on_success", "on_failure", "on_abort", "on_error", "ensure"];
/// Steps nested deeper are refused.
const DEPTH_MAX: usize = 24;
/// The kernel refuses paths of over 500 bytes; names of attempts and hooks come on top.
const PATH_BYTES_MAX: usize = 400;

/// What a node of the plan is called.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) segment: String,
    pub(super) shown: String,
}

impl Compiler<'_> {
    /// Reads a step, the `number`th of its list.
    pub(super) fn step(
        &mut self,
        node: &Source,
        number: usize,
        place: &mut Place,
    ) -> Option<NodeId> {
        let mut fields = Fields::open(self.reading, node, "a step")?;
        let kind = self.step_kind(&fields)?;
        let across = fields.get("across");
        let shown = self.step_name(&fields, kind, across.is_some())?;
        fields.what = if shown == kind { format!("`{kind}`") } else { format!("{kind} {shown:?}") };
        let name = Name { segment: format!("{number}-{}", text::slug(&shown)), shown };
        place.path_bytes += name.segment.len() + 1;
        place.depth += 1;
        if place.depth > DEPTH_MAX || place.path_bytes > PATH_BYTES_MAX {
            let message = format!("{} is nested too deep", fields.what);
            self.reading.remarks.error(node.at, "too-deep", message);
            place.path_bytes -= name.segment.len() + 1;
            place.depth -= 1;
            return None;
        }
        let step = match &across {
            Some(list) => self.across(list, &fields, &name, place),
            None => {
                if fields.has("fail_fast") {
                    let message = format!("{} needs `across`", fields.label("fail_fast"));
                    self.reading.remarks.error(fields.at("fail_fast"), "missing-key", message);
                }
                self.step_inside(node, &name, place)
            }
        };
        let step = step.unwrap_or_default();
        let step = self.hooks(&fields, step, (&name.segment, &name.shown), place);
        place.path_bytes -= name.segment.len() + 1;
        place.depth -= 1;
        Some(step)
    }

    /// Reads what a step is, without matrix and hooks.
    pub(super) fn step_inside(
        &mut self,
        node: &Source,
        name: &Name,
        place: &mut Place,
    ) -> Option<NodeId> {
        let mut fields = Fields::open(self.reading, node, "a step")?;
        let kind = self.step_kind(&fields)?;
        let shown = self.step_name(&fields, kind, false)?;
        fields.what = if shown == kind { format!("`{kind}`") } else { format!("{kind} {shown:?}") };
        fields.informative(AROUND);
        let attempts = fields.number("attempts", 1).unwrap_or(1);
        let timeout_ms = fields.duration("timeout");

        let mut around = (attempts, timeout_ms);
        let mut execution = None;
        let core = match kind {
            "task" | "get" | "put" => {
                let mut options = self.leaf_options(&fields, timeout_ms);
                around.1 = None;
                // Only this plugin can judge an assertion, so only it can try again then.
                if kind != "task" || !fields.has("assert") {
                    options.retry.attempts_max = attempts;
                    around.0 = 1;
                }
                match kind {
                    "task" => self.task(&fields, &shown, name, options, place),
                    "get" => self.get(&fields, &shown, options, place)?,
                    _ => self.put(&fields, &shown, options, place)?,
                }
            }
            _ => {
                let list = fields.need(kind)?;
                let what = fields.what.clone();
                execution = self.execution(&fields, &fields.what);
                match kind {
                    "do" => {
                        let steps = self.plan(&list, &what, place);
                        Kind::Sequence { steps, open: Some(Group::Do) }
                    }
                    "try" => Kind::Try { steps: self.steps_or_step(&list, &what, place) },
                    _ => self.in_parallel(&list, &what, place),
                }
            }
        };
        fields.finish();

        let mut add = |kind| self.add(&name.segment, &name.shown, kind, node.at);
        let mut step = add(core);
        if let Some(ms) = around.1 {
            step = add(Kind::Timeout { step, ms });
        }
        if around.0 > 1 {
            step = add(Kind::Attempts { step, max: around.0 });
        }
        if let Some(execution) = execution {
            step = add(Kind::Assert { step, execution });
            self.jobs[place.job].job.recorded = true;
        }
        Some(step)
    }

    /// Finds out what a step is; says so if it is nothing or two things.
    fn step_kind(&self, fields: &Fields<'_>) -> Option<&'static str> {
        let Data::Map(entries) = &fields.node.data else { return None };
        let remarks = &self.reading.remarks;
        let mut kinds = entries
            .iter()
            .filter_map(|entry| Some((entry, *KINDS.iter().find(|kind| **kind == entry.key)?)));
        if let Some((_, kind)) = kinds.next() {
            if let Some((entry, second)) = kinds.next() {
                let message = format!("a step cannot be both `{kind}` and `{second}`");
                let hint = "make two steps of it";
                remarks.error_hint(entry.key_at, "two-kinds", message, hint);
                return None;
            }
            fields.has(kind);
            return Some(kind);
        }
        let missing = entries.iter().find(|e| KINDS_MISSING.contains(&e.key.as_str()));
        if let Some(entry) = missing {
            let message = format!("`{}` steps are not supported yet", entry.key);
            remarks.error(entry.key_at, "unsupported", message);
            return None;
        }
        let message = "this step says not what it is";
        let known = KINDS.iter().copied();
        let found = entries.iter().find(|e| crate::diagnostic::Remarks::like(&e.key, KINDS));
        let found = found.map_or("", |entry| entry.key.as_str());
        remarks.unknown(fields.node.at, "no-kind", message, found, known);
        None
    }

    /// Returns what a step is called: its task or resource, or else its kind.
    fn step_name(&self, fields: &Fields<'_>, kind: &'static str, matrix: bool) -> Option<String> {
        if !matches!(kind, "task" | "get" | "put") {
            return Some(kind.to_owned());
        }
        match fields.node.get(kind).map(|node| &node.data) {
            // The name as a whole is known only inside the matrix.
            Some(Data::Text(text)) if matrix && text.contains("((.:") => {
                let parts = crate::vars::parts(text);
                let fixed = parts.iter().filter_map(|part| match part {
                    crate::vars::Part::Text(text) => Some(*text),
                    crate::vars::Part::Reference(_) => None,
                });
                let name: String = fixed.collect();
                let name = name.trim_matches([' ', '-', '_', '.']);
                Some(if name.is_empty() { kind } else { name }.to_owned())
            }
            _ => fields.text_needed(kind),
        }
    }

    fn leaf_options(&self, fields: &Fields<'_>, timeout_ms: Option<u64>) -> StepOptions {
        StepOptions {
            retry: Retry::default(),
            timeout_ms,
            requires: fields.texts("tags").into_iter().map(|(tag, _)| tag).collect(),
            ..StepOptions::default()
        }
    }

    fn get(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        options: StepOptions,
        place: &mut Place,
    ) -> Option<Kind<Box<serde_json::value::RawValue>>> {
        self.artifact_name(name, fields.at("get"));
        let (resource_name, at) = self.resource_of(fields, "get", name);
        let passed = fields.texts("passed");
        let trigger = fields.flag("trigger");
        let mut every = false;
        let version = fields.get("version").and_then(|node| match &node.data {
            Data::Text(text) if text == "latest" => None,
            Data::Text(text) if text == "every" => {
                every = true;
                None
            }
            Data::Map(_) => Some(self.reading.value(&node)),
            _ => {
                let what = fields.label("version");
                self.reading.wrong(&node, &what, "`latest`, `every` or a map that pins a version");
                None
            }
        });
        let params = fields.value_map("params");
        // Taken before the resource is looked for, so that an unknown one is not told of twice.
        place.artifacts.insert(name.to_owned());
        let resource = self.resource_used(&resource_name, at, &fields.what)?;
        let passed = self.passed(place.job, resource, &passed);
        let known = &mut self.jobs[place.job];
        known.handled.insert(resource);
        // Versions that passed a job come with it, in the same run.
        if trigger && passed.is_empty() && version.is_none() {
            known.triggers.push((resource, every));
        }
        if every && !known.job.every.contains(&resource) {
            known.job.every.push(resource);
        }
        let name = name.to_owned();
        Some(Kind::Get(raw(&GetSpec { name, resource, passed, version, params, options })))
    }

    fn put(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        options: StepOptions,
        place: &mut Place,
    ) -> Option<Kind<Box<serde_json::value::RawValue>>> {
        self.artifact_name(name, fields.at("put"));
        let (resource_name, at) = self.resource_of(fields, "put", name);
        let params = fields.value_map("params");
        let get_params = fields.value_map("get_params");
        let no_get = fields.flag("no_get");
        let inputs = self.put_inputs(fields, &params, place);
        if !no_get {
            place.artifacts.insert(name.to_owned());
        }
        let resource = self.resource_used(&resource_name, at, &fields.what)?;
        self.jobs[place.job].handled.insert(resource);
        let name = name.to_owned();
        Some(Kind::Put(raw(&PutSpec {
            name,
            resource,
            params,
            get_params,
            no_get,
            inputs,
            options,
        })))
    }

    /// Returns the name of the resource, and where it stands.
    fn resource_of(
        &self,
        fields: &Fields<'_>,
        key: &'static str,
        name: &str,
    ) -> (String, crate::diagnostic::Pos) {
        match fields.text("resource") {
            Some(resource) => (resource, fields.at("resource")),
            None => (name.to_owned(), fields.at(key)),
        }
    }

    /// Reads which artifacts a put sees; none means all.
    fn put_inputs(
        &self,
        fields: &Fields<'_>,
        params: &Value,
        place: &Place,
    ) -> Option<Vec<String>> {
        let node = fields.get("inputs")?;
        match &node.data {
            Data::Text(text) if text == "all" => None,
            Data::Text(text) if text == "detect" => {
                let mut found = Vec::new();
                detect(params, &mut |part| {
                    let known = place.artifacts.contains(part) || place.unknown_outputs;
                    if known && text::is_artifact_name(part) && !found.contains(&part.to_owned()) {
                        found.push(part.to_owned());
                    }
                });
                Some(found)
            }
            Data::List(_) => {
                let items = fields.texts("inputs");
                for (name, at) in &items {
                    self.provided(name, *at, &fields.what, place);
                }
                Some(items.into_iter().map(|(name, _)| name).collect())
            }
            _ => {
                let what = fields.label("inputs");
                self.reading.wrong(&node, &what, "`all`, `detect` or a list of artifacts");
                None
            }
        }
    }

    /// Says so if no earlier step provides an artifact.
    pub(super) fn provided(
        &self,
        artifact: &str,
        at: crate::diagnostic::Pos,
        what: &str,
        place: &Place,
    ) {
        if place.unknown_outputs || place.artifacts.contains(artifact) {
            return;
        }
        let message =
            format!("{what} needs {artifact:?}, which no earlier step of the job provides");
        let known = place.artifacts.iter().map(String::as_str);
        self.reading.remarks.unknown(at, "missing-input", message, artifact, known);
    }
}

/// Finds the first parts of paths in parameters.
fn detect(params: &Value, found: &mut dyn FnMut(&str)) {
    match params {
        Value::String(text) => {
            let path = text.strip_prefix("./").unwrap_or(text);
            found(path.split('/').next().unwrap_or(path));
        }
        Value::Array(items) => items.iter().for_each(|item| detect(item, found)),
        Value::Object(map) => map.values().for_each(|item| detect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
