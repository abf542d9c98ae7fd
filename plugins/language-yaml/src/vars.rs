//! `((name))` in texts: finding, noting and putting values in place.
//!
//! Three kinds: `((name))` and `((name.field))` are values; `((.:name))` is a value of a matrix and
//! is replaced while the source is read; `((secret:NAME))` stays for the kernel.
//! A value is looked for in the run's arguments, then in what was fixed when the pipeline was set;
//! failing both it is the name of a secret.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    Text(&'t str),
    /// What stands between the brackets.
    Reference(&'t str),
}

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Value { name: String, fields: Vec<String> },
    Matrix { name: String, fields: Vec<String> },
    Secret,
    Foreign { source: String },
}

/// Why a reference cannot stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// The names that a source uses.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Values that are fixed when the pipeline is set.
    pub(crate) vars: BTreeMap<String, Value>,
    /// Names of `vars` that the run needs.
    pub(crate) used: RefCell<BTreeSet<String>>,
    /// Names that are not among `vars`.
    pub(crate) open: RefCell<BTreeSet<String>>,
}

impl Names {
    /// Puts values in for references in a text that shapes the plan; `None` if it has none.
    pub(crate) fn fixed(&self, text: &str) -> Result<Option<Value>, Problem> {
        if !text.contains("((") {
            return Ok(None);
        }
        replace(text, |inside| match parse(inside) {
            Reference::Value { name, fields } => {
                let value = self.vars.get(&name).and_then(|value| field(value, &fields));
                value.cloned().map(Some).ok_or_else(|| Problem {
                    code: "unknown-var",
                    message: format!("(({inside})) shapes the plan here and has no value"),
                    hint: format!("give it when the pipeline is set: --var {name}=…"),
                })
            }
            Reference::Matrix { name, .. } => Err(undefined(&name)),
            Reference::Secret => Err(Problem {
                code: "secret-here",
                message: format!("(({inside})) cannot stand here, a secret never shapes the plan"),
                hint: "use a var instead".to_owned(),
            }),
            Reference::Foreign { source } => Err(foreign(&source)),
        })
    }

    /// Notes the references of a text that is kept for the run.
    pub(crate) fn note(&self, text: &str) -> Result<(), Problem> {
        for part in parts(text) {
            let Part::Reference(inside) = part else { continue };
            match parse(inside) {
                Reference::Value { name, .. } => {
                    let fixed = self.vars.contains_key(&name);
                    let set = if fixed { &self.used } else { &self.open };
                    set.borrow_mut().insert(name);
                }
                Reference::Matrix { name, .. } => return Err(undefined(&name)),
                Reference::Secret => {}
                Reference::Foreign { source } => return Err(foreign(&source)),
            }
        }
        Ok(())
    }
}

/// Puts the values of a run in place of references, in all texts of `value`.
/// `look_up` gives the value of a name; what it does not know becomes a secret reference.
pub(crate) fn resolve<'v>(value: &mut Value, look_up: &dyn Fn(&str) -> Option<&'v Value>) {
    match value {
        Value::String(text) => {
            if !text.contains("((") {
                return;
            }
            let known = replace(text, |inside| match parse(inside) {
                Reference::Value { name, fields } => {
                    let found = look_up(&name).map(|value| field(value, &fields));
                    Ok::<_, ()>(match found {
                        Some(found) => found.cloned(),
                        None => Some(Value::String(format!("((secret:{inside}))"))),
                    })
                }
                Reference::Matrix { .. } | Reference::Secret | Reference::Foreign { .. } => {
                    Ok(None)
                }
            });
            if let Ok(Some(known)) = known {
                *value = whole_secret(known);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, look_up)),
        Value::Object(map) => map.values_mut().for_each(|item| resolve(item, look_up)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts matrix values in place of `((.:name))`; `None` if the text has none of `matrix`.
#[must_use]
pub(crate) fn matrix(text: &str, matrix: &BTreeMap<String, Value>) -> Option<Value> {
    if !text.contains("((.:") {
        return None;
    }
    replace(text, |inside| match parse(inside) {
        Reference::Matrix { name, fields } => {
            Ok::<_, ()>(matrix.get(&name).and_then(|value| field(value, &fields)).cloned())
        }
        _ => Ok(None),
    })
    .ok()
    .flatten()
}

/// Returns a value as it stands inside a text.
#[must_use]
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Splits a text at its references.
#[must_use]
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("((") {
        let Some(length) = rest[start + 2..].find("))") else { break };
        let inside = &rest[start + 2..start + 2 + length];
        // Shell arithmetic such as `$((a + 1))` is no reference.
        let shell = rest[..start].ends_with('$');
        if shell || !is_reference(inside) {
            parts.push(Part::Text(&rest[..start + 2]));
            rest = &rest[start + 2..];
            continue;
        }
        parts.push(Part::Text(&rest[..start]));
        parts.push(Part::Reference(inside));
        rest = &rest[start + 4 + length..];
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

/// Replaces references. A text that is one reference becomes the value itself. `Ok(None)` of
/// `value` keeps the reference; `Ok(None)` in all means that nothing changed.
fn replace<E>(
    text: &str,
    mut value: impl FnMut(&str) -> Result<Option<Value>, E>,
) -> Result<Option<Value>, E> {
    let parts = parts(text);
    if let [Part::Reference(inside)] = parts[..] {
        return value(inside);
    }
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Reference(inside) => match value(inside)? {
                Some(value) => {
                    changed = true;
                    out.push_str(&text_of(&value));
                }
                None => {
                    out.push_str("((");
                    out.push_str(inside);
                    out.push_str("))");
                }
            },
        }
    }
    Ok(changed.then_some(Value::String(out)))
}

/// A text that is one secret is written without brackets.
fn whole_secret(value: Value) -> Value {
    if let Value::String(text) = &value
        && let [Part::Reference(inside)] = parts(text)[..]
        && inside.starts_with("secret:")
    {
        return Value::String(inside.to_owned());
    }
    value
}

fn parse(inside: &str) -> Reference {
    let inside = inside.trim();
    if inside.starts_with("secret:") {
        return Reference::Secret;
    }
    if let Some((source, rest)) = inside.split_once(':') {
        if source == "." {
            let (name, fields) = path(rest);
            return Reference::Matrix { name, fields };
        }
        return Reference::Foreign { source: source.to_owned() };
    }
    let (name, fields) = path(inside);
    Reference::Value { name, fields }
}

/// Splits `name.field."quoted.field"`.
fn path(text: &str) -> (String, Vec<String>) {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    let name = parts.remove(0);
    (name, parts)
}

fn is_reference(inside: &str) -> bool {
    !inside.trim().is_empty()
        && inside
            .trim()
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '"'))
}

fn field<'v>(value: &'v Value, fields: &[String]) -> Option<&'v Value> {
    fields.iter().try_fold(value, |value, name| value.get(name))
}

fn undefined(name: &str) -> Problem {
    Problem {
        code: "unknown-var",
        message: format!("((.:{name})) is not defined here"),
        hint: "only a step inside `across` has such a value, named by its `var`".to_owned(),
    }
}

fn foreign(source: &str) -> Problem {
    Problem {
        code: "unsupported",
        message: format!("the var source {source:?} is not supported yet"),
        hint: "write ((name)) for a value or secret of that name".to_owned(),
    }
}

#[cfg(test)]
mod tests;
