use axum::http::{HeaderMap, Uri};
use expect_test::{Expect, expect};
use kernel_model::name::ProjectName;

use super::{Addressing, Wanted};

fn single() -> Addressing {
    Addressing { only: Some(ProjectName::new("web").unwrap()), base: None }
}

fn hosts() -> Addressing {
    Addressing { only: None, base: Some("Example.com".to_owned()) }
}

fn found(addressing: &Addressing, uri: &str, headers: &[(&'static str, &str)]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    let wanted = addressing.wanted(&uri.parse::<Uri>().unwrap(), &map);
    match (&wanted, wanted.name()) {
        (Wanted::Unsaid, Ok(name)) => format!("{name}, unsaid"),
        (_, Ok(name)) => name.to_string(),
        (_, Err(err)) => format!("{}: {}", err.code.word(), err.detail),
    }
}

#[track_caller]
fn check(addressing: &Addressing, uri: &str, headers: &[(&'static str, &str)], want: Expect) {
    want.assert_eq(&found(addressing, uri, headers));
}

#[test]
fn a_request_says_it_by_header_or_query() {
    let free = Addressing::default();
    check(&free, "/x", &[], expect!["default, unsaid"]);
    check(&free, "/x", &[("x-tenon-project", "api")], expect!["api"]);
    check(&free, "/x", &[("x-project", "api")], expect!["api"]);
    check(&free, "/x?project=api&limit=2", &[], expect!["api"]);
    check(&free, "/x?project=", &[], expect!["default, unsaid"]);
    check(&free, "/x?project=api", &[("x-tenon-project", "api")], expect!["api"]);
    check(
        &free,
        "/x?project=api",
        &[("x-tenon-project", "web")],
        expect!["project-mismatch: the request is about api, and it came to web"],
    );
    check(&free, "/x", &[("host", "api.example.com")], expect!["default, unsaid"]);
}

#[test]
fn names_that_would_lead_elsewhere_are_refused() {
    let free = Addressing::default();
    for (addressing, uri, headers) in [
        (&free, "/x", &[("x-tenon-project", "../../x")][..]),
        (&free, "/x?project=..%2F..%2Fx", &[]),
        (&single(), "/x", &[("x-project", "../../x")]),
    ] {
        let refused = found(addressing, uri, headers);
        assert!(refused.starts_with("project-invalid: \"../../x\" cannot be"), "{refused}");
    }
    check(
        &hosts(),
        "/x",
        &[("host", "a_b.example.com")],
        expect![[
            r#"project-invalid: "a_b" cannot be a name of a project: expected 1 to 63 lower-case letters, digits or '-', not starting or ending with '-'"#
        ]],
    );
}

#[test]
fn a_server_of_one_project_takes_no_other() {
    check(&single(), "/x", &[], expect!["web"]);
    check(&single(), "/x", &[("x-tenon-project", "web")], expect!["web"]);
    check(
        &single(),
        "/x",
        &[("x-tenon-project", "api")],
        expect!["project-mismatch: the request is about api, and it came to web"],
    );
}

#[test]
fn the_host_says_it_where_the_operator_wants_that() {
    check(&hosts(), "/x", &[("host", "API.example.com:7070")], expect!["api"]);
    check(&hosts(), "/x", &[("host", "api.example.com.")], expect!["api"]);
    check(&hosts(), "http://api.example.com/x", &[], expect!["api"]);
    check(
        &hosts(),
        "/x?project=web",
        &[("host", "api.example.com")],
        expect!["project-mismatch: the request is about web, and it came to api"],
    );
    check(
        &hosts(),
        "http://web.example.com/x",
        &[("host", "api.example.com")],
        expect!["project-mismatch: the request is about web, and it came to api"],
    );
    check(
        &hosts(),
        "/x",
        &[("host", "example.com")],
        expect!["project-required: the request does not say which project it is about"],
    );
    check(&hosts(), "/x", &[("host", "example.com"), ("x-tenon-project", "api")], expect!["api"]);
    check(
        &hosts(),
        "/x",
        &[("host", "127.0.0.1:7070")],
        expect!["project-required: the request does not say which project it is about"],
    );
    check(
        &hosts(),
        "/x",
        &[("host", "example.org"), ("x-tenon-project", "api")],
        expect![[r#"host-refused: this server does not answer to the name "example.org""#]],
    );
}
