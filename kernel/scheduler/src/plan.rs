//! Compiled pipelines in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use kernel_model::id::PipelineId;
use kernel_ports::secret::reference;
use kernel_ports::store::{Store, StoreError};
use wit_envelope::language::Compiled;

/// How many plans are kept. The rest is read again.
const PLANS_MAX: usize = 256;

/// What running a pipeline version takes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) language: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) program: Arc<str>,
    /// Names of jobs, in order.
    pub(crate) jobs: Vec<String>,
    /// The secrets that the pipeline mentions.
    pub(crate) secrets: Arc<BTreeSet<String>>,
}

/// Plans by pipeline version. A version never changes, so an entry never gets stale.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<HashMap<(PipelineId, u32), Arc<Plan>>>);

impl Plans {
    /// Returns the plan of a version.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        pipeline: PipelineId,
        version: u32,
    ) -> Result<Arc<Plan>, StoreError> {
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(pipeline, version))
            .cloned();
        if let Some(plan) = known {
            return Ok(plan);
        }
        let what = || format!("version {version} of {pipeline}");
        let stored = store.pipeline_version_get(pipeline, version).await?;
        let stored = stored.ok_or_else(|| StoreError::NotFound { what: what() })?;
        let compiled: Compiled = serde_json::from_str(&stored.compiled)
            .map_err(|err| StoreError::Corrupt { what: what(), reason: err.to_string() })?;
        let texts = [&*stored.source, &*stored.vars, &compiled.program];
        let mentioned = texts.into_iter().flat_map(reference::mentioned).map(str::to_owned);
        let secrets = Arc::new(mentioned.chain(compiled.open_vars).collect());
        let plan = Arc::new(Plan {
            secrets,
            language: stored.language,
            digest: stored.compiled_by,
            program: compiled.program.into(),
            jobs: compiled.jobs.into_iter().map(|job| job.name).collect(),
        });
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= PLANS_MAX {
            plans.clear();
        }
        plans.insert((pipeline, version), Arc::clone(&plan));
        Ok(plan)
    }
}
