//! YAML text to a tree of marked nodes.
//!
//! Invariants:
//! - A tree is bounded: by the size of the source, its depth, and by how many nodes its aliases
//!   stand for. Aliases share nodes and are never copied.
//! - YAML 1.2 core schema: `yes` and `on` are texts, `0o17` is a number.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::diagnostic::{Pos, Remarks};

/// A source larger than this is refused.
pub(crate) const SOURCE_BYTES_MAX: usize = 1 << 20;
/// Deeper nesting is refused; pipelines that people read have a fraction of it.
pub(crate) const DEPTH_MAX: usize = 64;
/// How many nodes a source may stand for with its aliases followed.
pub(crate) const NODES_MAX: usize = 200_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Pos,
    pub(crate) data: Data,
    /// How many nodes this one stands for.
    pub(crate) size: usize,
    pub(crate) depth: usize,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Pos,
    pub(crate) value: Rc<Node>,
}

impl Node {
    /// Makes a node and counts what it holds.
    #[must_use]
    pub(crate) fn new(at: Pos, data: Data) -> Self {
        let (size, depth) = match &data {
            Data::List(items) => measure(items.iter()),
            Data::Map(entries) => measure(entries.iter().map(|entry| &entry.value)),
            Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) | Data::Text(_) => (1, 1),
        };
        Self { at, data, size, depth }
    }

    /// Names the kind of value, for messages.
    #[must_use]
    pub(crate) fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Int(_) | Data::Float(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// Looks a key up, if this is a map.
    #[must_use]
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }
}

/// Reads one document. Mistakes go to `remarks`; `None` if there is nothing to go on with.
#[must_use]
pub(crate) fn parse(source: &str, remarks: &Remarks) -> Option<Rc<Node>> {
    if source.len() > SOURCE_BYTES_MAX {
        let found = source.len();
        remarks.error(
            Pos::default(),
            "too-large",
            format!("the source has {found} bytes, at most {SOURCE_BYTES_MAX} are read"),
        );
        return None;
    }
    let mut builder = Builder::default();
    let mut documents = 0;
    for event in Parser::new_from_str(source) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(err) => {
                let mark = err.marker();
                remarks.error(
                    pos(mark.line(), mark.col()),
                    "syntax",
                    format!("this is not YAML: {}", err.info()),
                );
                return None;
            }
        };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let at = at(&span);
                remarks.error(at, "syntax", "found a second document, expected one");
                return None;
            }
        }
        builder.on(event, &span, remarks)?;
    }
    if builder.root.is_none() {
        remarks.error(Pos::default(), "empty", "the source is empty, expected a map with jobs");
    }
    builder.root
}

/// Builds the tree from events, without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
    root: Option<Rc<Node>>,
}

/// A collection that is being read.
struct Open {
    at: Pos,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<Entry>, merges: Vec<Rc<Node>>, key: Option<Key> },
}

struct Key {
    text: String,
    at: Pos,
    merge: bool,
}

