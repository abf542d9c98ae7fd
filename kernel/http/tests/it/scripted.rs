//! A language whose sources are JSON, and an action plugin that says what it is told.
//!
//! `{"steps": [{"name": "a", "say": [["stdout", "hi"]], "end": "succeeded", "wait": true}]}`: the
//! steps run in sequence in a group `all`. A step with `wait` says its first piece, waits for the
//! test, and then says the rest. `<` and `>` are the two halves of a euro sign.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::log::LogStream;
use kernel_ports::plugin::{
    CompiledSource, Diagnostic, DriveCall, Driven, GatewayAnswer, GatewayCall, GrantInfo, Granted,
    MachineCall, MachineInput, MachineStep, PluginCall, PluginError, PluginInfo, PluginKind,
    Plugins,
};
use serde_json::{Value, json};
use tokio::sync::watch;
use wit_envelope::language::{Command, CompileRequest, Compiled, JobSummary, RunEvent, Work};
use wit_envelope::machine::{Outcome, Status};
use wit_envelope::policy::{ArtifactRule, StepOptions};
use wit_envelope::resource::ResourceDescription;

pub(crate) struct Scripted {
    /// True lets waiting steps go on.
    pub(crate) gate: watch::Receiver<bool>,
}

fn info(name: &str, kind: PluginKind) -> PluginInfo {
    PluginInfo {
        name: name.to_owned(),
        version: "1.2.3".to_owned(),
        digest: "d1".to_owned(),
        size: 7,
        kinds: vec![kind],
        exports: vec![],
        imports: vec!["tenon:plugin/process@1.0.0".to_owned()],
        grants: vec![GrantInfo {
            capability: "process".to_owned(),
            parameter: Some("git".to_owned()),
            reason: "to clone".to_owned(),
            granted: Granted::All,
        }],
        summary: "For tests.".to_owned(),
        origin: "built-in".to_owned(),
    }
}

fn start(step: &Value) -> Command {
    let name = step["name"].as_str().unwrap().to_owned();
    let keep = step["keep"].as_str().map(|pattern| ArtifactRule {
        volume: "dist".to_owned(),
        pattern: pattern.to_owned(),
        label: None,
    });
    Command::Start {
        path: format!("all/{name}"),
        parent: Some("all".to_owned()),
        name,
        kind: "task".to_owned(),
        work: Work::Action {
            plugin: "say".to_owned(),
            name: "say".to_owned(),
            input: step.clone(),
        },
        options: StepOptions { artifacts: keep.into_iter().collect(), ..StepOptions::default() },
    }
}

fn finish(status: Status) -> Vec<Command> {
    vec![
        Command::GroupEnd { path: "all".to_owned(), status, message: None },
        Command::Finish { status, message: None },
    ]
}

/// Answers an event; `ended` counts the steps that have.
fn answer(program: &Value, ended: &mut usize, event: &RunEvent) -> Vec<Command> {
    let steps = program["steps"].as_array().unwrap();
    let next = |ended: usize| match steps.get(ended) {
        Some(step) => vec![start(step)],
        None => finish(Status::Succeeded),
    };
    match event {
        RunEvent::Started { .. } => {
            let group = Command::Group {
                path: "all".to_owned(),
                parent: None,
                name: "all".to_owned(),
                kind: "do".to_owned(),
            };
            [vec![group], next(0)].concat()
        }
        RunEvent::StepEnded { status: Status::Succeeded, .. } => {
            *ended += 1;
            next(*ended)
        }
        RunEvent::StepEnded { status, .. } => finish(*status),
        RunEvent::CancelRequested { by } => {
            let path = format!("all/{}", steps[*ended]["name"].as_str().unwrap());
            vec![Command::Cancel { path, reason: format!("cancelled by {by}") }]
        }
        RunEvent::Timer { .. } | RunEvent::Facts { .. } => vec![],
    }
}

#[async_trait]
impl Plugins for Scripted {
    fn plugin_list(&self) -> Vec<PluginInfo> {
        vec![
            info("language-script", PluginKind::Language),
            info("launcher-none", PluginKind::Launcher),
        ]
    }

    fn plugin_get(&self, name: &str) -> Option<PluginInfo> {
        self.plugin_list().into_iter().find(|plugin| plugin.name == name)
    }

    fn resource_list(&self) -> Vec<ResourceDescription> {
        vec![]
    }

    fn language_find(&self, name: Option<&str>, _: &str) -> Result<Arc<str>, PluginError> {
        match name {
            Some("panic") => panic!("as asked"),
            None | Some("script") => Ok("language-script".into()),
            Some(name) => Err(PluginError::Unknown {
                kind: "language",
                name: name.to_owned(),
                known: "language-script".to_owned(),
            }),
        }
    }

