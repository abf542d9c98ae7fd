//! What goes wrong on a stage goes wrong as in a server.

use kernel_ports::plugin::{PluginError, PluginKind};
use serde_json::{Value, json};
use tenon_test::{Fault, Recorded};

use super::fixture::builder;

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
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "timeout"), "{err}");
}
