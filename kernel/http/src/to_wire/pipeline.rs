//! Pipelines.

use kernel_ports::pipeline::{Pipeline, PipelineVersion};
use kernel_wire::pipeline as wire;
use wit_envelope::language::Compiled;

use super::time;

pub(crate) fn pipeline(pipeline: &Pipeline) -> wire::Pipeline {
    wire::Pipeline {
        id: pipeline.id.to_string(),
        name: pipeline.name.to_string(),
        version: pipeline.version,
        paused: pipeline.paused,
        created_at: time(pipeline.created_at),
        updated_at: time(pipeline.updated_at),
    }
}

/// Converts a version; its source only if it is wanted.
pub(crate) fn pipeline_version(
    name: &str,
    version: &PipelineVersion,
    with_source: bool,
) -> wire::PipelineVersion {
    let compiled: Compiled = serde_json::from_str(&version.compiled).unwrap_or_default();
    wire::PipelineVersion {
        pipeline: name.to_owned(),
        version: version.version,
        language: version.language.to_string(),
        compiled_by: version.compiled_by.to_string(),
        file_name: version.file_name.to_string(),
        source: with_source.then(|| version.source.to_string()),
        vars: serde_json::from_str(&version.vars).unwrap_or_default(),
        jobs: compiled
            .jobs
            .into_iter()
            .map(|job| wire::Job { name: job.name, needs: job.needs })
            .collect(),
        polls: compiled
            .polls
            .into_iter()
            .map(|poll| wire::Poll {
                name: poll.name,
                every_ms: poll.every_ms,
                jobs: poll.jobs,
                every_version: poll.every_version,
            })
            .collect(),
        open_vars: compiled.open_vars,
        created_at: time(version.created_at),
    }
}
