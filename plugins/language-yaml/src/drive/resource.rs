//! Gets and puts.

use std::collections::BTreeMap;

use serde_json::Value;
use wit_envelope::language::Command;
use wit_envelope::launch::Mount;
use wit_envelope::machine::Status;

use super::leaf::end_of;
use super::state::{FrameId, Phase};
use super::{End, Ended, Engine};
use crate::program::{GetSpec, PutSpec};
use crate::work::{self, Handler};

impl Engine<'_> {
    /// Returns what does the work of a resource, with the run's values in place.
    pub(super) fn handler(&self, resource: u32) -> Handler {
        let resource = &self.program.resources[resource as usize];
        Handler {
            kind: resource.kind.clone(),
            image: resource.image.map(|raw| self.details(raw)),
            privileged: resource.privileged,
            source: self.details(resource.source),
        }
    }

    pub(super) fn start_get(&mut self, id: FrameId, spec: &GetSpec, version: Value) {
        let volume = self.fresh_volume(id, &spec.name);
        let work = self.handler(spec.resource).get(
            &spec.name,
            version.clone(),
            spec.params.clone(),
            volume.clone(),
        );
        let volumes = BTreeMap::from([(spec.name.clone(), volume)]);
        let phase = Phase::Work { volumes, version: Some(version) };
        self.start(id, work, spec.options.clone(), phase);
    }

    pub(super) fn got(
        &mut self,
        id: FrameId,
        volumes: BTreeMap<String, String>,
        version: Option<Value>,
        ended: Ended,
    ) {
        if ended.status == Status::Succeeded {
            self.job_of(id).artifacts.extend(volumes);
            if let (Some(version), Some(resource)) = (version, self.resource_of(id)) {
                self.passed(id, resource, version);
            }
        }
        self.leaf_over(id, end_of(ended));
    }

    pub(super) fn start_put(&mut self, id: FrameId, spec: PutSpec) {
        let artifacts = &self.job_of(id).artifacts;
        let visible: Vec<(String, String)> = match &spec.inputs {
            None => artifacts
                .iter()
                .filter(|(name, _)| !name.starts_with('~'))
                .map(|(name, volume)| (name.clone(), volume.clone()))
                .collect(),
            Some(names) => {
                let missing: Vec<&str> = names
                    .iter()
                    .filter(|name| !artifacts.contains_key(*name))
                    .map(String::as_str)
                    .collect();
                if !missing.is_empty() {
                    let message = format!("missing inputs: {}", missing.join(", "));
                    self.leaf_never_started(id, End::new(Status::Errored, message));
                    return;
                }
                let volume = |name: &String| Some((name.clone(), artifacts.get(name)?.clone()));
                names.iter().filter_map(volume).collect()
            }
        };
        let inputs = visible
            .into_iter()
            .map(|(path, volume)| Mount { volume, path, read_only: false })
            .collect();
        let work = self.handler(spec.resource).put(spec.params, inputs);
        let phase = Phase::Work { volumes: BTreeMap::new(), version: None };
        self.start(id, work, spec.options, phase);
    }

    /// A put has ended: what it made is fetched, unless the pipeline says not to.
    pub(super) fn was_put(&mut self, id: FrameId, spec: &PutSpec, ended: Ended) {
        if ended.status != Status::Succeeded {
            self.leaf_over(id, end_of(ended));
            return;
        }
        let version = match work::version(&ended.output) {
            Ok(Some(version)) => version,
            Ok(None) => {
                self.leaf_over(id, End::ok());
                return;
            }
            Err(message) => {
                self.leaf_over(id, End::new(Status::Errored, message));
                return;
            }
        };
        let cancelled = self.state.frames.get(&id).is_some_and(|frame| frame.cancelled);
        if spec.no_get || cancelled {
            self.passed(id, spec.resource, version);
            self.leaf_over(id, End::ok());
            return;
        }
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        let (path, parent) = (format!("{}.get", frame.path), Some(frame.group.clone()));
        let name = node.name.clone();
        let volume = self.fresh_volume(id, &spec.name);
        let handler = self.handler(spec.resource);
        let params = spec.get_params.clone();
        let work = handler.get(&spec.name, version.clone(), params, volume.clone());
        let options = spec.options.clone();
        self.set(id, Phase::AfterPut { path: path.clone(), volume, version });
        let kind = "get".to_owned();
        self.commands.push(Command::Start { path, parent, name, kind, work, options });
    }

    /// Notes a version that a job got or put.
    pub(super) fn passed(&mut self, id: FrameId, resource: u32, version: Value) {
        let versions = self.job_of(id).versions.entry(resource).or_default();
        versions.retain(|known| *known != version);
        versions.push(version);
    }

    fn resource_of(&self, id: FrameId) -> Option<u32> {
        match &self.node(id)?.kind {
            crate::program::Kind::Get(raw) => Some(self.details::<GetSpec>(raw).resource),
            _ => None,
        }
    }
}
