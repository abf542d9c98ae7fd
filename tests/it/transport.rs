//! What a command says when there is no answer: only if nobody is there, that nobody is there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use crate::tenon::{Said, said};

fn list(server: &str) -> Said {
    said(&["plugin", "list", "--server", server])
}

/// Says `answer` to whoever connects, once, and then hangs up.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // What it reads or whether it can answer is the client's affair.
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer);
    });
    address
}

#[test]
fn nobody_is_there_only_if_nobody_is_there() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let absent = list(&format!("http://{free}")).ends(10);
    assert!(absent.stderr.contains("no tenon server answers at"), "{}", absent.stderr);
    for (scheme, answer, part) in [
        ("http", &b""[..], "broke before the whole answer was there"),
        ("http", b"HTTP/1.1 200 OK\r\ncontent-le", "broke before the whole answer was there"),
        ("http", b"ssh, not http\r\n\r\n", "broke before the whole answer was there"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "no connection that can be trusted"),
    ] {
        let said = list(&format!("{scheme}://{}", answering(answer))).ends(10);
        assert!(said.stderr.contains(part), "{scheme} {}", said.stderr);
        assert!(!said.stderr.contains("/api/v1"), "{}", said.stderr);
    }
}

#[test]
fn an_answer_that_is_none_of_ours_is_told_by_its_status() {
    for (answer, part) in [
        (
            &b"HTTP/1.1 431 Too Large\r\ncontent-length: 0\r\n\r\n"[..],
            "431: the head of the request is too large",
        ),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", "502 without saying why"),
        (
            b"HTTP/1.1 500 Oh\r\nx-request-id: 0a1b\r\ncontent-length: 15\r\n\r\n{\"status\": 500}",
            "the server's log says why, under the request id 0a1b",
        ),
    ] {
        let said = list(&format!("http://{}", answering(answer))).ends(11);
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}