    async fn compile(
        &self,
        _: &str,
        request: &CompileRequest,
    ) -> Result<CompiledSource, PluginError> {
        let remark = |is_error, code: &str, message: String, line, column| Diagnostic {
            is_error,
            code: code.to_owned(),
            message,
            line,
            column,
            hint: None,
        };
        let digest = "d1".to_owned();
        match serde_json::from_str::<Value>(&request.source) {
            Ok(_) => {
                let jobs = vec![JobSummary { name: "all".to_owned(), needs: vec![] }];
                let program = request.source.clone();
                let compiled = Some(Compiled { program, jobs, ..Compiled::default() });
                let remark = remark(false, "plain", "it is only JSON".to_owned(), 0, 0);
                Ok(CompiledSource { compiled, diagnostics: vec![remark], digest })
            }
            Err(err) => {
                let line = u32::try_from(err.line()).unwrap();
                let remark = remark(true, "syntax", err.to_string(), line, 1);
                Ok(CompiledSource { compiled: None, diagnostics: vec![remark], digest })
            }
        }
    }

    async fn drive(&self, call: DriveCall) -> Result<Driven, PluginError> {
        let program = serde_json::from_str(&call.program).unwrap();
        let mut ended = usize::from(call.state.first().copied().unwrap_or(0));
        let commands =
            call.events.iter().flat_map(|event| answer(&program, &mut ended, event)).collect();
        Ok(Driven { state: [u8::try_from(ended).unwrap()].into(), commands })
    }

    async fn machine_call(&self, call: MachineCall) -> Result<MachineStep, PluginError> {
        let input = match &call.input {
            MachineInput::Action { input, .. } => serde_json::from_str::<Value>(input).unwrap(),
            MachineInput::Resume { state, .. } => serde_json::from_slice(state).unwrap(),
            MachineInput::Cancel { .. } => json!({ "end": "failed" }),
            input => panic!("{input:?}"),
        };
        let said = input["say"].as_array().cloned().unwrap_or_default();
        let log = call.log.unwrap();
        let (now, later) = match input["wait"].as_bool() {
            Some(true) => said.split_at(said.len().min(1)),
            _ => (&said[..], &[][..]),
        };
        for piece in now {
            let stream = match piece[0].as_str().unwrap() {
                "stdout" => LogStream::Stdout,
                "stderr" => LogStream::Stderr,
                stream => panic!("{stream}"),
            };
            log.append(stream, bytes(piece[1].as_str().unwrap())).await.unwrap();
        }
        if input["wait"] == true && !*self.gate.borrow() {
            // Looks again soon, so that it can be cancelled meanwhile.
            let again = json!({ "say": [], "rest": rest(&input, later), "end": input["end"], "wait": true });
            return Ok(wait(&again));
        }
        if input["wait"] == true {
            let go_on = json!({ "say": rest(&input, later), "end": input["end"] });
            return Ok(wait(&go_on));
        }
        let status = serde_json::from_value(input["end"].clone()).unwrap_or(Status::Succeeded);
        let outcome = match status {
            Status::Succeeded => Outcome::succeeded(json!({ "said": said.len() })),
            status => Outcome {
                status,
                message: Some("it was told so".to_owned()),
                retryable: false,
                output: Value::Null,
            },
        };
        Ok(MachineStep {
            done: Some(outcome),
            state: [].into(),
            made_by: "".into(),
            wake_after_ms: None,
            effects: vec![],
        })
    }

    async fn plugin_call(&self, call: PluginCall) -> Result<String, PluginError> {
        panic!("{call:?}")
    }

    async fn gateway_call(&self, call: GatewayCall) -> Result<GatewayAnswer, PluginError> {
        panic!("{call:?}")
    }
}

/// What a waiting step has yet to say.
fn rest(input: &Value, later: &[Value]) -> Value {
    if input["rest"].is_array() { input["rest"].clone() } else { json!(later) }
}

fn wait(state: &Value) -> MachineStep {
    let state = state.to_string().into_bytes().into();
    MachineStep { done: None, state, made_by: "".into(), wake_after_ms: Some(5), effects: vec![] }
}

/// Makes bytes of a text in which `<` stands for the first two bytes of a euro sign, and `>` for
/// the last.
fn bytes(text: &str) -> Bytes {
    let bytes = text.bytes().flat_map(|byte| match byte {
        b'<' => vec![0xe2, 0x82],
        b'>' => vec![0xac],
        byte => vec![byte],
    });
    bytes.collect()
}
