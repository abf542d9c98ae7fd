//! Setting pipelines.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel_model::id::PipelineId;
use kernel_model::name::Name;
use kernel_ports::pipeline::{Pipeline, PipelineDraft};
use kernel_ports::plugin::{CompiledSource, Diagnostic};
use kernel_ports::store::StoreError;
use serde_json::Value;
use wit_envelope::language::CompileRequest;

use crate::run::json;
use crate::{Scheduler, SchedulerError, near};

/// Names among which a near one is looked for.
const NAMES_MAX: u32 = 1_000;

/// A source to be compiled.
#[derive(Debug, Clone)]
pub struct PipelineSource {
    /// For messages, and for the choice of the language.
    pub file_name: String,
    /// Wins over the file name.
    pub language: Option<String>,
    pub source: String,
    /// Values that are fixed from now on.
    pub vars: BTreeMap<String, Value>,
}

/// A pipeline that was set.
#[derive(Debug, Clone)]
pub struct PipelineAccepted {
    pub pipeline: Pipeline,
    /// False if nothing had changed.
    pub is_new_version: bool,
    pub warnings: Vec<Diagnostic>,
}

impl Scheduler {
    /// Compiles a source and stores it as the newest version. `seen`: only if that is still the
    /// newest; 0: only if there is no pipeline of that name.
    pub async fn pipeline_set(
        &self,
        name: &Name,
        source: PipelineSource,
        seen: Option<u32>,
    ) -> Result<PipelineAccepted, SchedulerError> {
        let (language, compiled) = self.compile(&source).await?;
        let CompiledSource { compiled, diagnostics, digest } = compiled;
        let Some(compiled) = compiled else {
            return Err(SchedulerError::SourceInvalid { diagnostics });
        };
        let store = &self.parts().store;
        let before = store.pipeline_get(name).await.map_err(SchedulerError::Store)?;
        let draft = PipelineDraft {
            id: PipelineId(self.parts().entropy.id()),
            name: name.clone(),
            language,
            file_name: source.file_name.into(),
            source: source.source.into(),
            vars: json(&source.vars)?,
            compiled: json(&compiled)?,
            compiled_by: digest.into(),
            at: self.parts().clock.now(),
            seen,
        };
        let pipeline = store.pipeline_put(draft).await.map_err(|err| match err {
            StoreError::Conflict { seen, found, .. } => SchedulerError::PipelineChanged {
                seen: u32::try_from(seen).unwrap_or(u32::MAX),
                found: u32::try_from(found).unwrap_or(u32::MAX),
            },
            err => SchedulerError::Store(err),
        })?;
        self.inner.polls_set(&pipeline, compiled.polls);
        let is_new_version = before.is_none_or(|before| before.version != pipeline.version);
        Ok(PipelineAccepted { pipeline, is_new_version, warnings: diagnostics })
    }

    /// Compiles a source and stores nothing. Errors and warnings come back as diagnostics.
    pub async fn pipeline_validate(
        &self,
        source: PipelineSource,
    ) -> Result<Vec<Diagnostic>, SchedulerError> {
        Ok(self.compile(&source).await?.1.diagnostics)
    }

    /// Returns a pipeline, or an error with a near name.
    pub async fn pipeline_get(&self, name: &Name) -> Result<Pipeline, SchedulerError> {
        let store = &self.parts().store;
        if let Some(pipeline) = store.pipeline_get(name).await.map_err(SchedulerError::Store)? {
            return Ok(pipeline);
        }
        let known = store.pipeline_list(None, NAMES_MAX).await.map_err(SchedulerError::Store)?;
        let names = known.iter().map(|pipeline| pipeline.name.as_str());
        let near = near::nearest(name.as_str(), names);
        Err(SchedulerError::PipelineUnknown { name: name.to_string(), near })
    }

    /// Pauses or unpauses a pipeline: paused ones start no runs; running ones go on.
    pub async fn pipeline_pause(
        &self,
        name: &Name,
        paused: bool,
    ) -> Result<Pipeline, SchedulerError> {
        self.pipeline_get(name).await?;
        let at = self.parts().clock.now();
        let pipeline = self.parts().store.pipeline_pause(name, paused, at).await;
        let pipeline = pipeline.map_err(SchedulerError::Store)?;
        self.inner.polls_pause(pipeline.id, paused);
        Ok(pipeline)
    }

    /// Removes a pipeline. Its runs stay.
    pub async fn pipeline_remove(&self, name: &Name) -> Result<(), SchedulerError> {
        let pipeline = self.pipeline_get(name).await?;
        self.inner.polls_remove(pipeline.id);
        self.parts().store.pipeline_remove(name).await.map_err(SchedulerError::Store)
    }

    async fn compile(
        &self,
        source: &PipelineSource,
    ) -> Result<(Arc<str>, CompiledSource), SchedulerError> {
        let plugins = &self.parts().plugins;
        let language = plugins
            .language_find(source.language.as_deref(), &source.file_name)
            .map_err(SchedulerError::Plugin)?;
        let request = CompileRequest {
            source: source.source.clone(),
            file_name: source.file_name.clone(),
            vars: source.vars.clone(),
            resources: plugins.resource_list(),
        };
        let compiled = plugins.compile(&language, &request).await;
        Ok((language, compiled.map_err(SchedulerError::Plugin)?))
    }
}
