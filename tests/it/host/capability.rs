//! What plugins may do when it is granted, and what they hear when it is not.

use kernel_host::Policy;
use kernel_model::time::Time;
use kernel_ports::fetch::{Fetch as _, FetchError};
use kernel_ports::log::LogStream;
use kernel_ports::plugin::{Effect, Machine, MachineCall, MachineInput, PluginError, Plugins as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::fixture;
use super::world::World;

/// Answers one request with its own head, in the body.
pub(super) async fn mirror() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mirror", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let length = head.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.write_all(&head).await.unwrap();
    });
    url
}

/// A host whose hostile plugin is not built in, and has these grants.
fn stranger(rules: &[&str]) -> (World, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hostile.wasm"), fixture::hostile()).unwrap();
    let mut policy = Policy::new();
    for rule in rules {
        policy.grant("hostile", rule).unwrap();
    }
    (World::with(|builder| builder.plugin_dir(dir.path()).policy(policy)), dir)
}

#[tokio::test]
async fn the_map_outlives_the_call() {
    let world = World::new();
    assert_eq!(world.output("kv", "").await, "[1,1]");
    assert_eq!(world.output("kv", "").await, "[2,1]");
}

#[tokio::test]
async fn volumes_are_those_of_the_own_run() {
    let world = World::new();
    let found = world.output("volume", "src").await;
    assert_eq!(found, r#"["hello there","invalid",["a.txt"]]"#);
    let err = world.call("volume", "../other").await.unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "invalid"), "{err}");
}

#[tokio::test]
async fn output_goes_to_the_log_of_the_step() {
    let world = World::new();
    world.call("output", "hi").await.unwrap();
    let log = world.log.0.lock().unwrap().clone();
    assert_eq!(log, [(LogStream::Stdout, "hi".into()), (LogStream::Stderr, "done".into())]);
}

#[tokio::test]
async fn a_plugin_that_logs_too_much_is_not_stopped_for_it() {
    assert_eq!(World::new().output("log-flood", "").await, "true");
}

#[tokio::test]
async fn programs_are_asked_for_and_not_started() {
    let step = World::new().call("process", "git").await.unwrap();
    assert_eq!(&*step.state, b"unsupported conflict");
    let [Effect::ProcessStart(start), Effect::ProcessSignal { handle, signal }] = &*step.effects
    else {
        panic!("{:?}", step.effects)
    };
    assert_eq!((handle.as_str(), signal.as_str()), ("main", "TERM"));
    assert_eq!((start.handle.as_str(), start.program.as_str()), ("main", "git"));
    assert_eq!(start.args, ["--version"]);
    assert_eq!(start.env["HOME"], "secret:home");
    assert_eq!(start.mounts, [("src".into(), "src".into())]);
    assert_eq!((start.capture_stdout, start.log.as_str()), (100, "all"));
}

#[tokio::test]
async fn only_granted_programs_can_be_asked_for() {
    let world = World::new();
    for (function, program, capability) in [
        ("process", "sh", "process:sh"),
        ("process-path", "", "process:*"),
        ("process-loader", "", "process:*"),
    ] {
        let err = world.call(function, program).await.unwrap_err();
        let PluginError::Denied { capability: found, .. } = &err else { panic!("{err}") };
        assert_eq!(found, capability);
    }
}

#[tokio::test]
async fn a_request_goes_where_it_was_granted_and_takes_no_secret_that_was_not() {
    let world = World::new();
    let err = world.call("http-host", &mirror().await).await.unwrap_err().to_string();
    assert!(err.contains("the kernel itself sets the header host"), "{err}");
    // Outside of a run no pipeline says what may be used.
    let name = "http-other-secret".to_owned();
    let call = MachineCall {
        machine: Machine::Action("hostile".into()),
        input: MachineInput::Action { name, input: mirror().await },
        made_by: "".into(),
        run: None,
        step: None,
        attempt: 1,
        at: Time(0),
        log: None,
    };
    let err = world.host.machine_call(call).await.unwrap_err().to_string();
    assert!(err.contains("secret-store:server-wide"), "{err}");
}

#[tokio::test]
async fn requests_reach_granted_hosts_with_secrets_in_place() {
    let world = World::new();
    let answer = world.output("http-secret", &mirror().await).await;
    assert!(answer.starts_with("[200,"), "{answer}");
    assert!(answer.contains("authorization: Bearer s3cret"), "{answer}");
}

#[tokio::test]
async fn a_grant_for_any_host_is_none_for_the_inside() {
    let world = World::new();
    for url in
        ["http://127.0.0.2/", "http://localhost/", "http://169.254.169.254/latest", "http://[::1]/"]
    {
        let err = world.call("http", url).await.unwrap_err();
        assert!(matches!(err, PluginError::Denied { .. }), "{url}: {err}");
        assert!(err.to_string().contains("not a public address"), "{url}: {err}");
    }
    let err = world.call("http", "file:///etc/passwd").await.unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "invalid"), "{err}");
    let err = world.host.fetch("http://127.0.0.1:1/", 10).await.unwrap_err();
    assert!(matches!(err, FetchError::Denied { .. }), "{err}");
    let err = world.host.fetch("http://localhost:1/", 10).await.unwrap_err();
    assert!(matches!(err, FetchError::Denied { .. }), "{err}");
}

#[tokio::test]
async fn a_stranger_starts_but_is_refused_what_was_not_granted() {
    let (world, _dir) = stranger(&[]);
    assert_eq!(world.output("modest", "").await, "\"denied\"");
    for (function, input, rule) in [
        ("stubborn", "", "kv"),
        ("kv", "", "kv"),
        ("output", "x", "output"),
        ("process", "git", "process"),
        ("volume", "src", "workspace"),
        ("http", "http://example.com/", "http"),
    ] {
        let err = world.call(function, input).await.unwrap_err();
        let PluginError::Denied { capability, way_out, .. } = &err else {
            panic!("{function}: {err}")
        };
        assert_eq!(capability, rule);
        let line = format!("--grant hostile={rule}");
        assert!(way_out.ends_with(&line), "{way_out}");
        assert_eq!(world.output("echo", "1").await, "1");
    }
}

#[tokio::test]
async fn a_rule_of_the_operator_grants_just_that() {
    let (world, _dir) = stranger(&["kv", "process:git"]);
    assert_eq!(world.output("kv", "").await, "[1,1]");
    assert!(world.call("process", "git").await.is_ok());
    let err = world.call("output", "x").await.unwrap_err();
    assert!(matches!(err, PluginError::Denied { .. }), "{err}");
}

#[tokio::test]
async fn the_world_of_a_guest_is_empty() {
    assert_eq!(World::new().output("world", "").await, "[0,false,0]");
}
