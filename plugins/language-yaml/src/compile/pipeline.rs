//! The whole document.

use std::cell::RefCell;

use wit_envelope::language::{CompileRequest, Compiled, JobSummary};

use super::{Compiler, Source, job, poll, resource, write};
use crate::fields::{Fields, Reading};
use crate::program::Program;

/// Reads the document.
pub(super) fn pipeline(
    reading: &Reading,
    root: &Source,
    request: &CompileRequest,
) -> Option<Compiled> {
    let fields = Fields::open(reading, root, "the pipeline")?;
    let mut compiler = Compiler {
        reading,
        nodes: Vec::new(),
        resources: Vec::new(),
        jobs: Vec::new(),
        kinds: resource::plugins(&request.resources),
        overflowed: false,
    };
    if let Some(list) = fields.get("resource_types") {
        compiler.resource_types(&list);
    }
    if let Some(list) = fields.get("resources") {
        compiler.resources(&list);
    }
    if let Some(list) = fields.need("jobs") {
        compiler.jobs(&list);
    }
    let jobs_max = fields.number("max_in_flight", 1);
    let execution = compiler.execution(&fields, "the pipeline");
    // For people, in other views.
    fields.informative(&["groups", "display"]);
    fields.unsupported(&["var_sources", "notifications"]);
    // A place for anchors: `x-…` keys and what Concourse users call theirs are not read.
    fields.finish_with_extensions();

    compiler.check_order();
    let polls = poll::polls(&compiler);
    let summaries = compiler.summaries();
    let Compiler { nodes, resources, jobs, .. } = compiler;
    let used = reading.names.used.borrow();
    let program = Program {
        jobs: jobs.into_iter().map(job::Known::into_job).collect(),
        nodes,
        resources: resources.into_iter().map(|known| known.resource).collect(),
        jobs_max,
        execution,
        vars: reading
            .names
            .vars
            .iter()
            .filter(|(name, _)| used.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    };
    Some(Compiled {
        program: write(&program),
        jobs: summaries,
        polls,
        open_vars: RefCell::borrow(&reading.names.open).iter().cloned().collect(),
    })
}

impl Compiler<'_> {
    /// Reads `assert` of a pipeline or job, of which only the order can be asserted.
    pub(super) fn execution(&self, fields: &Fields<'_>, what: &str) -> Option<Vec<String>> {
        let node = fields.get("assert")?;
        let assert = Fields::open(self.reading, &node, format!("`assert` of {what}"))?;
        let names = assert.has("execution").then(|| assert.texts("execution"));
        assert.finish();
        Some(names?.into_iter().map(|(name, _)| name).collect())
    }

    fn summaries(&self) -> Vec<JobSummary> {
        let name = |no: &u32| self.jobs.get(*no as usize).map(|job| job.job.name.clone());
        self.jobs
            .iter()
            .map(|known| JobSummary {
                name: known.job.name.clone(),
                needs: known.job.needs.iter().filter_map(name).collect(),
            })
            .collect()
    }
}
