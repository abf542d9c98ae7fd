//! From a task to a command for a launcher.

use std::collections::BTreeMap;

use serde_json::Value;
use wit_envelope::language::{CacheMount, Work};
use wit_envelope::launch::{Command, Image, LaunchSpec, Limits, Mount};
use wit_envelope::machine::Status;
use wit_envelope::policy::{ArtifactRule, StepOptions};

use super::flow::cancelled_end;
use super::state::{FrameId, Phase};
use super::{End, Ended, Engine};
use crate::compile::task_config;
use crate::program::{Port, Scope, TaskConfig, TaskSpec};
use crate::{text, vars};

/// What an assertion can look at.
const CAPTURE_BYTES: u32 = 1 << 20;

/// What a task sees and makes.
#[derive(Default)]
struct Ports {
    mounts: Vec<Mount>,
    /// By what the task calls them.
    volumes: BTreeMap<String, String>,
    /// By artifact.
    outputs: BTreeMap<String, String>,
    missing: Vec<String>,
}

impl Engine<'_> {
    /// The task's file was read.
    pub(super) fn file_read(&mut self, id: FrameId, spec: &TaskSpec, ended: Ended) {
        if self.state.frames.get(&id).is_some_and(|frame| frame.cancelled) {
            self.leaf_never_started(id, cancelled_end());
            return;
        }
        let file = spec.file.as_deref().unwrap_or_default();
        if ended.status != Status::Succeeded {
            let why = ended.message.unwrap_or_else(|| "it was not read".to_owned());
            // The configuration is part of the machinery, not of the work.
            let status = match ended.status {
                Status::Failed => Status::Errored,
                status => status,
            };
            self.leaf_over(id, End::new(status, format!("{file}: {why}")));
            return;
        }
        let source = ended.output.as_str().unwrap_or_default();
        match task_config(source, "the task") {
            Ok(config) => {
                let mut value = serde_json::to_value(config).unwrap_or_default();
                self.resolve_with(&mut value, &spec.vars);
                let config = serde_json::from_value(value).unwrap_or_default();
                self.launch(id, spec, &config);
            }
            Err(mistakes) => {
                let mistakes: Vec<String> = mistakes
                    .iter()
                    .map(|it| format!("{file}:{}:{}: {}", it.at.line, it.at.column, it.message))
                    .collect();
                self.leaf_never_started(id, End::new(Status::Errored, mistakes.join("; ")));
            }
        }
    }

    /// Starts the command of a task.
    pub(super) fn launch(&mut self, id: FrameId, spec: &TaskSpec, config: &TaskConfig) {
        let ports = self.ports(id, spec, config);
        if !ports.missing.is_empty() {
            let message = format!("missing inputs: {}", ports.missing.join(", "));
            self.leaf_never_started(id, End::new(Status::Errored, message));
            return;
        }
        let caches = self.caches(id, spec, config);
        let mut options: StepOptions = spec.options.clone();
        options.artifacts = spec
            .artifacts
            .iter()
            .filter_map(|rule| {
                let (name, pattern) = rule.split_once('/')?;
                let volume = ports.volumes.get(name)?.clone();
                let (pattern, label) = (text::relative(pattern)?, Some(name.to_owned()));
                Some(ArtifactRule { volume, pattern, label })
            })
            .collect();
        let captures =
            spec.assert.as_ref().is_some_and(|it| it.stdout.is_some() || it.stderr.is_some());
        let limits = spec.limits.clone().map_or_else(
            || config.limits.clone(),
            |own| Limits {
                cpu: own.cpu.or(config.limits.cpu),
                cpu_kind: own.cpu_kind.or_else(|| config.limits.cpu_kind.clone()),
                memory_bytes: own.memory_bytes.or(config.limits.memory_bytes),
            },
        );
        let launch = LaunchSpec {
            command: Command {
                path: vars::text_of(&config.path),
                args: config.args.iter().map(vars::text_of).collect(),
                dir: config.dir.as_ref().map(vars::text_of).and_then(|dir| text::relative(&dir)),
                user: config.user.as_ref().map(vars::text_of),
                nice: config.nice,
                rlimits: config.rlimits.clone(),
            },
            env: env(spec, config),
            mounts: ports.mounts,
            image: self.image(id, spec, config),
            limits,
            privileged: spec.privileged,
            stdin: None,
            capture_bytes: if captures { CAPTURE_BYTES } else { 0 },
            platform: config.platform.clone(),
        };
        let work = Work::Launch { launcher: spec.launcher.clone(), spec: launch, caches };
        let phase = Phase::Work { volumes: ports.outputs, version: None };
        self.start(id, work, options, phase);
    }

    fn ports(&mut self, id: FrameId, spec: &TaskSpec, config: &TaskConfig) -> Ports {
        let mut ports = Ports::default();
        for input in &config.inputs {
            let artifact = spec.input_mapping.get(&input.name).unwrap_or(&input.name);
            match self.job_of(id).artifacts.get(artifact).cloned() {
                Some(volume) => {
                    ports.volumes.insert(input.name.clone(), volume.clone());
                    ports.mounts.push(mount(volume, input));
                }
                None if input.optional => {}
                None => ports.missing.push(artifact.clone()),
            }
        }
        if !ports.missing.is_empty() {
            return ports;
        }
        for output in &config.outputs {
            let artifact = spec.output_mapping.get(&output.name).unwrap_or(&output.name);
            let at = path(output);
            // An output at the place of an input of its name continues that input.
            let shared = config.inputs.iter().any(|it| it.name == output.name && path(it) == at);
            let volume = match ports.volumes.get(&output.name).filter(|_| shared) {
                Some(volume) => volume.clone(),
                None => {
                    let volume = self.output_volume(id, spec, artifact);
                    ports.mounts.push(mount(volume.clone(), output));
                    volume
                }
            };
            ports.volumes.insert(output.name.clone(), volume.clone());
            ports.outputs.insert(artifact.clone(), volume);
        }
        ports
    }

    /// Copies of one task make their outputs together.
    fn output_volume(&mut self, id: FrameId, spec: &TaskSpec, artifact: &str) -> String {
        if spec.copy.is_none() {
            return self.fresh_volume(id, artifact);
        }
        let group = self.state.frames.get(&id).map(|frame| frame.group.clone()).unwrap_or_default();
        // Such a key is no name of an artifact, so no step can see it.
        let key = format!("~{group}/{artifact}");
        if let Some(volume) = self.job_of(id).artifacts.get(&key) {
            return volume.clone();
        }
        let volume = self.fresh_volume(id, artifact);
        self.job_of(id).artifacts.insert(key, volume.clone());
        volume
    }

    fn caches(&self, id: FrameId, spec: &TaskSpec, config: &TaskConfig) -> Vec<CacheMount> {
        let job = self.state.frames.get(&id).map_or(0, |frame| frame.job);
        let job = &self.program.jobs[job as usize].path;
        let task = text::slug(&spec.task);
        config
            .caches
            .iter()
            .map(|cache| {
                let scope = match cache.scope {
                    Scope::Task => format!("task/{job}/{task}"),
                    Scope::Job => format!("job/{job}"),
                    Scope::Pipeline => "pipeline".to_owned(),
                };
                let key = format!("{scope}/{}", cache.path);
                // Copies run at the same time; each has a cache of its own.
                let key = match spec.copy {
                    Some((no, _)) if cache.scope == Scope::Task => format!("{key}#{no}"),
                    _ => key,
                };
                let volume = format!("cache/{}", text::unique_slug(&key.replace('/', ".")));
                CacheMount { volume, key, path: cache.path.clone() }
            })
            .collect()
    }

    /// The step's image wins over the configuration's.
    fn image(&mut self, id: FrameId, spec: &TaskSpec, config: &TaskConfig) -> Option<Image> {
        let mut image = spec.image.clone().or_else(|| config.image.clone())?;
        if let Some(artifact) = image.source.get("artifact").and_then(Value::as_str) {
            let volume = self.job_of(id).artifacts.get(artifact).cloned();
            image.source = serde_json::json!({ "artifact": artifact, "volume": volume });
        }
        Some(image)
    }
}

fn env(spec: &TaskSpec, config: &TaskConfig) -> BTreeMap<String, String> {
    let both = config.env.iter().chain(&spec.env);
    let mut env: BTreeMap<String, String> =
        both.map(|(name, value)| (name.clone(), vars::text_of(value))).collect();
    if let Some((no, count)) = spec.copy {
        env.insert("CI_TASK_INDEX".to_owned(), no.to_string());
        env.insert("CI_TASK_COUNT".to_owned(), count.to_string());
    }
    env
}

fn path(port: &Port) -> &str {
    port.path.as_deref().unwrap_or(&port.name)
}

fn mount(volume: String, port: &Port) -> Mount {
    Mount { volume, path: path(port).to_owned(), read_only: false }
}
