//! Typed reading of maps: each reader function is a table of its keys.
//!
//! A reader asks for the keys it knows; what nobody asked for is unknown, and the names that were
//! asked for are what a misspelt key is compared with.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::diagnostic::{Pos, Remarks};
use crate::document::{Data, Node};
use crate::quantity;
use crate::vars::Names;

/// What all readers share.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) remarks: Remarks,
    pub(crate) names: Names,
}

/// A map that is being read.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) reading: &'n Reading,
    pub(crate) node: Rc<Node>,
    /// What the map is, for messages, such as `task "unit"`.
    pub(crate) what: String,
    asked: RefCell<Vec<&'static str>>,
}

impl Reading {
    /// Returns the value with what is known already put in for `((name))`; a text that still has
    /// such a reference is an error, because this place shapes the plan.
    pub(crate) fn fixed(&self, node: &Rc<Node>) -> Option<Rc<Node>> {
        let Data::Text(text) = &node.data else { return Some(node.clone()) };
        match self.names.fixed(text) {
            Ok(None) => Some(node.clone()),
            Ok(Some(value)) => Some(from_json(&value, node.at)),
            Err(problem) => {
                self.remarks.error_hint(node.at, problem.code, problem.message, problem.hint);
                None
            }
        }
    }

    /// Returns the value as JSON; its references are kept for the run, and noted.
    pub(crate) fn value(&self, node: &Node) -> Value {
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(it) => Value::Bool(*it),
            Data::Int(it) => Value::from(*it),
            Data::Float(it) => Value::from(*it),
            Data::Text(text) => {
                if let Err(problem) = self.names.note(text) {
                    self.remarks.error_hint(node.at, problem.code, problem.message, problem.hint);
                }
                Value::String(text.clone())
            }
            Data::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Data::Map(entries) => {
                entries.iter().map(|e| (e.key.clone(), self.value(&e.value))).collect()
            }
        }
    }

    /// Says that a value has the wrong type.
    pub(crate) fn wrong(&self, node: &Node, what: &str, expected: &str) {
        let message = format!("{what} must be {expected}, found {}", node.kind());
        self.remarks.error(node.at, "wrong-type", message);
    }

    /// Returns a text that shapes the plan.
    pub(crate) fn text(&self, node: &Rc<Node>, what: &str) -> Option<String> {
        let node = self.fixed(node)?;
        match &node.data {
            Data::Text(text) if text.is_empty() => {
                self.remarks.error(node.at, "empty", format!("{what} must not be empty"));
                None
            }
            Data::Text(text) => Some(text.clone()),
            Data::Int(number) => Some(number.to_string()),
            Data::Float(number) => Some(number.to_string()),
            _ => {
                self.wrong(&node, what, "a text");
                None
            }
        }
    }

    /// Returns the items of a list.
    pub(crate) fn list(&self, node: &Rc<Node>, what: &str) -> Option<Vec<Rc<Node>>> {
        let node = self.fixed(node)?;
        if let Data::List(items) = &node.data {
            return Some(items.clone());
        }
        self.wrong(&node, what, "a list");
        None
    }
}

impl<'n> Fields<'n> {
    /// Starts to read a map; anything else is an error.
    pub(crate) fn open(
        reading: &'n Reading,
        node: &Rc<Node>,
        what: impl Into<String>,
    ) -> Option<Self> {
        let what = what.into();
        let node = reading.fixed(node)?;
        if !matches!(node.data, Data::Map(_)) {
            reading.wrong(&node, &what, "a map");
            return None;
        }
        Some(Self { reading, node, what, asked: RefCell::default() })
    }

    /// Returns the value of a key that is there and not null.
    pub(crate) fn get(&self, key: &'static str) -> Option<Rc<Node>> {
        self.asked.borrow_mut().push(key);
        let node = self.node.get(key)?;
        (node.data != Data::Null).then(|| node.clone())
    }

