//! What is expected of every plugin.

use kernel_ports::plugin::{MachineInput, PluginError, PluginKind};
use serde_json::json;
use wit_envelope::gateway::GatewayRequest;
use wit_envelope::resource::Operation;

use super::code::unreadable;
use super::{Miss, Outcome, Subject, Suite, fail, hold, skip};
use crate::schema::broken_schemas;
use crate::stage::{Fault, Stage};

pub(super) const SUITE: Suite = &[
    ("its manifest says what it is", manifest),
    ("it asks for what it uses, and says why", requests),
    ("its configuration has a schema", config),
    ("its schemas are JSON Schemas", schemas),
    ("it compiles and links", links),
    ("it answers nonsense with an error that the contract has for that", nonsense),
    ("without its grants it is refused, and nothing else goes wrong", denied),
];

/// What the kernel does for plugins by their grants: it sends the requests that they describe, and
/// moves archives from and to the buckets that they name. They import neither.
const DONE_FOR: [(PluginKind, &str); 3] =
    [(PluginKind::Model, "http"), (PluginKind::Cache, "http"), (PluginKind::Cache, "blob")];
/// What no plugin needs to ask for.
const FREE: [&str; 5] = ["types", "machine", "context", "log", "config"];

fn manifest(subject: &Subject) -> Outcome {
    let manifest = &subject.manifest;
    hold(!manifest.summary.is_empty(), || "`summary` is empty".into())?;
    hold(!manifest.contract.is_empty(), || {
        "`contract` is empty; write the version that it was built for, such as 1.0.0".into()
    })?;
    let parts = manifest.version.split(['-', '+']).next().unwrap_or_default().split('.');
    let numbers = parts.map(str::parse::<u64>).filter(Result::is_ok).count();
    hold(numbers == 3, || {
        format!("`version` is {:?}, no version such as 1.0.0", manifest.version)
    })?;
    let kinds = &subject.info.kinds;
    hold(!kinds.contains(&PluginKind::Resource) || manifest.resource.is_some(), || {
        "it is a resource, but `resource` does not say what it is called".into()
    })?;
    hold(!kinds.contains(&PluginKind::Action) || !manifest.actions.is_empty(), || {
        "it has actions, but `actions` lists none".into()
    })
}

fn requests(subject: &Subject) -> Outcome {
    let asked: Vec<&str> =
        subject.manifest.requests.iter().map(|request| request.capability.as_str()).collect();
    let used: Vec<&str> = subject
        .info
        .imports
        .iter()
        .filter_map(|import| import.strip_prefix("tenon:plugin/")?.split('@').next())
        .filter(|interface| !FREE.contains(interface))
        .collect();
    for used in &used {
        hold(asked.contains(used), || {
            format!("it uses `{used}`, but `requests` does not ask for it")
        })?;
    }
    let kinds = &subject.info.kinds;
    let done_for = |name: &str| {
        DONE_FOR.iter().any(|(kind, capability)| *capability == name && kinds.contains(kind))
    };
    for request in &subject.manifest.requests {
        let name = &request.capability;
        hold(used.contains(&name.as_str()) || done_for(name), || {
            format!("`requests` asks for `{name}`, which it does not use")
        })?;
        hold(!request.reason.is_empty(), || format!("it does not say why it asks for `{name}`"))?;
    }
    Ok(())
}

fn config(subject: &Subject) -> Outcome {
    let reads = subject.info.imports.iter().any(|i| i.starts_with("tenon:plugin/config@"));
    let schema = &subject.manifest.config;
    hold(schema.is_null() || schema.is_object(), || {
        format!("`config` is {schema}, no JSON Schema")
    })?;
    hold(!reads || schema.is_object(), || {
        "it reads a configuration, but `config` has no schema of it".into()
    })
}

fn schemas(subject: &Subject) -> Outcome {
    let broken = broken_schemas(&subject.manifest);
    hold(broken.is_empty(), || broken.join("; "))
}

fn links(subject: &Subject) -> Outcome {
    Ok(subject.stage()?.preload()?)
}

fn nonsense(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for kind in &subject.info.kinds {
        match call(&stage, *kind, "{\"no") {
            Err(PluginError::Said { code, message, .. }) => {
                unreadable(*kind, &code)?;
                hold(!message.is_empty(), || format!("{}: the error says nothing", kind.word()))?;
                hold(!message.ends_with('.'), || {
                    format!("{}: the message ends with a full stop: {message}", kind.word())
                })?;
            }
            Err(err) => return Err(err.into()),
            // Gateways and languages are free to make something of it.
            Ok(()) if matches!(kind, PluginKind::Gateway | PluginKind::Language) => {}
            Ok(()) => {
                let word = kind.word();
                return Err(fail(format!("{word}: JSON that is cut off was taken for a request")));
            }
        }
    }
    Ok(())
}

fn denied(subject: &Subject) -> Outcome {
    let asked: Vec<String> =
        subject.info.grants.iter().map(|grant| grant.capability.clone()).collect();
    if asked.is_empty() {
        return Err(skip("it asks for nothing"));
    }
    let mut builder = subject.builder();
    for capability in asked {
        builder = builder.fault(Fault::Denied(capability));
    }
    let stage = builder.build()?;
    for kind in &subject.info.kinds {
        for request in ["{}", &sample(*kind)] {
            match call(&stage, *kind, request) {
                Ok(()) | Err(PluginError::Said { .. } | PluginError::Denied { .. }) => {}
                Err(err) => return Err(Miss::from(err)),
            }
        }
    }
    Ok(())
}

/// Calls the first function of a kind.
fn call(stage: &Stage, kind: PluginKind, request: &str) -> Result<(), PluginError> {
    let request = request.to_owned();
    let ask = |function| stage.ask_text(kind, function, &request).map(|_| ());
    match kind {
        PluginKind::Language => stage.compile(&request).map(|_| ()),
        PluginKind::Launcher => {
            stage.step(kind, MachineInput::Launch { spec: request }).map(|_| ())
        }
        PluginKind::Resource => {
            let operation = Operation::Check;
            stage.step(kind, MachineInput::Resource { operation, request }).map(|_| ())
        }
        PluginKind::Action => {
            let actions = &stage.manifest().actions;
            let name = actions.first().map_or_else(String::new, |action| action.name.clone());
            stage.step(kind, MachineInput::Action { name, input: request }).map(|_| ())
        }
        PluginKind::Secrets => ask("read"),
        PluginKind::Cache => ask("find"),
        PluginKind::Model => ask("chat"),
        PluginKind::Identity => ask("authorize"),
        PluginKind::Webhook => ask("receive"),
        PluginKind::Notifier => ask("send"),
        PluginKind::Gateway => {
            stage.request(&GatewayRequest::default(), request.as_bytes()).map(|_| ())
        }
    }
}

/// A request that a kind can work with.
fn sample(kind: PluginKind) -> String {
    let value = match kind {
        PluginKind::Launcher => json!({"command": {"path": "true"}}),
        PluginKind::Secrets => json!({"scope": "server", "name": "conform"}),
        PluginKind::Cache => json!({"scope": "project/conform", "key": "k"}),
        PluginKind::Model => {
            json!({"messages": [{"role": "user", "parts": [{"part": "text", "text": "hi"}]}]})
        }
        PluginKind::Notifier => json!({"id": "1", "text": "hi"}),
        PluginKind::Language
        | PluginKind::Resource
        | PluginKind::Action
        | PluginKind::Identity
        | PluginKind::Webhook
        | PluginKind::Gateway => json!({}),
    };
    value.to_string()
}
