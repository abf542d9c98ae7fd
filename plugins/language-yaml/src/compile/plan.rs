//! Lists of steps, and steps that hold others.

use super::job::Place;
use super::{Compiler, Source};
use crate::document::Data;
use crate::fields::Fields;
use crate::program::{Group, Kind, NodeId};

impl Compiler<'_> {
    /// Reads a list of steps, one after the other.
    pub(super) fn plan(&mut self, node: &Source, what: &str, place: &mut Place) -> Vec<NodeId> {
        let nodes = self.reading.list(node, what).unwrap_or_default();
        if nodes.is_empty() && matches!(node.data, Data::List(_)) {
            let message = format!("{what} is empty, expected a step or more");
            self.reading.remarks.error(node.at, "empty", message);
        }
        nodes.iter().enumerate().filter_map(|(i, node)| self.step(node, i + 1, place)).collect()
    }

    /// Reads a step or a list of steps. A `do` without anything else is its list.
    pub(super) fn steps_or_step(
        &mut self,
        node: &Source,
        what: &str,
        place: &mut Place,
    ) -> Vec<NodeId> {
        let inner = match &node.data {
            Data::Map(entries) if entries.len() == 1 && entries[0].key == "do" => {
                entries[0].value.clone()
            }
            _ => node.clone(),
        };
        match &inner.data {
            Data::List(_) => self.plan(&inner, what, place),
            _ => self.step(&inner, 1, place).into_iter().collect(),
        }
    }

    /// Reads the steps of `in_parallel`: a list, or a map with limits.
    pub(super) fn in_parallel(
        &mut self,
        node: &Source,
        what: &str,
        place: &mut Place,
    ) -> Kind<Box<serde_json::value::RawValue>> {
        let (list, limit, fail_fast) = if matches!(node.data, Data::Map(_)) {
            let fields = Fields::open(self.reading, node, what);
            let list = fields.as_ref().and_then(|fields| fields.need("steps"));
            let limit = fields.as_ref().and_then(|fields| fields.number("limit", 1));
            let fail_fast = fields.as_ref().is_some_and(|fields| fields.flag("fail_fast"));
            if let Some(fields) = fields {
                fields.finish();
            }
            (list, limit, fail_fast)
        } else {
            (Some(node.clone()), None, false)
        };
        // Siblings run at the same time, so they do not see what the others make.
        let before = place.clone();
        let nodes = list.as_ref().and_then(|list| self.reading.list(list, what));
        let nodes = nodes.unwrap_or_default();
        if nodes.is_empty() && list.is_some_and(|list| matches!(list.data, Data::List(_))) {
            let message = format!("{what} is empty, expected a step or more");
            self.reading.remarks.error(node.at, "empty", message);
        }
        let mut steps = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let mut inner = before.clone();
            steps.extend(self.step(node, i + 1, &mut inner));
            place.join(inner);
        }
        Kind::Parallel { open: Group::InParallel, steps, limit, fail_fast }
    }
}
