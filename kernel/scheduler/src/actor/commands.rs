//! What a language commands, as events.
//!
//! Commands are idempotent by path: what is there already stays as it is. A command that makes no
//! sense errors the run, by name.

use std::sync::Arc;

use kernel_model::event::{Event, Node, StepNo};
use kernel_model::name::StepPath;
use serde_json::Value;
use wit_envelope::language::{Command, RunEvent};

use super::Actor;
use crate::attempt::chain;
use crate::convert;

/// What a pipeline may remember under one key.
const FACT_BYTES_MAX: usize = 64 * 1024;
/// Nodes of one run. A run with more is a loop.
const STEPS_MAX: u32 = 20_000;

impl Actor {
    pub(super) async fn command(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Group { path, parent, name, kind } => {
                let Some(node) = self.new_node(&path, parent.as_deref(), &name, &kind)? else {
                    return Ok(());
                };
                let step = self.run.next_step();
                self.emit(Event::GroupOpened { step, node }).map_err(|err| err.to_string())
            }
            Command::GroupEnd { path, status, message } => {
                let step = self.known(&path)?;
                if self.run.step(step).is_some_and(|s| s.outcome().is_some()) {
                    return Ok(());
                }
                let (outcome, message) = (convert::outcome(status), message.map(Arc::from));
                let event = Event::GroupEnded { step, outcome, message };
                self.emit(event).map_err(|err| err.to_string())
            }
            Command::Start { path, parent, name, kind, work, options } => {
                let Some(node) = self.new_node(&path, parent.as_deref(), &name, &kind)? else {
                    return Ok(());
                };
                let json = |err: serde_json::Error| format!("{path}: {err}");
                let step = self.run.next_step();
                let event = Event::StepStarted {
                    step,
                    node,
                    work: serde_json::to_string(&work).map_err(json)?.into(),
                    options: serde_json::to_string(&options).map_err(json)?.into(),
                };
                self.emit(event).map_err(|err| err.to_string())?;
                self.step_begin(step, &options).await;
                Ok(())
            }
            Command::Cancel { path, reason } => {
                let step = self.known(&path)?;
                // Ended steps are left alone.
                let _ = self.step_cancel(step, &reason.into());
                Ok(())
            }
            Command::Timer { name, after_ms } => {
                self.timer_set(name.into(), after_ms);
                Ok(())
            }
            Command::TimerCancel { name } => {
                self.timer_cancel(&name.into());
                Ok(())
            }
            Command::FactGet { query, keys } => self.fact_get(query, &keys).await,
            Command::FactSet { key, value } => self.fact_set(key, &value),
            Command::Note { path, text } => {
                let step = self.known(&path)?;
                self.emit(Event::Noted { step, text: text.into() }).map_err(|err| err.to_string())
            }
            Command::Finish { status, message } => {
                self.finish(convert::outcome(status), message.map(Arc::from));
                Ok(())
            }
        }
    }

    /// Returns the place of a new node; `None` if the path is taken already.
    fn new_node(
        &self,
        path: &str,
        parent: Option<&str>,
        name: &str,
        kind: &str,
    ) -> Result<Option<Node>, String> {
        let path = StepPath::new(path).map_err(|err| err.to_string())?;
        if self.run.step_at(&path).is_some() {
            return Ok(None);
        }
        if self.run.next_step().0 > STEPS_MAX {
            return Err(format!("{path} would be step {STEPS_MAX} + 1; is it a loop?"));
        }
        let parent = parent.map(|parent| self.known(parent)).transpose()?;
        Ok(Some(Node { path, parent, name: name.into(), kind: kind.into() }))
    }

    fn known(&self, path: &str) -> Result<StepNo, String> {
        let path = StepPath::new(path).map_err(|err| err.to_string())?;
        self.run.step_at(&path).map(|step| step.no).ok_or(format!("there is no {path}"))
    }

    async fn fact_get(&mut self, query: String, keys: &[String]) -> Result<(), String> {
        let store = &self.inner.parts.store;
        let stored = store.fact_get(self.row.pipeline, &self.workspaces(), keys).await;
        let mut values: std::collections::BTreeMap<String, Value> =
            keys.iter().map(|key| (key.clone(), Value::Null)).collect();
        for (key, text) in stored.map_err(|err| chain(&err))? {
            let value = serde_json::from_str(&text).map_err(|err| format!("{key}: {err}"))?;
            values.insert(key, value);
        }
        // What this very batch sets is not stored yet.
        for (key, text) in &self.batch.facts {
            if let Some(value) = values.get_mut(key) {
                let text = text.as_deref().unwrap_or("null");
                *value = serde_json::from_str(text).map_err(|err| format!("{key}: {err}"))?;
            }
        }
        let text = serde_json::to_string(&values).map_err(|err| err.to_string())?;
        let event = Event::FactsRead { query: query.as_str().into(), values: text.into() };
        self.emit(event).map_err(|err| err.to_string())?;
        self.unseen.push_back(RunEvent::Facts { query, values });
        Ok(())
    }

    fn fact_set(&mut self, key: String, value: &Value) -> Result<(), String> {
        let text = value.to_string();
        if text.len() > FACT_BYTES_MAX {
            return Err(format!("the value of {key:?} has more than {FACT_BYTES_MAX} bytes"));
        }
        // What is forgotten here must not be remembered from a base.
        let inherits = self.workspaces().len() > 1;
        let is_kept = inherits || !value.is_null();
        self.batch.facts.push((key, is_kept.then(|| text.into())));
        Ok(())
    }
}
