//! Rendering.
//!
//! Invariant: work and output are bounded, whatever the template says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parse::{Item, Operand, OperandKind, Parsed, Pipeline};
use super::value::{fields, is_true, show};
use super::{TemplateError, error_at, functions};
use crate::document::SOURCE_BYTES_MAX;

/// The longest list that a function makes.
pub(super) const ITEMS_MAX: usize = 100_000;
/// How many items and calls a rendering may take.
const STEPS_MAX: usize = 1_000_000;
/// How deep templates may call each other.
const CALLS_MAX: usize = 64;

/// Renders a template.
pub(super) fn run(parsed: &Parsed, source: &str) -> Result<String, TemplateError> {
    let mut exec = Exec {
        source,
        defined: &parsed.defined,
        out: String::with_capacity(source.len()),
        variables: vec![(String::new(), Value::Null)],
        steps: 0,
        calls: 0,
    };
    exec.items(&parsed.root, &Value::Null)?;
    Ok(exec.out)
}

struct Exec<'t> {
    source: &'t str,
    defined: &'t BTreeMap<String, Vec<Item>>,
    out: String,
    /// The innermost last; `$` has the empty name.
    variables: Vec<(String, Value)>,
    steps: usize,
    calls: usize,
}

/// How a list of items ended.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

impl Exec<'_> {
    /// Renders items in a scope of their own.
    fn items(&mut self, items: &[Item], dot: &Value) -> Result<Flow, TemplateError> {
        let scope = self.variables.len();
        let mut flow = Flow::On;
        for item in items {
            flow = self.item(item, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn item(&mut self, item: &Item, dot: &Value) -> Result<Flow, TemplateError> {
        match item {
            Item::Text(text) => self.write(text, 0)?,
            Item::Show(value) => {
                let shown = show(&self.pipeline(value, dot)?);
                self.write(&shown, value.at)?;
            }
            Item::Set(value) => {
                let new = self.pipeline(value, dot)?;
                let name = value.variables.last().cloned().unwrap_or_default();
                self.set(name, new, value)?;
            }
            Item::If { branches, otherwise } => {
                for (test, body) in branches {
                    // A variable of the test lives in its body.
                    let scope = self.variables.len();
                    let value = self.tested(test, dot)?;
                    if is_true(&value) {
                        let flow = self.items(body, dot);
                        self.variables.truncate(scope);
                        return flow;
                    }
                    self.variables.truncate(scope);
                }
                return self.items(otherwise, dot);
            }
            Item::With { value, body, otherwise } => {
                let scope = self.variables.len();
                let found = self.tested(value, dot)?;
                let flow = if is_true(&found) {
                    self.items(body, &found)
                } else {
                    self.items(otherwise, dot)
                };
                self.variables.truncate(scope);
                return flow;
            }
            Item::Range { value, body, otherwise } => {
                return self.range(value, body, otherwise, dot);
            }
            Item::Template { at, name, value } => self.template(*at, name, value.as_ref(), dot)?,
            Item::Break => return Ok(Flow::Break),
            Item::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn tested(&mut self, test: &Pipeline, dot: &Value) -> Result<Value, TemplateError> {
        let value = self.pipeline(test, dot)?;
        if let Some(name) = test.variables.last() {
            self.set(name.clone(), value.clone(), test)?;
        }
        Ok(value)
    }

    fn range(
        &mut self,
        value: &Pipeline,
        body: &[Item],
        otherwise: &[Item],
        dot: &Value,
    ) -> Result<Flow, TemplateError> {
        let found = self.pipeline(value, dot)?;
        let pairs: Vec<(Value, Value)> = match found {
            Value::Array(items) => {
                items.into_iter().enumerate().map(|(i, item)| (Value::from(i), item)).collect()
            }
            Value::Object(map) => {
                map.into_iter().map(|(key, item)| (Value::String(key), item)).collect()
            }
            Value::Null => Vec::new(),
            Value::Number(_) => {
                let count = super::value::count(&found);
                let count = count.map_err(|err| error_at(self.source, value.at, err))?;
                (0..count).map(|i| (Value::from(i), Value::from(i))).collect()
            }
            other => {
                let message = format!("`range` needs a list or map, found {}", show(&other));
                return Err(error_at(self.source, value.at, message));
            }
        };
        if pairs.is_empty() {
            return self.items(otherwise, dot);
        }
        let scope = self.variables.len();
        for (key, item) in pairs {
            match &value.variables[..] {
                [one] => self.variables.push((one.clone(), item.clone())),
                [first, second] => {
                    self.variables.push((first.clone(), key));
                    self.variables.push((second.clone(), item.clone()));
                }
                _ => {}
            }
            let flow = self.items(body, &item)?;
            self.variables.truncate(scope);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn template(
        &mut self,
        at: usize,
        name: &str,
        value: Option<&Pipeline>,
        dot: &Value,
    ) -> Result<(), TemplateError> {
        let Some(items) = self.defined.get(name) else {
            return Err(error_at(self.source, at, format!("there is no template {name:?}")));
        };
        let dot = match value {
            Some(value) => self.pipeline(value, dot)?,
            None => Value::Null,
        };
        self.calls += 1;
        if self.calls > CALLS_MAX {
            return Err(error_at(self.source, at, "templates call each other too deep here"));
        }
        let outer = std::mem::replace(&mut self.variables, vec![(String::new(), dot.clone())]);
        self.items(items, &dot)?;
        self.variables = outer;
        self.calls -= 1;
        Ok(())
    }

    fn set(&mut self, name: String, value: Value, by: &Pipeline) -> Result<(), TemplateError> {
        if by.declares {
            self.variables.push((name, value));
            return Ok(());
        }
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, old)) => {
                *old = value;
                Ok(())
            }
            None => Err(error_at(self.source, by.at, format!("there is no variable ${name}"))),
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, TemplateError> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, last, dot)?);
        }
        Ok(last.unwrap_or_default())
    }

    fn command(
        &mut self,
        command: &[Operand],
        last: Option<Value>,
        dot: &Value,
    ) -> Result<Value, TemplateError> {
        let Some((first, rest)) = command.split_first() else { return Ok(Value::Null) };
        self.step(first.at)?;
        let OperandKind::Function(name) = &first.kind else {
            if !rest.is_empty() || last.is_some() {
                let message = "only a function takes arguments";
                return Err(error_at(self.source, first.at, message));
            }
            return self.operand(first, dot);
        };
        // Go's `and` and `or` look at no more arguments than they need.
        if matches!(name.as_str(), "and" | "or") {
            let mut value = Value::Null;
            for operand in rest {
                value = self.operand(operand, dot)?;
                if is_true(&value) == (name == "or") {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            arguments.push(self.operand(operand, dot)?);
        }
        arguments.extend(last);
        functions::call(name, &arguments).map_err(|err| error_at(self.source, first.at, err))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, TemplateError> {
        let error = |message: String| error_at(self.source, operand.at, message);
        match &operand.kind {
            OperandKind::Function(name) => functions::call(name, &[]).map_err(error),
            OperandKind::Field(names) => fields(dot, names).map_err(error),
            OperandKind::Variable(name, names) => {
                match self.variables.iter().rev().find(|(known, _)| known == name) {
                    Some((_, value)) => fields(value, names).map_err(error),
                    None => Err(error(format!("there is no variable ${name}"))),
                }
            }
            OperandKind::Text(text) => Ok(Value::String(text.clone())),
            OperandKind::Int(number) => Ok(Value::from(*number)),
            OperandKind::Float(number) => Ok(Value::from(*number)),
            OperandKind::Bool(it) => Ok(Value::Bool(*it)),
            OperandKind::Nil => Ok(Value::Null),
            OperandKind::Inner(pipeline, names) => {
                let value = self.pipeline(pipeline, dot)?;
                fields(&value, names).map_err(|err| error_at(self.source, operand.at, err))
            }
        }
    }

    fn step(&mut self, at: usize) -> Result<(), TemplateError> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(error_at(self.source, at, "the template does more than is allowed here"));
        }
        Ok(())
    }

    fn write(&mut self, text: &str, at: usize) -> Result<(), TemplateError> {
        self.step(at)?;
        self.out.push_str(text);
        if self.out.len() > SOURCE_BYTES_MAX {
            let message = format!("the rendered text has more than {SOURCE_BYTES_MAX} bytes");
            return Err(error_at(self.source, at, message));
        }
        Ok(())
    }
}