impl Builder {
    /// Takes one event; `None` stops the reading.
    fn on(&mut self, event: Event<'_>, span: &Span, remarks: &Remarks) -> Option<()> {
        let at = at(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().map(|tag| tag.suffix.as_str());
                let plain = style == ScalarStyle::Plain;
                let merge = plain && text == "<<" && tag.is_none();
                let data = scalar(&text, plain, tag);
                if self.expects_key() {
                    return self.key(Key { text: text.into_owned(), at, merge }, remarks);
                }
                self.value(Node::new(at, data), anchor, remarks)
            }
            Event::SequenceStart(anchor, _) => {
                self.push(Open { at, anchor, kind: OpenKind::List(Vec::new()) }, remarks)
            }
            Event::MappingStart(anchor, _) => {
                let kind = OpenKind::Map { entries: Vec::new(), merges: Vec::new(), key: None };
                self.push(Open { at, anchor, kind }, remarks)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop()?;
                let data = match open.kind {
                    OpenKind::List(items) => Data::List(items),
                    OpenKind::Map { entries, merges, .. } => {
                        Data::Map(merge(entries, &merges, remarks))
                    }
                };
                self.value(Node::new(open.at, data), open.anchor, remarks)
            }
            Event::Alias(anchor) => {
                if self.expects_key() {
                    remarks.error(at, "syntax", "an alias cannot be a key, write the key out");
                    return None;
                }
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    remarks.error(at, "syntax", "this alias names an anchor that is not complete");
                    return None;
                };
                // The alias stands where it is used; what it holds stands where it was written.
                self.shared(node, remarks)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Some(()),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. }))
    }

    fn push(&mut self, open: Open, remarks: &Remarks) -> Option<()> {
        if self.expects_key() {
            remarks.error(open.at, "syntax", "a key must be a text, not a list or map");
            return None;
        }
        if self.open.len() >= DEPTH_MAX {
            let message = format!("this is nested deeper than {DEPTH_MAX} levels");
            remarks.error(open.at, "too-deep", message);
            return None;
        }
        self.open.push(open);
        Some(())
    }

    fn key(&mut self, new: Key, remarks: &Remarks) -> Option<()> {
        let Some(Open { kind: OpenKind::Map { entries, key, .. }, .. }) = self.open.last_mut()
        else {
            return None;
        };
        if let Some(first) = entries.iter().find(|e| !new.merge && e.key == new.text) {
            let line = first.key_at.line;
            remarks.error(
                new.at,
                "duplicate-key",
                format!("the key {:?} stands here a second time, first in line {line}", new.text),
            );
        }
        *key = Some(new);
        Some(())
    }

    fn value(&mut self, node: Node, anchor: usize, remarks: &Remarks) -> Option<()> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.nodes += 1;
        self.place(node, remarks)
    }

    fn shared(&mut self, node: Rc<Node>, remarks: &Remarks) -> Option<()> {
        self.nodes += node.size;
        if self.nodes > NODES_MAX {
            let message = format!("aliases make this source stand for over {NODES_MAX} values");
            remarks.error(node.at, "alias-bomb", message);
            return None;
        }
        if self.open.len() + node.depth > DEPTH_MAX {
            let message = format!("an alias nests this deeper than {DEPTH_MAX} levels");
            remarks.error(node.at, "too-deep", message);
            return None;
        }
        self.place(node, remarks)
    }

    fn place(&mut self, node: Rc<Node>, remarks: &Remarks) -> Option<()> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { kind: OpenKind::List(items), .. }) => items.push(node),
            Some(Open { kind: OpenKind::Map { entries, merges, key }, .. }) => {
                let key = key.take()?;
                if key.merge {
                    match &node.data {
                        Data::Map(_) => merges.push(node),
                        Data::List(items) => merges.extend(items.iter().cloned()),
                        _ => remarks.error(
                            key.at,
                            "wrong-type",
                            format!("`<<` needs a map or a list of maps, found {}", node.kind()),
                        ),
                    }
                } else {
                    entries.push(Entry { key: key.text, key_at: key.at, value: node });
                }
            }
        }
        Some(())
    }
}

/// Adds what the merged maps have and the map itself does not; earlier maps win.
fn merge(mut entries: Vec<Entry>, merges: &[Rc<Node>], remarks: &Remarks) -> Vec<Entry> {
    for merged in merges {
        let Data::Map(more) = &merged.data else {
            let message = format!("`<<` needs maps, found {}", merged.kind());
            remarks.error(merged.at, "wrong-type", message);
            continue;
        };
        for entry in more {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
    entries
}

/// Reads a scalar by the core schema.
fn scalar(text: &str, plain: bool, tag: Option<&str>) -> Data {
    if tag == Some("str") || !plain {
        return Data::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    let radix = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, radix).ok())
    };
    if let Some(number) = text.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8)) {
        return Data::Int(number);
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
    match text.parse() {
        Ok(number) if numeric => Data::Float(number),
        _ => Data::Text(text.to_owned()),
    }
}

fn measure<'n>(nodes: impl Iterator<Item = &'n Rc<Node>>) -> (usize, usize) {
    let (size, depth) = nodes.fold((0, 0), |(size, depth): (usize, usize), node| {
        (size.saturating_add(node.size), depth.max(node.depth))
    });
    (size.saturating_add(1), depth + 1)
}

fn at(span: &Span) -> Pos {
    pos(span.start.line(), span.start.col())
}

fn pos(line: usize, column: usize) -> Pos {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: number(line), column: number(column + 1) }
}
