//! Plugins from addresses: a server with a certificate that it has signed itself.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use kernel_package::fetch::{Access, Gate};
use kernel_package::signing::KeyKind;
use kernel_package::{Digest, FetchError, Package, Source, Trust};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{COMPONENT, fetcher, key, run};

/// What the server answers, by path; a text that begins so is a redirect.
const TO: &str = "redirect:";

struct Server {
    address: String,
    folder: tempfile::TempDir,
}

impl Server {
    async fn start(answers: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                         -keyout key.pem -out cert.pem -subj /CN=tests \
                         -addext subjectAltName=IP:127.0.0.1 \
                         -addext basicConstraints=critical,CA:FALSE";
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        run("openssl", &arguments, folder.path());
        let cert = CertificateDer::from_pem_file(folder.path().join("cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.path().join("key.pem")).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answers: BTreeMap<String, Vec<u8>> =
            answers.iter().map(|(path, body)| ((*path).to_owned(), body.to_vec())).collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                let mut stream = BufReader::new(stream);
                let mut head = String::new();
                while stream.read_line(&mut head).await.unwrap_or(0) > 2 {}
                let path = head.split(' ').nth(1).unwrap_or_default();
                let answer = answer(answers.get(path));
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, folder }
    }

    fn access(&self) -> Access {
        Access { ca: Some(self.certificate()), ..Access::default() }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    async fn fetch(&self, access: Access, path: &str, bytes: &[u8]) -> Result<Package, FetchError> {
        let text = format!("https://{}{path}#{}", self.address, Digest::of(bytes));
        fetcher(access).fetch(&text.parse::<Source>().unwrap()).await
    }
}

fn answer(body: Option<&Vec<u8>>) -> Vec<u8> {
    let Some(body) = body else {
        return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            .to_vec();
    };
    if let Some(to) = std::str::from_utf8(body).ok().and_then(|text| text.strip_prefix(TO)) {
        let head = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\nlocation:";
        return format!("{head} {to}\r\n\r\n").into_bytes();
    }
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

#[track_caller]
fn refused(fetched: Result<Package, FetchError>, because: &str) {
    let text = fetched.unwrap_err().to_string();
    assert!(text.contains(because), "{text}");
}

#[tokio::test]
async fn a_plugin_is_fetched_with_the_signatures_beside_it() {
    let (minisign, trust) = key(KeyKind::Minisign, "*");
    let (ed25519, other) = key(KeyKind::Ed25519, "*");
    let minisig = minisign.file_sign(COMPONENT).unwrap().1;
    let sig = ed25519.file_sign(COMPONENT).unwrap().1;
    let server = Server::start(&[
        ("/nice.wasm", COMPONENT),
        ("/nice.wasm.minisig", minisig.as_bytes()),
        ("/nice.wasm.sig", sig.as_bytes()),
    ])
    .await;
    let package = server.fetch(server.access(), "/nice.wasm", COMPONENT).await.unwrap();
    assert_eq!(package.bytes, COMPONENT);
    assert_eq!(package.origin, format!("https://{}/nice.wasm", server.address));
    for store in [trust, other] {
        assert_eq!(store.judge(&package), Trust::Trusted { key: "acme".to_owned() });
    }
}

#[tokio::test]
async fn other_bytes_than_the_digest_says_are_refused() {
    let server = Server::start(&[("/nice.wasm", b"evil")]).await;
    let fetched = server.fetch(server.access(), "/nice.wasm", COMPONENT).await;
    refused(fetched, &format!("its digest is {}, not", Digest::of(b"evil")));
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_refused() {
    let server = Server::start(&[("/nice.wasm", COMPONENT)]).await;
    let fetched = server.fetch(Access::default(), "/nice.wasm", COMPONENT).await;
    refused(fetched, "add its certificate by --ca");
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("ca.pem");
    fs::write(&empty, "").unwrap();
    let access = Access { ca: Some(empty), ..Access::default() };
    let err = kernel_package::Fetcher::new(access, kernel_package::Limits::default()).unwrap_err();
    assert!(err.to_string().contains("there is no certificate in it"), "{err}");
}

#[tokio::test]
async fn a_redirect_is_followed_within_its_scheme_only() {
    let server = Server::start(&[
        ("/new.wasm", COMPONENT),
        ("/old.wasm", b"redirect:/new.wasm"),
        ("/evil.wasm", b"redirect:http://127.0.0.1:1/new.wasm"),
        ("/round.wasm", b"redirect:/round.wasm"),
    ])
    .await;
    let fetched = server.fetch(server.access(), "/old.wasm", COMPONENT).await;
    assert_eq!(fetched.unwrap().bytes, COMPONENT);
    let fetched = server.fetch(server.access(), "/evil.wasm", COMPONENT).await;
    refused(fetched, "redirects to http://, another scheme");
    let fetched = server.fetch(server.access(), "/round.wasm", COMPONENT).await;
    refused(fetched, "redirects more than 5 times");
}

/// Lets requests reach one address.
#[derive(Debug)]
struct Only(IpAddr);

impl Gate for Only {
    fn check(&self, _: &str, address: IpAddr) -> Result<(), String> {
        if address == self.0 { Ok(()) } else { Err(format!("{address} is not for you")) }
    }
}

#[tokio::test]
async fn a_gate_is_asked_for_each_address_that_is_dialled() {
    let server = Server::start(&[
        ("/nice.wasm", COMPONENT),
        ("/away.wasm", b"redirect:https://127.0.0.2:1/nice.wasm"),
    ])
    .await;
    let gated = |address: &str| {
        let gate = Arc::new(Only(address.parse().unwrap()));
        Access { gate: Some(gate), ..server.access() }
    };
    let fetched = server.fetch(gated("127.0.0.1"), "/nice.wasm", COMPONENT).await;
    assert_eq!(fetched.unwrap().bytes, COMPONENT);
    let fetched = server.fetch(gated("127.0.0.9"), "/nice.wasm", COMPONENT).await;
    refused(fetched, "127.0.0.1 must not be reached: 127.0.0.1 is not for you");
    // Where a redirect leads is judged before it is dialled: nobody listens there.
    let fetched = server.fetch(gated("127.0.0.1"), "/away.wasm", COMPONENT).await;
    refused(fetched, "127.0.0.2 must not be reached");
    let name = format!("https://localhost:1/nice.wasm#{}", Digest::of(COMPONENT));
    let fetched = fetcher(gated("192.0.2.1")).fetch(&name.parse().unwrap()).await;
    refused(fetched, "localhost must not be reached");
}

#[tokio::test]
async fn plain_http_and_missing_files_are_refused() {
    let server = Server::start(&[]).await;
    let fetched = server.fetch(server.access(), "/gone.wasm", COMPONENT).await;
    refused(fetched, "/gone.wasm is not there");
    let text = format!("http://{}/nice.wasm#{}", server.address, Digest::of(COMPONENT));
    let fetched = fetcher(Access::default()).fetch(&text.parse().unwrap()).await;
    refused(fetched, &format!("--plain-http {}", server.address));
}
