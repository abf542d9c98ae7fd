//! What the plugins of contract 1.0.0 give in today's host, kind by kind.

use kernel_ports::plugin::{MachineInput, PluginError, PluginKind};
use serde_json::{Value, json};
use tenon_test::Recorded;
use wit_envelope::cache::{CacheHit, Transfer};
use wit_envelope::gateway::{Caller, GatewayRequest};
use wit_envelope::identity::Claims;
use wit_envelope::language::{Command, RunEvent, RunFacts, RunInput};
use wit_envelope::model::{ChatStep, Delta, Part};
use wit_envelope::notifier::Sent;
use wit_envelope::secrets::SecretValue;
use wit_envelope::webhook::Receipt;

use super::fixture::builder;

#[test]
fn a_launcher_follows_its_process() {
    let stage = builder("launcher").build().unwrap();
    let script = "\
start {\"command\": {\"path\": \"make\", \"args\": [\"all\"]}}
  start main: make all
  wait
cancel 1000
  signal main TERM
  wait
process-ended main {\"code\": 3}
  done failed \"make: exit code 3\" {\"code\":3,\"truncated\":false}
";
    assert_eq!(stage.play(PluginKind::Launcher, script), script);
}

#[test]
fn a_state_of_an_older_version_is_migrated_and_a_foreign_one_refused() {
    let stage = builder("launcher").build().unwrap();
    let resume = |version: u32| MachineInput::Resume {
        state: kernel_host::state_seal(version, b"make".to_vec()).into(),
        kind: "process-ended".to_owned(),
        handle: Some("main".to_owned()),
        data: "{\"code\":1}".to_owned(),
    };
    let step = stage.step(PluginKind::Launcher, resume(1)).unwrap();
    assert_eq!(step.done.unwrap().message.as_deref(), Some("make: exit code 1"));
    let err = stage.step(PluginKind::Launcher, resume(9)).unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "unsupported"), "{err}");
    // This one has no migration.
    let stage = builder("action").build().unwrap();
    let err = stage.step(PluginKind::Action, resume(9)).unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "abandoned"), "{err}");
}

#[test]
fn a_language_goes_from_line_to_line() {
    let stage = builder("language").build().unwrap();
    let compiled = stage.compile("make\nmake test\n").unwrap().compiled.unwrap();
    let (run, input) = (RunFacts::default(), RunInput::default());
    let driven = stage.drive(&compiled.program, &[], vec![RunEvent::Started { run, input }]);
    let driven = driven.unwrap();
    let [Command::Start { name, .. }] = &driven.commands[..] else { panic!("{driven:?}") };
    assert_eq!(name, "make");
    let refused = stage.compile("").unwrap();
    assert!(refused.compiled.is_none() && refused.diagnostics[0].is_error);
}

