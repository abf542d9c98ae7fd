//! Resources and their types.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use wit_envelope::launch::Image;
use wit_envelope::resource::ResourceDescription;

use super::{Compiler, Source, raw};
use crate::diagnostic::Pos;
use crate::document::Data;
use crate::fields::Fields;
use crate::program::Resource;
use crate::text;

/// A new version is looked for so often, unless the resource says otherwise.
const CHECK_EVERY_MS: u64 = 60_000;
/// The parts of a source that a resource type's image needs; other keys go along.
const REPOSITORY: &str = "repository";

/// A resource type.
#[derive(Debug)]
pub(super) struct KnownKind {
    name: String,
    /// Absent: a plugin.
    image: Option<Image>,
    privileged: bool,
    defaults: Value,
    /// The keys that a plugin's schema names, if it names them all.
    source_keys: Option<BTreeSet<String>>,
    source_needs: Vec<String>,
}

/// A resource of the pipeline.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) resource: Resource<Box<RawValue>>,
    pub(super) source: Value,
    pub(super) image: Option<Image>,
    /// How often to look for new versions; none: never.
    pub(super) check_every_ms: Option<u64>,
    at: Pos,
    used: bool,
}

/// Lists the resource types that plugins provide.
pub(super) fn plugins(descriptions: &[ResourceDescription]) -> Vec<KnownKind> {
    descriptions
        .iter()
        .map(|it| {
            let closed = it.source.get("additionalProperties") == Some(&Value::Bool(false));
            let keys = it.source.get("properties").and_then(Value::as_object);
            let needs = it.source.get("required").and_then(Value::as_array);
            KnownKind {
                name: it.name.clone(),
                image: None,
                privileged: false,
                defaults: Value::Null,
                source_keys: keys.filter(|_| closed).map(|map| map.keys().cloned().collect()),
                source_needs: needs
                    .into_iter()
                    .flatten()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect(),
            }
        })
        .collect()
}

/// Returns the reference of an image: `repository:tag`, or with `@` for a digest.
pub(super) fn image(kind: &str, source: Value) -> Image {
    let part = |name: &str| source.get(name).map(crate::vars::text_of).filter(|t| !t.is_empty());
    let mut reference = part(REPOSITORY).unwrap_or_default();
    if let Some(digest) = part("digest") {
        reference = format!("{reference}@{digest}");
    } else if let Some(tag) = part("tag") {
        reference = format!("{reference}:{tag}");
    }
    Image { reference, kind: Some(kind.to_owned()), source }
}

