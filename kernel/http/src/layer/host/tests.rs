//! Which hosts and origins are refused.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};

use super::super::origin::Origins;
use super::Hosts;
use crate::code::Code;

#[track_caller]
fn check(hosts: &Hosts, host: &str, origin: &str, want: Option<Code>) {
    let mut headers = HeaderMap::new();
    if !host.is_empty() {
        headers.insert(HOST, host.parse().unwrap());
    }
    if !origin.is_empty() {
        headers.insert(ORIGIN, origin.parse().unwrap());
    }
    let refusal = hosts.refusal(&Origins::default(), &Uri::from_static("/livez"), &headers);
    assert_eq!(refusal.map(|refusal| refusal.code), want, "host {host:?} origin {origin:?}");
}

fn loopback() -> Hosts {
    Hosts::Loopback { names: vec!["tenon.internal".to_owned()] }
}

#[test]
fn loopback_names_are_let_in() {
    for host in [
        "",
        "localhost",
        "LOCALHOST:7070",
        "localhost.:7070",
        "127.0.0.1",
        "127.8.9.1:80",
        "[::1]:7070",
        "[::1]",
        "tenon.internal:7070",
    ] {
        check(&loopback(), host, "", None);
    }
}

#[test]
fn other_names_are_refused_in_loopback_mode() {
    for host in [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "10.0.0.1:7070",
        "[::2]",
        "[::1",
        "localhost:port",
        "localhost@example.org",
        "xtenon.internal",
    ] {
        check(&loopback(), host, "", Some(Code::HostRefused));
        check(&Hosts::Any, host, "", None);
    }
}

#[test]
fn an_absolute_address_is_checked_like_the_header() {
    let headers = HeaderMap::from_iter([(HOST, "localhost".parse().unwrap())]);
    let uri = Uri::from_static("http://example.org/livez");
    let refusal = loopback().refusal(&Origins::default(), &uri, &headers);
    assert_eq!(refusal.unwrap().code, Code::HostRefused);
}

#[test]
fn pages_of_other_sites_are_refused() {
    let refused = Some(Code::OriginRefused);
    check(&loopback(), "localhost:7070", "http://localhost:3000", None);
    check(&loopback(), "localhost:7070", "http://example.org", refused);
    check(&loopback(), "localhost:7070", "null", refused);
    check(&Hosts::Any, "ci.example.org", "https://ci.example.org", None);
    check(&Hosts::Any, "ci.example.org", "https://example.org", refused);
    check(&Hosts::Any, "", "https://example.org", refused);
}

#[test]
fn the_public_host_is_let_in_with_one_label_in_front_if_it_says_so() {
    let hosts = Hosts::Loopback { names: vec!["%.ci.example".to_owned()] };
    for host in ["ci.example", "a.ci.example:8080", "A.CI.example."] {
        check(&hosts, host, "", None);
    }
    for host in ["a.b.ci.example", "xci.example", ".ci.example", "example"] {
        check(&hosts, host, "", Some(Code::HostRefused));
    }
}

#[test]
fn pages_of_allowed_origins_are_let_in() {
    let origins = Origins::new(&["https://pages.example".to_owned()]);
    let mut headers = HeaderMap::new();
    headers.insert(HOST, "localhost".parse().unwrap());
    headers.insert(ORIGIN, "https://pages.example".parse().unwrap());
    let uri = Uri::from_static("/livez");
    assert!(loopback().refusal(&origins, &uri, &headers).is_none());
    assert!(loopback().refusal(&Origins::default(), &uri, &headers).is_some());
}
