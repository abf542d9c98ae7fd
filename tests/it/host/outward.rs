//! Buckets and connections: what is granted works within its limits, what is not is denied.

use std::sync::Arc;

use kernel_host::{CallLimits, Policy};
use kernel_ports::bucket::BucketLimits;
use kernel_ports::plugin::{
    Machine, MachineCall, MachineInput, MachineStep, PluginError, Plugins as _,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::fixture;
use super::world::{World, limits};

/// A host whose plugin is not built in, and has these grants.
struct Reach {
    world: World,
    _dir: TempDir,
}

impl Reach {
    fn new(rules: &[&str]) -> Self {
        Self::with(rules, limits())
    }

    fn with(rules: &[&str], limits: CallLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("outward.wasm"), fixture::outward()).unwrap();
        let mut policy = Policy::new();
        for rule in rules {
            policy.grant("outward", rule).unwrap();
        }
        let world =
            World::with(|builder| builder.plugin_dir(dir.path()).policy(policy).limits(limits));
        Self { world, _dir: dir }
    }

    async fn call(&self, name: &str, input: &str) -> Result<MachineStep, PluginError> {
        let call = MachineCall {
            machine: Machine::Action("outward".into()),
            input: MachineInput::Action { name: name.into(), input: input.into() },
            made_by: "".into(),
            run: None,
            step: None,
            attempt: 1,
            at: kernel_model::time::Time(1),
            log: None,
        };
        self.world.host.machine_call(call).await
    }

    async fn output(&self, name: &str, input: &str) -> Value {
        self.call(name, input).await.unwrap().done.unwrap().output
    }

    /// Returns what was denied, and the way out.
    async fn denied(&self, name: &str, input: &str) -> (String, String) {
        let err = self.call(name, input).await.unwrap_err();
        let PluginError::Denied { capability, way_out, .. } = err else { panic!("{err}") };
        (capability, way_out)
    }
}

/// Serves each connection by a function; returns the port.
async fn serve<F: Future<Output = ()> + Send>(
    each: impl Fn(TcpStream) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            each(stream).await;
        }
    });
    port
}

/// Gives back the first line, reversed.
async fn reverse(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let answer: String = line.trim_end().chars().rev().collect();
    stream.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_granted_place_is_connected_to_and_no_other_one() {
    let port = serve(reverse).await;
    let reach = Reach::new(&[&format!("tcp:127.0.0.1:{port}")]);
    let answer = reach.output("tcp", &format!("127.0.0.1 {port} plain hello")).await;
    assert_eq!(answer, json!("olleh"));
    let other = serve(reverse).await;
    let (capability, way_out) =
        reach.denied("tcp", &format!("127.0.0.1 {other} plain hello")).await;
    assert_eq!(capability, format!("tcp:127.0.0.1:{other}"));
    assert!(way_out.contains(&format!("--grant outward=tcp:127.0.0.1:{other}")), "{way_out}");
    let nothing = Reach::new(&[]);
    nothing.denied("tcp", &format!("127.0.0.1 {port} plain hello")).await;
}

#[tokio::test]
async fn a_pattern_reaches_no_private_address() {
    let port = serve(reverse).await;
    let reach =
        Reach::new(&["tcp:127.0.0.*:*", "tcp:[::1*]:*", "tcp:[::ffff:*]:*", "tcp:169.254.*:*"]);
    for host in ["127.0.0.2", "[::1]", "169.254.169.254", "::ffff:10.0.0.1"] {
        let (_, way_out) = reach.denied("tcp", &format!("{host} {port} plain hello")).await;
        assert!(way_out.contains("is not a public address"), "{host}: {way_out}");
    }
    // A grant that names the host opens its private address.
    let named = Reach::new(&[&format!("tcp:localhost:{port}")]);
    assert_eq!(named.output("tcp", &format!("localhost {port} plain ab")).await, json!("ba"));
}

#[tokio::test]
async fn nobody_at_home_is_an_error_that_the_plugin_can_read() {
    let reach = Reach::new(&["tcp:127.0.0.1:*"]);
    // The port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let err = reach.call("tcp", &format!("127.0.0.1 {port} plain hello")).await.unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "unavailable"), "{err}");
}

#[tokio::test]
async fn a_call_has_four_connections_and_16_mib_each_way() {
    let zeros = serve(async |mut stream: TcpStream| {
        // Until the other end has enough.
        while stream.write_all(&[0; 1 << 16]).await.is_ok() {}
    })
    .await;
    let sink = serve(async |mut stream: TcpStream| {
        let mut bytes = vec![0; 1 << 16];
        while stream.read(&mut bytes).await.is_ok_and(|length| length > 0) {}
    })
    .await;
    let patient = CallLimits { call_ms: 20_000, ..limits() };
    let reach = Reach::with(&["tcp:127.0.0.1:*"], patient);
    let many = reach.output("tcp-many", &format!("127.0.0.1 {sink}")).await;
    assert_eq!(many, json!([4, "limit"]));
    let read = reach.output("tcp-read", &format!("127.0.0.1 {zeros}")).await;
    assert_eq!(read, json!([16 << 20, "limit"]));
    let written = reach.output("tcp-write", &format!("127.0.0.1 {sink}")).await;
    assert_eq!(written, json!(["limit", 16, "limit"]));
}

#[tokio::test]
async fn a_server_that_never_answers_is_stopped_at_the_deadline() {
    let silent = serve(async |stream: TcpStream| {
        // Held open, and never answered.
        std::mem::forget(stream);
    })
    .await;
    let reach = Reach::new(&["tcp:127.0.0.1:*"]);
    let err = reach.call("tcp", &format!("127.0.0.1 {silent} plain hello")).await.unwrap_err();
    assert!(matches!(err, PluginError::Deadline { .. }), "{err}");
}

/// Serves TLS with a certificate for `localhost` that nobody vouches for; returns the port.
async fn serve_tls() -> u16 {
    kernel_host::tls_install();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())
            .unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(line.to_uppercase().as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    port
}

#[tokio::test]
async fn with_tls_the_other_end_must_prove_who_it_is() {
    let port = serve_tls().await;
    let reach = Reach::new(&["tcp:localhost:*"]);
    let err = reach.call("tcp", &format!("localhost {port} tls hello")).await.unwrap_err();
    let text = err.to_string();
    assert!(text.contains("does not speak TLS that can be trusted"), "{text}");
}

#[tokio::test]
async fn what_is_kept_in_a_bucket_is_there_for_the_next_call() {
    let reach = Reach::new(&["blob:kept"]);
    assert_eq!(
        reach.output("put", "kept a/b hello").await,
        json!(["a/b", 5, true, "invalid"]),
        "an upload that has ended takes no more"
    );
    assert_eq!(reach.output("get", "kept a/b").await, json!([5, "hello", "llo", 0]));
    // A key that others begin with is a key of its own.
    reach.output("put", "kept a over").await;
    reach.output("put", "kept a/c there").await;
    reach.output("put", "kept a/b new").await;
    assert_eq!(reach.output("get", "kept a/b").await, json!([3, "new", "w", 0]));
    assert_eq!(reach.output("list", "kept a/").await, json!(["a/b", "a/c"]));
    assert_eq!(reach.output("list", "kept ").await, json!(["a", "a/b", "a/c"]));
    reach.output("remove", "kept a/b").await;
    reach.output("remove", "kept a/b").await;
    let err = reach.call("get", "kept a/b").await.unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "not-found"), "{err}");
    assert_eq!(reach.output("list", "kept ").await, json!(["a", "a/c"]));
}

