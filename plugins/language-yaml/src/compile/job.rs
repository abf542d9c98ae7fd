//! Jobs and the order among them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compiler, Source, index};
use crate::diagnostic::Pos;
use crate::fields::Fields;
use crate::program::{Group, Job, Kind, NodeId};
use crate::text;

/// A job of the pipeline.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) job: Job,
    at: Pos,
    /// Resources that it gets or puts.
    pub(super) handled: BTreeSet<u32>,
    /// Which jobs a resource must have passed, and where that is written.
    passed: Vec<(u32, Vec<(u32, Pos)>)>,
    /// Resources whose new versions start it, and whether each version does.
    pub(super) triggers: Vec<(u32, bool)>,
    depends: Vec<(u32, Pos)>,
}

/// What is known at a step.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) job: usize,
    /// Artifacts that earlier steps provide.
    pub(super) artifacts: BTreeSet<String>,
    /// Whether an earlier task's outputs stand in a file that is read later.
    pub(super) unknown_outputs: bool,
    /// How long the paths are here.
    pub(super) path_bytes: usize,
    /// How deep steps are nested here.
    pub(super) depth: usize,
}

impl Known {
    pub(super) fn into_job(self) -> Job {
        self.job
    }
}

impl Place {
    /// Takes over what a step that has run inside provides.
    pub(super) fn join(&mut self, inner: Self) {
        self.artifacts.extend(inner.artifacts);
        self.unknown_outputs |= inner.unknown_outputs;
    }
}