impl Compiler<'_> {
    pub(super) fn resource_types(&mut self, list: &Source) {
        let mut seen = BTreeSet::new();
        for node in self.reading.list(list, "`resource_types`").unwrap_or_default() {
            let Some(fields) = Fields::open(self.reading, &node, "a resource type") else {
                continue;
            };
            let Some(name) = fields.text_needed("name") else { continue };
            self.unique(&mut seen, &name, fields.at("name"), "resource type");
            let kind = fields.text_needed("type").unwrap_or_default();
            let source = fields.value_map("source");
            if source.get(REPOSITORY).is_none() {
                let message = format!("resource type {name:?} needs `source.repository`");
                self.reading.remarks.error(node.at, "missing-key", message);
            }
            let privileged = fields.flag("privileged");
            let defaults = fields.value_map("defaults");
            fields.informative(&["check_every", "tags", "unique_version_history"]);
            fields.unsupported(&["params", "version"]);
            fields.finish();
            let image = Some(image(&kind, source));
            // The pipeline's own type wins over a plugin's.
            self.kinds.retain(|known| known.name != name);
            self.kinds.push(KnownKind {
                name,
                image,
                privileged,
                defaults,
                source_keys: None,
                source_needs: Vec::new(),
            });
        }
    }

    pub(super) fn resources(&mut self, list: &Source) {
        let mut seen = BTreeSet::new();
        for node in self.reading.list(list, "`resources`").unwrap_or_default() {
            let Some(fields) = Fields::open(self.reading, &node, "a resource") else { continue };
            if let Some(known) = self.resource(fields, &mut seen) {
                self.resources.push(known);
            }
        }
    }

    fn resource(&self, mut fields: Fields<'_>, seen: &mut BTreeSet<String>) -> Option<Known> {
        let name = fields.text_needed("name");
        if let Some(name) = &name {
            self.unique(seen, name, fields.at("name"), "resource");
            fields.what = format!("resource {name:?}");
        }
        let kind = fields.text_needed("type");
        let mut source = fields.value_map("source");
        let check_every_ms = match fields.text("check_every").as_deref() {
            Some("never") => None,
            Some(_) => fields.duration("check_every"),
            None => Some(CHECK_EVERY_MS),
        };
        let pin = fields.get("version").map(|node| {
            if !matches!(node.data, Data::Map(_)) {
                self.reading.wrong(&node, &fields.label("version"), "a map that pins a version");
            }
            self.reading.value(&node)
        });
        let tags = fields.texts("tags").into_iter().map(|(tag, _)| tag).collect();
        fields.informative(&["icon", "public"]);
        fields.without_effect(&["old_name", "expose_build_created_by", "check_timeout"]);
        fields.unsupported(&["webhook_token"]);
        let (type_at, at) = (fields.at("type"), fields.node.at);
        let source_at = fields.node.get("source").map_or(at, |node| node.at);
        fields.finish();

        let (name, kind) = (name?, kind?);
        let Some(known) = self.kinds.iter().find(|known| known.name == kind) else {
            let message = format!("resource {name:?} has the unknown type {kind:?}");
            let known = self.kinds.iter().map(|known| known.name.as_str());
            self.reading.remarks.unknown(type_at, "unknown-resource-type", message, &kind, known);
            return None;
        };
        if let (Value::Object(defaults), Value::Null | Value::Object(_)) =
            (&known.defaults, &source)
        {
            let mut merged = defaults.clone();
            merged.extend(source.as_object().cloned().unwrap_or_default());
            source = Value::Object(merged);
        }
        if source.is_null() {
            source = json!({});
        }
        self.check_source(known, &name, &source, source_at);
        Some(Known {
            resource: Resource {
                check: format!("check.{}", text::slug(&name)),
                name,
                kind,
                source: raw(&source),
                image: known.image.as_ref().map(raw),
                privileged: known.privileged,
                pin,
                tags,
            },
            source,
            image: known.image.clone(),
            check_every_ms,
            at,
            used: false,
        })
    }

    /// Compares a source with what the plugin's schema says about its keys.
    fn check_source(&self, kind: &KnownKind, resource: &str, source: &Value, at: Pos) {
        let Value::Object(source) = source else { return };
        if let Some(known) = &kind.source_keys {
            for key in source.keys().filter(|key| !known.contains(*key)) {
                let message =
                    format!("`source` of resource {resource:?} ({}) has no key {key:?}", kind.name);
                let known = known.iter().map(String::as_str);
                self.reading.remarks.unknown(at, "unknown-key", message, key, known);
            }
        }
        for key in kind.source_needs.iter().filter(|key| !source.contains_key(*key)) {
            let message =
                format!("`source` of resource {resource:?} ({}) needs the key `{key}`", kind.name);
            self.reading.remarks.error(at, "missing-key", message);
        }
    }

    /// Finds a resource for a step.
    pub(super) fn resource_used(&mut self, name: &str, at: Pos, what: &str) -> Option<u32> {
        let found = self.resources.iter().position(|known| known.resource.name == name);
        if let Some(no) = found {
            self.resources[no].used = true;
            return Some(super::index(no));
        }
        let message = format!("{what} names the unknown resource {name:?}");
        let known = self.resources.iter().map(|known| known.resource.name.as_str());
        self.reading.remarks.unknown(at, "unknown-resource", message, name, known);
        None
    }

    /// Warns about resources that no step names.
    pub(super) fn check_unused(&self) {
        for known in self.resources.iter().filter(|known| !known.used) {
            let message = format!("no step uses the resource {:?}", known.resource.name);
            self.reading.remarks.warning(known.at, "unused-resource", message);
        }
    }
}