#[test]
fn an_action_and_a_resource_answer_as_before() {
    let stage = builder("action").build().unwrap();
    let script = "\
start add {\"a\": 1, \"b\": 2}
  done succeeded 3.0
start later {\"x\": 1}
  wait 1 ms
wake
  done succeeded {\"x\":1}
start divide {}
  error not-found: there is no function \"divide\"; there are add, later
";
    assert_eq!(stage.play(PluginKind::Action, script), script);
    let stage = builder("resource").build().unwrap();
    let script = "\
check {\"source\": {\"version\": {\"ref\": \"a\"}}}
  done succeeded {\"versions\":[{\"ref\":\"a\"}]}
get {\"source\": {}, \"version\": {\"ref\": \"a\"}, \"volume\": \"v\"}
  done succeeded {\"metadata\":[],\"version\":{\"ref\":\"a\"}}
";
    assert_eq!(stage.play(PluginKind::Resource, script), script);
}

#[test]
fn secrets_are_sealed_for_their_place() {
    let stage = builder("secrets").build().unwrap();
    let write = json!({"scope": "server", "name": "token", "value": "s3cret"});
    let _: Value = stage.ask(PluginKind::Secrets, "write", &write).unwrap();
    let at = json!({"scope": "server", "name": "token"});
    let value: SecretValue = stage.ask(PluginKind::Secrets, "read", &at).unwrap();
    assert_eq!((value.value.as_str(), value.version.as_str()), ("s3cret", "1"));
}

#[test]
fn a_cache_says_where_and_moves_nothing() {
    let stage = builder("cache").build().unwrap();
    let commit = json!({"scope": "project/a", "key": "k", "size": 5, "nowMs": 1});
    let _: Value = stage.ask(PluginKind::Cache, "commit", &commit).unwrap();
    let query = json!({"scope": "project/a", "key": "k", "nowMs": 2});
    let hit: CacheHit = stage.ask(PluginKind::Cache, "find", &query).unwrap();
    let Some(Transfer::Http { method, url, .. }) = hit.transfer else { panic!("{hit:?}") };
    assert_eq!(
        (method.as_str(), url.as_str()),
        ("GET", "https://archives.example.com/project/a/k")
    );
    assert!(stage.sent().is_empty());
}

#[test]
fn a_model_streams_piece_by_piece() {
    let stage = builder("model").build().unwrap();
    let request =
        json!({"messages": [{"role": "user", "parts": [{"part": "text", "text": "hi"}]}]});
    let step: ChatStep = stage.ask(PluginKind::Model, "chat", &request).unwrap();
    assert_eq!(step.send.unwrap().url, "https://models.example.com/chat");
    let more = |state: &str, text: &str, last: bool| -> ChatStep {
        let piece = json!({"state": state, "status": 200, "text": text, "last": last});
        stage.ask(PluginKind::Model, "more", &piece).unwrap()
    };
    let step = more(&step.state, "text hel", false);
    assert_eq!((step.deltas.len(), step.done), (0, None));
    let step = more(&step.state, "lo\ncall add {\"a\":", false);
    assert_eq!(step.deltas, [Delta::Text { text: "hello".to_owned() }]);
    let done = more(&step.state, "1}", true).done.unwrap();
    assert_eq!(done.stop_reason, "tool-call");
    assert!(matches!(&done.parts[1], Part::ToolCall { name, .. } if name == "add"), "{done:?}");
}

#[test]
fn an_identity_provider_lets_in_who_it_should() {
    let person = json!({"id": "7", "login": "ada", "nonce": "n", "teams": ["platform"]});
    let token = Recorded::new("POST", "https://id.example.com/token").body(person.to_string());
    let stage = builder("identity").answer(token).build().unwrap();
    let exchange = |nonce| json!({"code": "c", "codeVerifier": "v", "nonce": nonce});
    let claims: Claims = stage.ask(PluginKind::Identity, "exchange", &exchange("n")).unwrap();
    assert_eq!((claims.subject.as_str(), claims.name.as_str()), ("7", "ada"));
    assert_eq!(claims.groups, ["platform"]);
    let other = stage.ask::<Claims>(PluginKind::Identity, "exchange", &exchange("other"));
    assert!(matches!(other, Err(PluginError::Said { code, .. }) if code == "denied"));
    assert!(String::from_utf8(stage.sent()[0].body.clone()).unwrap().contains("code_verifier=v"));
}

#[test]
fn a_webhook_knows_its_sender() {
    let stage = builder("webhook").build().unwrap();
    let receive = |token: &str| -> Receipt {
        let headers = json!([
            {"name": "X-Token", "value": token},
            {"name": "X-Event", "value": "push"},
            {"name": "X-Delivery", "value": "d-1"},
        ]);
        let delivery = json!({
            "method": "POST", "headers": headers, "body": "eyJyZWYiOiJtYWluIn0=", "secrets": ["new", "old"],
        });
        stage.ask(PluginKind::Webhook, "receive", &delivery).unwrap()
    };
    let receipt = receive("old");
    assert!(receipt.genuine && receipt.starts);
    assert_eq!((receipt.event.as_str(), receipt.delivery_id.as_str()), ("push", "d-1"));
    assert_eq!(receipt.payload, json!({"ref": "main"}));
    assert_eq!(receive("older").code, "forged");
}

#[test]
fn a_notifier_says_when_to_try_again() {
    let url = "https://chat.example.com/messages";
    let busy = Recorded::new("POST", url).status(429).header("retry-after", "7");
    let good = Recorded::new("POST", url);
    let stage = builder("notifier").answer(busy).answer(good).build().unwrap();
    let message = json!({"id": "m-1", "text": "hi"});
    let err = stage.ask::<Sent>(PluginKind::Notifier, "send", &message).unwrap_err();
    assert!(
        matches!(err, PluginError::Said { retry_after_ms: Some(7000), .. }) && err.is_retryable(),
        "{err}"
    );
    let sent: Sent = stage.ask(PluginKind::Notifier, "send", &message).unwrap();
    assert_eq!(sent.reference, "m-1");
    assert_eq!(stage.sent()[0].headers, stage.sent()[1].headers, "the id is the same");
}

#[test]
fn a_gateway_answers_bytes() {
    let stage = builder("gateway").build().unwrap();
    let caller = Caller { name: "ada".to_owned(), ..Caller::default() };
    let request = |method: &str| GatewayRequest {
        method: method.to_owned(),
        path: "/".to_owned(),
        caller: caller.clone(),
        ..GatewayRequest::default()
    };
    let (head, body) = stage.request(&request("POST"), &[0, 255, 7]).unwrap();
    assert_eq!((head.status, body), (200, vec![0, 255, 7]));
    let (_, body) = stage.request(&request("GET"), &[]).unwrap();
    assert_eq!(body, b"{\"caller\":\"ada\"}");
    assert_eq!(stage.request(&request("BREW"), &[]).unwrap().0.status, 405);
}