impl Compiler<'_> {
    pub(super) fn jobs(&mut self, list: &Source) {
        let nodes = self.reading.list(list, "`jobs`").unwrap_or_default();
        if nodes.is_empty() {
            self.reading.remarks.error(list.at, "empty", "`jobs` is empty, expected a job or more");
        }
        let mut seen = BTreeSet::new();
        let mut open = Vec::new();
        // Names first: a job may name one that stands below it.
        for node in &nodes {
            let Some(mut fields) = Fields::open(self.reading, node, "a job") else { continue };
            let Some(name) = fields.text_needed("name") else { continue };
            let at = fields.at("name");
            self.unique(&mut seen, &name, at, "job");
            if name.starts_with("check.") {
                let message = format!("a job cannot be called {name:?}, `check.` is taken");
                self.reading.remarks.error(at, "bad-name", message);
            }
            fields.what = format!("job {name:?}");
            let job = Job { path: text::slug(&name), name, ..Job::default() };
            self.jobs.push(Known { job, at, ..Known::default() });
            open.push(fields);
        }
        for (no, fields) in open.into_iter().enumerate() {
            self.job(no, fields);
        }
    }

    fn job(&mut self, no: usize, fields: Fields<'_>) {
        let (name, path) = {
            let job = &self.jobs[no].job;
            (job.name.clone(), job.path.clone())
        };
        let at = fields.node.at;
        let mut place = Place {
            job: no,
            artifacts: BTreeSet::new(),
            unknown_outputs: false,
            path_bytes: path.len(),
            depth: 0,
        };
        let depends = fields.texts("depends_on");
        let plan = fields.need("plan");
        let steps = plan.map(|plan| self.plan(&plan, &fields.label("plan"), &mut place));
        let kind = Kind::Sequence { steps: steps.unwrap_or_default(), open: None };
        let mut root = self.add(&path, &name, kind, at);
        if let Some(ms) = fields.duration("timeout") {
            root = self.add(&path, &name, Kind::Timeout { step: root, ms }, at);
        }
        root = self.hooks(&fields, root, (&path, &name), &place);
        if let Some(execution) = self.execution(&fields, &fields.what) {
            self.jobs[no].job.recorded = true;
            root = self.add(&path, &name, Kind::Assert { step: root, execution }, at);
        }
        let steps_max = fields.number("max_in_flight", 1);
        fields.informative(&["name", "public", "icon", "display"]);
        fields.without_effect(&[
            "build_log_retention",
            "build_logs_to_retain",
            "disable_manual_trigger",
            "interruptible",
            "old_name",
        ]);
        fields.unsupported(&["serial", "serial_groups", "triggers", "webhook_trigger", "gate"]);
        fields.finish();
        let depends = depends.into_iter().filter_map(|(job, at)| {
            Some((self.job_named(&job, at, &format!("`depends_on` of job {name:?}"))?, at))
        });
        let depends = depends.collect();
        let known = &mut self.jobs[no];
        known.job.root = root;
        known.job.steps_max = steps_max;
        known.depends = depends;
    }

    /// Finds a job by its name.
    fn job_named(&self, name: &str, at: Pos, what: &str) -> Option<u32> {
        let found = self.jobs.iter().position(|known| known.job.name == name);
        if found.is_none() {
            let message = format!("{what} names the unknown job {name:?}");
            let known = self.jobs.iter().map(|known| known.job.name.as_str());
            self.reading.remarks.unknown(at, "unknown-job", message, name, known);
        }
        found.map(index)
    }

    /// Notes that a job wants a resource only as it has passed others.
    pub(super) fn passed(
        &mut self,
        job: usize,
        resource: u32,
        names: &[(String, Pos)],
    ) -> Vec<u32> {
        let what = format!("`passed` in job {:?}", self.jobs[job].job.name);
        let found: Vec<(u32, Pos)> = names
            .iter()
            .filter_map(|(name, at)| Some((self.job_named(name, *at, &what)?, *at)))
            .collect();
        let numbers: Vec<u32> = found.iter().map(|(no, _)| *no).collect();
        if !found.is_empty() {
            self.jobs[job].passed.push((resource, found));
        }
        numbers
    }

    /// Checks what jobs say about each other, and settles which need which.
    pub(super) fn check_order(&mut self) {
        for no in 0..self.jobs.len() {
            let mut needs = BTreeMap::new();
            let known = &self.jobs[no];
            for (resource, passed) in &known.passed {
                let resource_name = &self.resources[*resource as usize].resource.name;
                for (upstream, at) in passed {
                    needs.entry(*upstream).or_insert(*at);
                    let upstream = &self.jobs[*upstream as usize];
                    if !upstream.handled.contains(resource) {
                        let message = format!(
                            "{resource_name:?} never passes job {:?}, which neither gets nor puts it",
                            upstream.job.name
                        );
                        self.reading.remarks.error(*at, "never-passed", message);
                    }
                }
            }
            for (upstream, at) in &known.depends {
                needs.entry(*upstream).or_insert(*at);
            }
            let passed = known
                .passed
                .iter()
                .map(|(resource, jobs)| (*resource, jobs.iter().map(|(no, _)| *no).collect()))
                .collect();
            let job = &mut self.jobs[no].job;
            job.needs = needs.into_keys().collect();
            job.passed = passed;
        }
        self.check_cycles();
        self.check_unused();
    }

    /// Takes away jobs that nothing holds up until only cycles are left.
    fn check_cycles(&self) {
        let mut left: BTreeSet<u32> = (0..index(self.jobs.len())).collect();
        loop {
            let free: Vec<u32> = left
                .iter()
                .copied()
                .filter(|no| {
                    !self.jobs[*no as usize].job.needs.iter().any(|need| left.contains(need))
                })
                .collect();
            if free.is_empty() {
                break;
            }
            left.retain(|no| !free.contains(no));
        }
        // What only depends on a cycle is not part of it: walk up until a job comes again.
        let Some(mut no) = left.first().copied() else { return };
        let mut walk = Vec::new();
        while !walk.contains(&no) {
            walk.push(no);
            let needs = &self.jobs[no as usize].job.needs;
            let Some(next) = needs.iter().find(|need| left.contains(need)) else { return };
            no = *next;
        }
        let start = walk.iter().position(|it| *it == no).unwrap_or_default();
        let mut cycle: Vec<&str> =
            walk[start..].iter().map(|no| self.jobs[*no as usize].job.name.as_str()).collect();
        cycle.push(cycle[0]);
        let message = format!("these jobs wait for each other: {}", cycle.join(" → "));
        self.reading.remarks.error(self.jobs[no as usize].at, "cycle", message);
    }

    /// Reads the hooks of a step or job and puts them around it.
    pub(super) fn hooks(
        &mut self,
        fields: &Fields<'_>,
        step: NodeId,
        (segment, name): (&str, &str),
        place: &Place,
    ) -> NodeId {
        let hooks = crate::program::Hooks {
            success: self.hook(fields, "on_success", place),
            failure: self.hook(fields, "on_failure", place),
            abort: self.hook(fields, "on_abort", place),
            error: self.hook(fields, "on_error", place),
            ensure: self.hook(fields, "ensure", place),
        };
        if hooks == crate::program::Hooks::default() {
            return step;
        }
        self.add(segment, name, Kind::Hooks { step, hooks }, fields.node.at)
    }

    fn hook(&mut self, fields: &Fields<'_>, key: &'static str, place: &Place) -> Option<NodeId> {
        let node = fields.get(key)?;
        let mut place = place.clone();
        place.path_bytes += key.len() + 1;
        let what = fields.label(key);
        let steps = self.steps_or_step(&node, &what, &mut place);
        let kind = Kind::Sequence { steps, open: Some(Group::Hook) };
        Some(self.add(key, key, kind, node.at))
    }
}