    /// Returns whether the key is there, even as null.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.asked.borrow_mut().push(key);
        self.node.get(key).is_some()
    }

    /// Returns the value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str) -> Option<Rc<Node>> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("{} needs the key `{key}`", self.what);
            self.reading.remarks.error(self.node.at, "missing-key", message);
        }
        found
    }

    /// Returns the place of a key, or of the map.
    pub(crate) fn at(&self, key: &str) -> Pos {
        match &self.node.data {
            Data::Map(entries) => {
                entries.iter().find(|e| e.key == key).map_or(self.node.at, |e| e.key_at)
            }
            _ => self.node.at,
        }
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        self.reading.text(&self.get(key)?, &self.label(key))
    }

    pub(crate) fn text_needed(&self, key: &'static str) -> Option<String> {
        self.reading.text(&self.need(key)?, &self.label(key))
    }

    /// Returns a boolean, false if it is absent.
    pub(crate) fn flag(&self, key: &'static str) -> bool {
        let Some(node) = self.get(key).and_then(|node| self.reading.fixed(&node)) else {
            return false;
        };
        match &node.data {
            Data::Bool(it) => *it,
            _ => {
                self.reading.wrong(&node, &self.label(key), "true or false");
                false
            }
        }
    }

    /// Returns a whole number of at least `least`.
    pub(crate) fn number(&self, key: &'static str, least: u32) -> Option<u32> {
        let node = self.reading.fixed(&self.get(key)?)?;
        self.number_of(&node, &self.label(key), least)
    }

    /// Reads a whole number of at least `least`.
    pub(crate) fn number_of(&self, node: &Node, what: &str, least: u32) -> Option<u32> {
        let found = match &node.data {
            Data::Int(number) => u32::try_from(*number).ok(),
            Data::Text(text) => text.parse().ok(),
            _ => {
                self.reading.wrong(node, what, "a whole number");
                return None;
            }
        };
        if let Some(number) = found.filter(|number| *number >= least && *number <= 100_000) {
            return Some(number);
        }
        let message = format!("{what} must be a whole number from {least} to 100000");
        self.reading.remarks.error(node.at, "bad-number", message);
        None
    }

    /// Returns a Go duration in milliseconds.
    pub(crate) fn duration(&self, key: &'static str) -> Option<u64> {
        let node = self.get(key)?;
        let text = self.reading.text(&node, &self.label(key))?;
        match quantity::duration_ms(&text) {
            Some(ms) if ms > 0 => Some(ms),
            _ => {
                let message = format!("{} is {text:?}, expected a duration", self.label(key));
                let hint = "write it like `90s`, `1h30m` or `500ms`";
                self.reading.remarks.error_hint(node.at, "bad-duration", message, hint);
                None
            }
        }
    }

    /// Returns a list of texts that shape the plan, with their places.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<(String, Pos)> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let items = self.reading.list(&node, &self.label(key)).unwrap_or_default();
        let what = format!("each item of {}", self.label(key));
        items.iter().filter_map(|item| Some((self.reading.text(item, &what)?, item.at))).collect()
    }

    /// Returns a map as JSON, kept for the run; null if it is absent.
    pub(crate) fn value_map(&self, key: &'static str) -> Value {
        let Some(node) = self.get(key) else { return Value::Null };
        let whole = matches!(&node.data, Data::Text(text) if text.starts_with("(("));
        if !matches!(node.data, Data::Map(_)) && !whole {
            self.reading.wrong(&node, &self.label(key), "a map");
        }
        self.reading.value(&node)
    }

    /// Takes keys that say something to people or to other systems and change nothing here.
    pub(crate) fn informative(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// Refuses keys whose meaning cannot be given yet.
    pub(crate) fn unsupported(&self, keys: &[&'static str]) {
        for key in keys {
            let off = matches!(self.node.get(key).map(|n| &n.data), Some(Data::Bool(false)));
            if self.has(key) && !off {
                let message = format!("`{key}` of {} is not supported yet", self.what);
                self.reading.remarks.error_hint(self.at(key), "unsupported", message, "remove it");
            }
        }
    }

    /// Warns about keys that have no effect yet and do no harm by that.
    pub(crate) fn without_effect(&self, keys: &[&'static str]) {
        for key in keys {
            if self.has(key) {
                let message = format!("`{key}` of {} has no effect yet", self.what);
                self.reading.remarks.warning(self.at(key), "no-effect", message);
            }
        }
    }

    /// Ends the reading: keys that nobody asked for are errors.
    pub(crate) fn finish(self) {
        let Data::Map(entries) = &self.node.data else { return };
        let asked = self.asked.borrow();
        for entry in entries.iter().filter(|entry| !asked.contains(&entry.key.as_str())) {
            let message = format!("{} has no key {:?}", self.what, entry.key);
            let remarks = &self.reading.remarks;
            remarks.unknown(
                entry.key_at,
                "unknown-key",
                message,
                &entry.key,
                asked.iter().copied(),
            );
        }
    }

    /// Like `finish`, for the top of a document, where people keep their anchors: a key that is
    /// not like a known one is left alone.
    pub(crate) fn finish_with_extensions(self) {
        let Data::Map(entries) = &self.node.data else { return };
        let asked = self.asked.borrow();
        for entry in entries.iter().filter(|entry| !asked.contains(&entry.key.as_str())) {
            if entry.key.starts_with("x-") || entry.key.starts_with('.') {
                continue;
            }
            let remarks = &self.reading.remarks;
            let message = format!("{} has no key {:?}", self.what, entry.key);
            if Remarks::like(&entry.key, &asked) {
                let known = asked.iter().copied();
                remarks.unknown(entry.key_at, "unknown-key", message, &entry.key, known);
            } else {
                let message =
                    format!("{message}; if it holds anchors, let its name start with `x-`");
                remarks.warning(entry.key_at, "unused-key", message);
            }
        }
    }

    /// Names a key of this map, for messages.
    pub(crate) fn label(&self, key: &str) -> String {
        format!("`{key}` of {}", self.what)
    }
}

/// Makes a node of JSON, all of it standing at one place.
#[must_use]
pub(crate) fn from_json(value: &Value, at: Pos) -> Rc<Node> {
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(it) => Data::Bool(*it),
        Value::Number(it) => match it.as_i64() {
            Some(whole) => Data::Int(whole),
            None => Data::Float(it.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Data::Text(text.clone()),
        Value::Array(items) => Data::List(items.iter().map(|item| from_json(item, at)).collect()),
        Value::Object(map) => Data::Map(
            map.iter()
                .map(|(key, value)| crate::document::Entry {
                    key: key.clone(),
                    key_at: at,
                    value: from_json(value, at),
                })
                .collect(),
        ),
    };
    Rc::new(Node::new(at, data))
}
