//! Plugins that read pipelines.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wit_envelope::language::{Command, CompileRequest, Compiled, RunEvent};

use crate::bindings::imports::tenon::plugin::types;
use crate::bindings::language::exports::tenon::plugin::language as wit;
use crate::error::{Error, Result};
use crate::machine;

/// Reads sources, and decides what follows from the results of their steps.
///
/// A language is deterministic: the same events give the same commands. Its only clock is
/// [`context::event_time`](crate::context::event_time).
pub trait Language {
    /// What lives between two calls of a run; the default is where each run starts.
    type State: Serialize + DeserializeOwned + Default;

    /// Reads a source.
    fn compile(request: CompileRequest) -> Result<Compilation>;

    /// Answers the next events of a run, at least one, with commands. `program` is
    /// [`Compiled::program`]; `state` is changed in place.
    fn drive(program: &str, state: &mut Self::State, events: Vec<RunEvent>)
    -> Result<Vec<Command>>;
}

/// A source and its meaning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compilation {
    /// None when a diagnostic is an error.
    pub plan: Option<Compiled>,
    /// Remarks about the source, in the order of its lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// A remark about a source. Lines and columns count from 1; 0 means the source as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error refuses the source.
    pub severity: Severity,
    /// A stable word, such as `unknown-key`.
    pub code: String,
    /// What was found and what was expected.
    pub message: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// The way out, such as `did you mean "inputs"?`.
    pub hint: Option<String>,
}

/// Whether a remark refuses the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The source is good, but not as it should be.
    Warning,
    /// The source is refused.
    Error,
}

/// A language in the words of the contract; [`export_language!`](crate::export_language) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Language> wit::Guest for Component<T> {
    fn compile(request: String) -> Result<wit::Compiled, types::Error> {
        let compilation = T::compile(machine::argument("compile request", &request)?)?;
        let plan = compilation.plan.as_ref().map(|plan| json("plan", plan)).transpose()?;
        let diagnostics = compilation.diagnostics.into_iter().map(wit::Diagnostic::from).collect();
        Ok(wit::Compiled { plan, diagnostics })
    }

    fn drive(plan: String, state: Vec<u8>, events: String) -> Result<wit::Driven, types::Error> {
        let events = known(machine::argument("events of the run", &events)?)?;
        if events.is_empty() {
            return Ok(wit::Driven { state, commands: "[]".into() });
        }
        let mut typed =
            if state.is_empty() { T::State::default() } else { machine::state(&state)? };
        let commands = json("commands", &T::drive(&plan, &mut typed, events)?)?;
        let state = serde_json::to_vec(&typed)
            .map_err(|err| Error::internal(format!("failed to write the state: {err}")))?;
        Ok(wit::Driven { state, commands })
    }
}

impl From<Diagnostic> for wit::Diagnostic {
    fn from(remark: Diagnostic) -> Self {
        let severity = match remark.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Self {
            severity: severity.into(),
            code: remark.code,
            message: remark.message,
            line: remark.line,
            column: remark.column,
            hint: remark.hint,
        }
    }
}

/// Returns the events of the kinds that are known here. A newer kernel may tell more than that, and
/// what it tells besides asks for nothing.
fn known(events: Vec<Value>) -> Result<Vec<RunEvent>> {
    let is_known = |event: &Value| {
        let kind = event.get("event").and_then(Value::as_str);
        kind.is_none_or(|kind| RunEvent::KINDS.contains(&kind))
    };
    let events = events.into_iter().filter(is_known).map(serde_json::from_value);
    events
        .collect::<Result<_, _>>()
        .map_err(|err| Error::invalid(format!("failed to read the events of the run: {err}")))
}

fn json(what: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|err| Error::internal(format!("failed to write the {what}: {err}")))
}

/// Exports a type that implements [`Language`].
#[macro_export]
macro_rules! export_language {
    ($plugin:ty) => {
        $crate::export_kind!(language, $crate::Language, $plugin);
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::known;

    #[test]
    fn events_of_a_newer_kernel_are_left_out() {
        let timer = json!({"event": "timer", "name": "t"});
        let events = vec![json!({"event": "eclipse", "sun": 1}), timer.clone()];
        let known = known(events).expect("the rest is readable");
        assert_eq!(serde_json::to_value(known).expect("it is JSON"), json!([timer]));
    }

    #[test]
    fn a_known_event_that_is_broken_is_refused() {
        for broken in [json!({"event": "timer"}), json!({}), json!(1)] {
            assert!(known(vec![broken.clone()]).is_err(), "{broken}");
        }
    }
}
