//! Matrices: a step once for each combination of values.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::job::Place;
use super::step::Name;
use super::{Compiler, Source};
use crate::document::{Data, Entry, Node};
use crate::fields::{Fields, from_json};
use crate::program::{Group, Kind, NodeId};
use crate::{text, vars};

/// A variable of a matrix.
struct Axis {
    var: String,
    values: Vec<Value>,
    /// None: all at a time.
    limit: Option<u32>,
}

impl Compiler<'_> {
    /// Reads `across` and the step for each combination. `steps` is the node of the step.
    pub(super) fn across(
        &mut self,
        list: &Source,
        fields: &Fields<'_>,
        name: &Name,
        place: &mut Place,
    ) -> Option<NodeId> {
        let fail_fast = fields.flag("fail_fast");
        let what = fields.label("across");
        let mut axes = Vec::new();
        for node in self.reading.list(list, &what)? {
            axes.push(self.axis(&node, &what)?);
        }
        if axes.is_empty() {
            let message = format!("{what} is empty, expected a var or more");
            self.reading.remarks.error(list.at, "empty", message);
            return None;
        }
        self.axes(&axes, &fields.node, &BTreeMap::new(), fail_fast, name, place)
    }

    fn axis(&self, node: &Source, what: &str) -> Option<Axis> {
        let fields = Fields::open(self.reading, node, format!("each item of {what}"))?;
        let var = fields.text_needed("var");
        let values = fields.need("values").and_then(|node| {
            let items = self.reading.list(&node, &fields.label("values"))?;
            if items.is_empty() {
                let message = format!("{} is empty", fields.label("values"));
                self.reading.remarks.error(node.at, "empty", message);
            }
            items
                .iter()
                .map(|item| self.reading.fixed(item).map(|item| self.reading.value(&item)))
                .collect()
        });
        let limit = match fields.get("max_in_flight") {
            Some(node) if node.data == Data::Text("all".to_owned()) => None,
            _ => Some(fields.number("max_in_flight", 1).unwrap_or(1)),
        };
        fields.finish();
        Some(Axis { var: var?, values: values?, limit })
    }

    /// Makes the group of the first axis, and in it the rest for each value.
    fn axes(
        &mut self,
        axes: &[Axis],
        step: &Source,
        chosen: &BTreeMap<String, Value>,
        fail_fast: bool,
        name: &Name,
        place: &mut Place,
    ) -> Option<NodeId> {
        let (axis, rest) = axes.split_first()?;
        let before = place.clone();
        let mut steps = Vec::new();
        for (i, value) in axis.values.iter().enumerate() {
            if self.overflowed {
                return None;
            }
            let mut chosen = chosen.clone();
            chosen.insert(axis.var.clone(), value.clone());
            let label = vars::text_of(value);
            let inner_name = Name {
                segment: format!("{}-{}", i + 1, text::slug(&label)),
                shown: format!("{}-{label}", name.shown),
            };
            let mut inner = before.clone();
            inner.path_bytes += inner_name.segment.len() + 1;
            steps.extend(if rest.is_empty() {
                self.step_inside(&substitute(step, &chosen), &inner_name, &mut inner)
            } else {
                self.axes(rest, step, &chosen, fail_fast, &inner_name, &mut inner)
            });
            place.join(inner);
        }
        let kind = Kind::Parallel { open: Group::Across, steps, limit: axis.limit, fail_fast };
        Some(self.add(&name.segment, &name.shown, kind, step.at))
    }
}

/// Puts the chosen values in place, everywhere in the step; `across` itself and hooks stay outside.
fn substitute(step: &Source, chosen: &BTreeMap<String, Value>) -> Source {
    let Data::Map(entries) = &step.data else { return step.clone() };
    let inside = entries
        .iter()
        .filter(|entry| !super::step::AROUND.contains(&entry.key.as_str()))
        .map(|entry| Entry { value: put(&entry.value, chosen), ..entry.clone() })
        .collect();
    Rc::new(Node::new(step.at, Data::Map(inside)))
}

fn put(node: &Source, chosen: &BTreeMap<String, Value>) -> Source {
    let data = match &node.data {
        Data::Text(text) => match vars::matrix(text, chosen) {
            Some(value) => return from_json(&value, node.at),
            None => return node.clone(),
        },
        Data::List(items) => Data::List(items.iter().map(|item| put(item, chosen)).collect()),
        Data::Map(entries) => Data::Map(
            entries
                .iter()
                .map(|entry| Entry { value: put(&entry.value, chosen), ..entry.clone() })
                .collect(),
        ),
        Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) => return node.clone(),
    };
    Rc::new(Node::new(node.at, data))
}
