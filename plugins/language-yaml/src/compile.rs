//! A source and its meaning.

mod across;
mod job;
mod pipeline;
mod plan;
mod poll;
mod resource;
mod step;
mod task;
mod task_config;

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::value::RawValue;
use wit_envelope::language::{CompileRequest, Compiled};

use crate::diagnostic::{Diagnostic, Pos};
use crate::document::{self, Node};
use crate::fields::Reading;
use crate::program::{Kind, NodeId, PlanNode, Program};
use crate::vars::Names;
use crate::{template, text};

pub(crate) use task_config::task_config;

/// How many nodes a plan may have, with matrices and copies multiplied out.
const NODES_MAX: usize = 10_000;

/// The outcome of a compilation. `plan` is absent when a diagnostic is an error.
#[derive(Debug)]
pub struct Compilation {
    pub plan: Option<Compiled>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a source.
#[must_use]
pub fn compile(request: &CompileRequest) -> Compilation {
    let names = Names { vars: request.vars.clone(), ..Names::default() };
    let reading = Reading { names, ..Reading::default() };
    let plan = read(request, &reading);
    let plan = plan.filter(|_| !reading.remarks.has_errors());
    Compilation { plan, diagnostics: reading.remarks.into_sorted() }
}

fn read(request: &CompileRequest, reading: &Reading) -> Option<Compiled> {
    let rendered;
    // Some editors mark UTF-8 files with an invisible character that is no part of the text.
    let mut source = request.source.trim_start_matches('\u{feff}');
    if template::is_asked_for(source) {
        match template::render(source) {
            Ok(text) => rendered = text,
            Err(err) => {
                let at = Pos { line: err.line, column: err.column };
                reading.remarks.error(at, "template", err.message);
                return None;
            }
        }
        source = &rendered;
    }
    let root = document::parse(source, &reading.remarks)?;
    pipeline::pipeline(reading, &root, request)
}

/// What is being made, and what is known about it.
pub(crate) struct Compiler<'r> {
    reading: &'r Reading,
    nodes: Vec<PlanNode<Box<RawValue>>>,
    resources: Vec<resource::Known>,
    jobs: Vec<job::Known>,
    /// The resource types that are there.
    kinds: Vec<resource::KnownKind>,
    /// Whether the limit on nodes was told of.
    overflowed: bool,
}

impl Compiler<'_> {
    /// Adds a node to the plan.
    fn add(&mut self, segment: &str, name: &str, kind: Kind<Box<RawValue>>, at: Pos) -> NodeId {
        if self.nodes.len() >= NODES_MAX {
            if !self.overflowed {
                self.overflowed = true;
                let message = format!("the plan has more than {NODES_MAX} steps by here");
                let hint = "make the matrix smaller, or split the pipeline";
                self.reading.remarks.error_hint(at, "too-large", message, hint);
            }
            return 0;
        }
        self.nodes.push(PlanNode { segment: segment.to_owned(), name: name.to_owned(), kind });
        u32::try_from(self.nodes.len() - 1).unwrap_or_default()
    }

    /// Says that a name was given twice.
    fn unique(&self, seen: &mut BTreeSet<String>, name: &str, at: Pos, what: &str) {
        if !seen.insert(text::slug(name)) {
            let message = format!("there is already a {what} {name:?}");
            self.reading.remarks.error_hint(at, "duplicate-name", message, "give it another name");
        }
    }

    /// Checks the name of an artifact, which becomes part of a volume's name.
    fn artifact_name(&self, name: &str, at: Pos) -> bool {
        let ok = text::is_artifact_name(name);
        if !ok && !name.contains("((") {
            let message = format!("{name:?} cannot be the name of an artifact");
            let hint = "use letters, digits, `_`, `-` and `.`, at most 100";
            self.reading.remarks.error_hint(at, "bad-name", message, hint);
        }
        ok
    }
}

/// Writes details that are read when their turn comes.
fn raw<T: serde::Serialize>(value: &T) -> Box<RawValue> {
    // Maps of these types have text keys, so writing them cannot fail.
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Writes a program for `drive`.
fn write(program: &Program<Box<RawValue>>) -> String {
    serde_json::to_string(program).unwrap_or_default()
}

/// Returns the number of an index in a list whose length was checked.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A node of the source.
type Source = Rc<Node>;