#[tokio::test]
async fn a_bucket_is_opened_only_if_it_is_granted() {
    let reach = Reach::new(&["blob:kept"]);
    let (capability, way_out) = reach.denied("put", "other a hello").await;
    assert_eq!(capability, "blob:other");
    assert!(way_out.contains("--grant outward=blob:other"), "{way_out}");
    let err = reach.call("put", "../kept a hello").await.unwrap_err();
    assert!(matches!(&err, PluginError::Said { code, .. } if code == "invalid"), "{err}");
    assert_eq!(Reach::new(&[]).denied("put", "kept a hello").await.0, "blob");
}

#[tokio::test]
async fn an_upload_that_is_not_finished_was_never_there() {
    let reach = Reach::new(&["blob:kept"]);
    reach.output("put", "kept a old").await;
    reach.output("abandon", "kept a").await;
    reach.output("abandon", "kept b").await;
    assert_eq!(reach.output("get", "kept a").await, json!([3, "old", "d", 0]));
    assert_eq!(reach.output("list", "kept ").await, json!(["a"]));
    assert_eq!(reach.output("uploads", "kept").await, json!([4, "limit"]));
    assert_eq!(reach.output("uploads", "kept").await, json!([4, "limit"]), "the room came back");
}

#[tokio::test]
async fn buckets_hold_no_more_than_they_may() {
    let buckets = BucketLimits { bytes: 10 << 20, keys: 4 };
    let reach = Reach::with(
        &["blob:kept", "blob:other"],
        CallLimits { buckets, call_ms: 20_000, ..limits() },
    );
    assert_eq!(reach.output("fill", "kept 3").await, json!(["limit", 2, "limit"]));
    // All buckets of a binding count together, and what is replaced counts once.
    let err = reach.call("fill", "other 1").await.unwrap();
    assert_eq!(err.done.unwrap().output, json!(["limit", 0, "limit"]));
    assert_eq!(reach.output("fill", "kept 2").await, json!(["limit", 2, null]));
    reach.output("put", "other a 1").await;
    reach.output("put", "other b 1").await;
    let err = reach.call("put", "other c 1").await.unwrap_err();
    assert!(err.to_string().contains("more than 4 blobs"), "{err}");
    reach.output("put", "other b 2").await;
}

#[tokio::test]
async fn keys_that_could_be_mistaken_are_refused() {
    let reach = Reach::new(&["blob:kept"]);
    assert_eq!(reach.output("keys", "kept").await, json!(vec!["invalid"; 8]));
}
