//! Tasks in a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;
use wit_envelope::launch::Image;
use wit_envelope::policy::StepOptions;

use super::job::Place;
use super::step::Name;
use super::task_config::{InputAt, env, image_of, limits_of, task_config_inside};
use super::{Compiler, raw};
use crate::diagnostic::Pos;
use crate::fields::Fields;
use crate::program::{Group, Kind, TaskAssert, TaskConfig, TaskSpec};
use crate::text;

impl Compiler<'_> {
    /// Reads a task; with `parallelism` it becomes as many of them.
    pub(super) fn task(
        &mut self,
        fields: &Fields<'_>,
        task: &str,
        name: &Name,
        options: StepOptions,
        place: &mut Place,
    ) -> Kind<Box<RawValue>> {
        let mut spec = TaskSpec { task: task.to_owned(), options, ..TaskSpec::default() };
        let inputs_at = self.task_source(fields, &mut spec, place);
        // Concourse's name first, so that `env` wins where both are written.
        spec.env = env(self.reading, fields, &["params", "env"]);
        if let Value::Object(vars) = fields.value_map("vars") {
            spec.vars = vars.into_iter().collect();
        }
        spec.input_mapping = self.mapping(fields, "input_mapping");
        spec.output_mapping = self.mapping(fields, "output_mapping");
        spec.privileged = fields.flag("privileged");
        spec.image = self.task_image(fields, place);
        spec.limits = limits_of(self.reading, fields, &["container_limits"]);
        spec.launcher = fields.text("launcher");
        spec.assert = self.task_assert(fields);
        let artifacts = fields.texts("artifacts");
        let copies = fields.number("parallelism", 1);
        fields.without_effect(&["hermetic"]);

        if spec.file.is_none() {
            self.check_inputs(&spec, &inputs_at, &fields.what, place);
            self.check_mappings(&spec, fields);
            self.check_artifacts(&spec, &artifacts, &fields.what);
        } else {
            place.unknown_outputs = true;
        }
        spec.artifacts = artifacts.into_iter().map(|(rule, _)| rule).collect();
        for output in &spec.config.outputs {
            let name = spec.output_mapping.get(&output.name).unwrap_or(&output.name);
            place.artifacts.insert(name.clone());
        }
        let Some(count) = copies.filter(|count| *count > 1) else { return Kind::Task(raw(&spec)) };
        let mut steps = Vec::new();
        for no in 1..=count {
            if self.overflowed {
                break;
            }
            spec.copy = Some((no, count));
            let shown = format!("{}-{no}", name.shown);
            let segment = format!("{no}-{}", text::slug(&shown));
            let kind = Kind::Task(raw(&spec));
            steps.push(self.add(&segment, &shown, kind, fields.node.at));
        }
        Kind::Parallel { open: Group::Parallelism, steps, limit: None, fail_fast: false }
    }

    /// Reads where the configuration stands: here, in an artifact, or on the web.
    fn task_source(&self, fields: &Fields<'_>, spec: &mut TaskSpec, place: &Place) -> Vec<InputAt> {
        let config = fields.get("config");
        let file = fields.text("file");
        let uri = fields.text("uri");
        let count =
            [config.is_some(), file.is_some(), uri.is_some()].into_iter().filter(|it| *it).count();
        if count != 1 {
            let message = format!("{} needs one of `config`, `file` and `uri`", fields.what);
            let code = if count == 0 { "missing-key" } else { "two-kinds" };
            self.reading.remarks.error(fields.node.at, code, message);
            return Vec::new();
        }
        if let Some(config) = config {
            let what = fields.label("config");
            let read = task_config_inside(self.reading, &config, &what);
            let (config, inputs_at) = read.unwrap_or_default();
            spec.config = config;
            return inputs_at;
        }
        let (text, key) = match (file, uri) {
            (Some(file), _) => (file, "file"),
            (None, uri) => (uri.unwrap_or_default(), "uri"),
        };
        let web = text.starts_with("http://") || text.starts_with("https://");
        let path = text.strip_prefix("file://");
        let at = fields.node.get(key).map_or(fields.node.at, |node| node.at);
        if key == "uri" && !web && path.is_none() {
            let message = format!("{} is {text:?}", fields.label(key));
            let hint = "write `file://ARTIFACT/PATH`, `http://…` or `https://…`";
            self.reading.remarks.error_hint(at, "bad-uri", message, hint);
            return Vec::new();
        }
        if key == "uri" && web {
            spec.file = Some(text);
            return Vec::new();
        }
        let path = path.unwrap_or(&text);
        let parts = text::relative(path);
        let Some((artifact, _)) = parts.as_deref().and_then(|path| path.split_once('/')) else {
            let message = format!("{} is {path:?}, expected `ARTIFACT/PATH`", fields.label(key));
            self.reading.remarks.error(at, "bad-path", message);
            return Vec::new();
        };
        self.provided(artifact, at, &fields.what, place);
        spec.file = parts;
        Vec::new()
    }

    fn mapping(&self, fields: &Fields<'_>, key: &'static str) -> BTreeMap<String, String> {
        let node = fields.get(key).and_then(|node| self.reading.fixed(&node));
        let Some(node) = node else { return BTreeMap::new() };
        let what = fields.label(key);
        let crate::document::Data::Map(entries) = &node.data else {
            self.reading.wrong(&node, &what, "a map of names to artifacts");
            return BTreeMap::new();
        };
        let pairs = entries.iter().filter_map(|entry| {
            let to = self.reading.text(&entry.value, &format!("{:?} in {what}", entry.key))?;
            self.artifact_name(&to, entry.value.at).then(|| (entry.key.clone(), to))
        });
        pairs.collect()
    }

    /// A step's `image` is an artifact, or else the name of an image.
    fn task_image(&self, fields: &Fields<'_>, place: &Place) -> Option<Image> {
        let node = fields.get("image")?;
        let crate::document::Data::Text(text) = &node.data else {
            return image_of(self.reading, &node, &fields.label("image"));
        };
        if place.artifacts.contains(text) {
            let source = serde_json::json!({ "artifact": text });
            let kind = Some("artifact".to_owned());
            return Some(Image { reference: text.clone(), kind, source });
        }
        image_of(self.reading, &node, &fields.label("image"))
    }

    fn task_assert(&self, fields: &Fields<'_>) -> Option<TaskAssert> {
        let node = fields.get("assert")?;
        let what = fields.label("assert");
        let inner = Fields::open(self.reading, &node, what)?;
        let code = inner.get("code").and_then(|node| match node.data {
            crate::document::Data::Int(code) => i32::try_from(code).ok(),
            _ => {
                self.reading.wrong(&node, &inner.label("code"), "an exit code");
                None
            }
        });
        let assert =
            TaskAssert { code, stdout: inner.text("stdout"), stderr: inner.text("stderr") };
        inner.finish();
        Some(assert)
    }

    /// Checks that what a task needs is there before it runs.
    fn check_inputs(&self, spec: &TaskSpec, inputs: &[InputAt], what: &str, place: &Place) {
        for input in inputs.iter().filter(|input| !input.optional) {
            let artifact = spec.input_mapping.get(&input.name).unwrap_or(&input.name);
            self.provided(artifact, input.at, what, place);
        }
    }

    /// Checks that what is mapped exists.
    fn check_mappings(&self, spec: &TaskSpec, fields: &Fields<'_>) {
        let sides = [
            ("input_mapping", &spec.input_mapping, &spec.config.inputs),
            ("output_mapping", &spec.output_mapping, &spec.config.outputs),
        ];
        for (key, mapping, ports) in sides {
            for name in mapping.keys().filter(|name| !ports.iter().any(|it| it.name == **name)) {
                let message =
                    format!("{} names {name:?}, which the task does not have", fields.label(key));
                let known = ports.iter().map(|port| port.name.as_str());
                self.reading.remarks.unknown(
                    fields.at(key),
                    "unknown-mapping",
                    message,
                    name,
                    known,
                );
            }
        }
    }

    /// Checks that files are kept of what the task has.
    fn check_artifacts(&self, spec: &TaskSpec, rules: &[(String, Pos)], what: &str) {
        let config: &TaskConfig = &spec.config;
        let known: BTreeSet<&str> =
            config.outputs.iter().chain(&config.inputs).map(|port| port.name.as_str()).collect();
        for (rule, at) in rules {
            let (output, pattern) = rule.split_once('/').unwrap_or((rule, ""));
            if pattern.is_empty() || text::relative(pattern).is_none() {
                let message =
                    format!("`artifacts` of {what} has {rule:?}, expected `OUTPUT/PATTERN`");
                let hint = "write it like `dist/*.tar.gz`, or `dist/**` for all";
                self.reading.remarks.error_hint(*at, "bad-path", message, hint);
            } else if !known.contains(output) {
                let message = format!("`artifacts` of {what} names the unknown output {output:?}");
                let known = known.iter().copied();
                self.reading.remarks.unknown(*at, "unknown-output", message, output, known);
            }
        }
    }
}
