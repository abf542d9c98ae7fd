//! What goes wrong on a stage goes wrong as in a server.

use kernel_ports::plugin::{MachineInput, PluginError, PluginKind};
use serde_json::{Value, json};
use tenon_test::{Fault, Recorded, Stage};

use super::fixture::builder;
use crate::host::fixture;

fn read(fault: Fault) -> PluginError {
    let stage = builder("secrets").fault(fault).build().unwrap();
    let at = json!({"scope": "server", "name": "x"});
    stage.ask::<Value>(PluginKind::Secrets, "read", &at).unwrap_err()
}

#[test]
fn each_fault_has_its_class() {
    let err = read(Fault::Denied("kv".to_owned()));
    assert!(matches!(&err, PluginError::Denied { capability, .. } if capability == "kv"), "{err}");
    let err = read(Fault::Timeout);
    assert!(matches!(err, PluginError::Deadline { .. }), "{err}");
    let err = read(Fault::Memory);
    assert!(matches!(err, PluginError::Limit { .. }), "{err}");
    let err = read(Fault::Trap);
    assert!(matches!(err, PluginError::Trap { .. }), "{err}");
}

#[test]
fn requests_stay_here_and_grants_count() {
    let stage = builder("notifier").build().unwrap();
    let message = json!({"id": "1", "text": "hi"});
    let err = stage.ask::<Value>(PluginKind::Notifier, "send", &message).unwrap_err();
    assert!(err.to_string().contains("nothing is recorded for POST"), "{err}");
    let denied = builder("notifier")
        .answer(Recorded::new("*", ""))
        .fault(Fault::Denied("http".to_owned()))
        .build()
        .unwrap();
    let err = denied.ask::<Value>(PluginKind::Notifier, "send", &message).unwrap_err();
    assert!(matches!(err, PluginError::Denied { .. }), "{err}");
    assert!(denied.sent().is_empty());
}

#[test]
fn a_slow_answer_is_a_timeout() {
    let slow = Recorded::new("POST", "https://chat.example.com").timeout();
    let stage = builder("notifier").answer(slow).build().unwrap();
    let message = json!({"id": "1", "text": "hi"});
    let err = stage.ask::<Value>(PluginKind::Notifier, "send", &message).unwrap_err();
    let PluginError::Said { code, message, .. } = &err else { panic!("{err}") };
    assert_eq!((&code[..], &message[..]), ("timeout", "chat.example.com did not answer in time"));
}

#[test]
fn a_configuration_must_fit_the_schema_as_on_a_server() {
    let refused = builder("webhook").config(json!({ "no-such-key": 1 })).build().unwrap_err();
    assert!(refused.to_string().contains("no-such-key"), "{refused}");
    builder("webhook").config(json!({})).build().unwrap();
}

#[test]
fn what_is_no_capability_cannot_be_denied() {
    let denied = std::panic::catch_unwind(|| {
        let _ = builder("notifier").fault(Fault::Denied("htpp".to_owned()));
    });
    let said = *denied.unwrap_err().downcast::<String>().unwrap();
    assert!(
        said.contains("\"htpp\" is no capability that can be denied; known are output"),
        "{said}"
    );
}

/// Calls a function of the fixture that reaches out of its sandbox.
fn reach(stage: &Stage, name: &str, input: &str) -> Result<Value, PluginError> {
    let input = MachineInput::Action { name: name.into(), input: input.into() };
    let step = stage.step(PluginKind::Action, input)?;
    Ok(step.done.unwrap().output)
}

#[test]
fn connections_and_the_api_are_played_and_blobs_are_kept() {
    let stage = Stage::builder(fixture::outward())
        .cache(fixture::compiled())
        .connection("127.0.0.1:5432", "olleh\n")
        .api(Recorded::new("GET", "/api/v1/whoami").body("{\"name\":\"ada\"}"))
        .build()
        .unwrap();
    assert_eq!(reach(&stage, "tcp", "127.0.0.1 5432 tls hello").unwrap(), "olleh");
    let [dialled] = &stage.dialled()[..] else { panic!("{:?}", stage.dialled()) };
    assert_eq!((dialled.tls, &dialled.written[..]), (true, &b"hello\n"[..]));
    let err = reach(&stage, "tcp", "127.0.0.1 5432 plain hello").unwrap_err();
    assert!(err.to_string().contains("connection to 127.0.0.1:5432"), "{err}");

    let answer = reach(&stage, "kernel", "GET /api/v1/whoami").unwrap();
    assert_eq!(answer, json!([200, { "name": "ada" }]));
    assert_eq!(stage.asked()[0].url, "/api/v1/whoami");
    let err = reach(&stage, "kernel", "GET /api/v1/runs").unwrap_err();
    assert!(err.to_string().contains("nothing is recorded for GET /api/v1/runs"), "{err}");

    reach(&stage, "put", "kept a hello").unwrap();
    assert_eq!(reach(&stage, "get", "kept a").unwrap(), json!([5, "hello", "llo", 0]));
    let denied = Stage::builder(fixture::outward()).fault(Fault::Denied("tcp".to_owned()));
    let err = reach(&denied.build().unwrap(), "tcp", "127.0.0.1 5432 plain hello").unwrap_err();
    assert!(matches!(err, PluginError::Denied { .. }), "{err}");
}
