//! Grants by table: what is asked, what is allowed, what follows.

use kernel_ports::plugin::Granted;
use wit_envelope::manifest::Request;

use super::{Grants, covers, meet};
use crate::policy::Policy;

fn request(capability: &str, parameters: &[&str]) -> Request {
    let parameters = parameters.iter().map(|&p| p.into()).collect();
    Request { capability: capability.into(), parameters, reason: "for tests".into() }
}

fn grants(built_in: bool, asks: &[(&str, &[&str])], rules: &[&str]) -> Grants {
    let mut policy = Policy::new();
    for rule in rules {
        policy.grant("demo", rule).unwrap();
    }
    let requests: Vec<Request> = asks.iter().map(|(c, p)| request(c, p)).collect();
    let imports: Vec<&str> = asks.iter().map(|(c, _)| *c).collect();
    Grants::decide("demo", built_in, &imports, &requests, &policy)
}

#[test]
fn a_star_stands_for_any_text() {
    for (pattern, text, fits) in [
        ("git", "git", true),
        ("git", "gitk", false),
        ("*", "", true),
        ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "acb", false),
        ("aa*aa", "aaa", false),
        ("git", "*", false),
    ] {
        assert_eq!(covers(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn patterns_meet_where_a_text_fits_both() {
    for (a, b, meets) in [
        ("*.yml", "*.yml", true),
        ("*.yml", "ci.yml", true),
        ("*.yml", "*.yaml", false),
        ("ci.*", "*.yml", true),
        ("a*b", "b*a", false),
        ("a*", "*b*c", true),
        ("*", "", true),
        ("a", "", false),
        ("a*a", "a", false),
        ("**", "x", true),
    ] {
        assert_eq!(meet(a, b), meets, "{a} {b}");
        assert_eq!(meet(b, a), meets, "{b} {a}");
    }
}

#[test]
fn a_plugin_gets_what_it_asks_for_and_the_operator_allows() {
    for (built_in, asked, rule, program, allowed) in [
        (true, "git", "", "git", true),
        (true, "git", "", "sh", false),
        (true, "*", "", "./any", true),
        (false, "git", "", "git", false),
        (false, "git", "process:git", "git", true),
        (false, "git", "process", "git", true),
        (false, "git", "process:sh", "sh", false),
        (false, "*", "process:git", "git", true),
        (false, "*", "process:git", "sh", false),
        (false, "/usr/bin/*", "process:*", "/usr/bin/git", true),
        (false, "/usr/bin/*", "process:*", "/usr/bin/../../tmp/x", false),
    ] {
        let rules: Vec<&str> = Some(rule).into_iter().filter(|r| !r.is_empty()).collect();
        let grants = grants(built_in, &[("process", &[asked])], &rules);
        assert_eq!(grants.allows_program(program), allowed, "{asked} ∩ {rule}: {program}");
    }
}

#[test]
fn a_request_needs_method_host_and_port() {
    for (asked, rule, (method, host, port), explicit) in [
        ("GET api.test", "http", ("get", "API.test", None), Some(true)),
        ("GET api.test", "http", ("POST", "api.test", None), None),
        ("GET api.test", "http", ("GET", "api.test", Some(8080)), None),
        ("* *.test", "http", ("PUT", "a.b.test", None), Some(false)),
        ("* *.test", "http:GET a.test", ("GET", "a.test", None), Some(true)),
        // The rule names no host, so the plugin cannot do it for the operator.
        ("GET a.test", "http:GET *.test", ("GET", "a.test", None), Some(false)),
        ("GET a.test", "http:*", ("GET", "a.test", None), Some(false)),
        ("GET 169.254.169.254", "http:GET *", ("GET", "169.254.169.254", None), Some(false)),
        ("* *.test", "http:GET a.test", ("PUT", "a.test", None), None),
        ("GET *", "http:* a.test", ("GET", "a.test", None), Some(true)),
        ("GET *", "http:* a.test", ("GET", "b.test", None), None),
        ("* 127.0.0.1:80*", "http", ("GET", "127.0.0.1", Some(8000)), None),
        ("* 127.0.0.1:8000", "http", ("GET", "127.0.0.1", Some(8000)), Some(true)),
        ("* [::1]:*", "http", ("GET", "[::1]", Some(1)), Some(true)),
        ("* [::1]", "http", ("GET", "[::1]", None), Some(true)),
    ] {
        let grants = grants(false, &[("http", &[asked])], &[rule]);
        let found = grants.allows_host(method, host, port).map(|grant| grant.explicit);
        assert_eq!(found, explicit, "{asked} ∩ {rule}: {method} {host} {port:?}");
    }
}

#[test]
fn the_smaller_of_two_sizes_counts() {
    assert_eq!(grants(true, &[("kv", &["4096"])], &[]).kv_bytes(), 4096);
    assert_eq!(grants(false, &[("kv", &["4096"])], &["kv:100"]).kv_bytes(), 100);
    assert_eq!(grants(true, &[("kv", &[])], &[]).kv_bytes(), 1024 * 1024);
}

#[test]
fn what_is_refused_is_listed_with_the_way_out() {
    let asked: [(&str, &[&str]); 3] =
        [("process", &["git", "sh"]), ("kv", &[]), ("http", &["GET *"])];
    let rules = ["process:git", "http:GET a.example.com", "http:GET b.example.com"];
    let grants = grants(false, &asked, &rules);
    let parts = ["GET a.example.com", "GET b.example.com"].map(str::to_owned).to_vec();
    let mut infos: Vec<_> = grants
        .infos
        .iter()
        .map(|i| (i.capability.as_str(), i.parameter.as_deref(), i.granted.clone()))
        .collect();
    infos.sort_by_key(|(capability, parameter, _)| (*capability, *parameter));
    assert_eq!(
        infos,
        [
            ("http", Some("GET *"), Granted::Part(parts)),
            ("kv", None, Granted::Nothing),
            ("process", Some("git"), Granted::All),
            ("process", Some("sh"), Granted::Nothing),
        ]
    );
    assert!(!grants.allows("kv"));
    assert_eq!(
        grants.way_out("process", Some("sh")),
        "`tenon plugin grant demo process:sh` grants it"
    );
    assert!(grants.way_out("process", Some("rm")).contains("manifest does not ask"));
}
