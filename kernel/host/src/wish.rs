//! What a plugin asks for, as rules: what is more than before, and what is asked without bounds.
//!
//! Pure: no engine, no I/O.

use wit_envelope::manifest::Request;

use crate::grant::{intersect, name};
use crate::policy::GRANTABLE;

/// Returns all that a plugin asks for that imports `capabilities`, such as `kv` and `process:git`.
pub(crate) fn asked(capabilities: &[&str], requests: &[Request]) -> Vec<String> {
    let mut rules = Vec::new();
    for capability in GRANTABLE.into_iter().filter(|c| capabilities.contains(c)) {
        let of_it = requests.iter().filter(|request| request.capability == capability);
        let parameters: Vec<&String> = of_it.flat_map(|request| &request.parameters).collect();
        if parameters.is_empty() {
            rules.push(capability.to_owned());
        }
        rules.extend(parameters.into_iter().map(|wish| name(capability, Some(wish))));
    }
    rules.sort();
    rules.dedup();
    rules
}

/// Returns those of `asked` that no rule of `given` covers.
pub(crate) fn more<'a>(asked: &'a [String], given: &[String]) -> Vec<&'a String> {
    asked.iter().filter(|wish| !given.iter().any(|rule| covers(rule, wish))).collect()
}

/// Returns whether a wish is for anything at all: any program, any host.
pub(crate) fn is_boundless(wish: &str) -> bool {
    match wish.split_once(':') {
        Some(("http", parameter)) => {
            let place = parameter.split_once(' ').map_or(parameter, |(_, place)| place);
            place.trim_end_matches(":*") == "*"
        }
        Some(("kernel", parameter)) => {
            let path = parameter.split_once(' ').map_or(parameter, |(_, path)| path);
            matches!(path, "*" | "/*" | "/api/*" | "/api/v1/*")
        }
        Some(("tcp", place)) => matches!(place.rsplit_once(':'), Some(("*", _)) | None),
        Some((_, parameter)) => parameter.trim() == "*",
        None => false,
    }
}

/// Returns how a part of a capability may look, as an argument of the command line.
pub(crate) fn part_of(capability: &str) -> String {
    match capability {
        "process" => "process:git".to_owned(),
        "http" => "'http:GET api.example.com'".to_owned(),
        "tcp" => "tcp:db.example.com:5432".to_owned(),
        "kernel" => "'kernel:GET /api/v1/runs/*'".to_owned(),
        _ => format!("{capability}:NAME"),
    }
}

/// Returns a rule as an argument of the command line, whatever a plugin has put into it.
pub(crate) fn quoted(rule: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if rule.chars().all(is_plain) {
        rule.to_owned()
    } else {
        format!("'{}'", rule.replace('\'', r"'\''"))
    }
}

/// Returns whether all of the wish is in the rule.
fn covers(rule: &str, wish: &str) -> bool {
    let (capability, parameter) = wish.split_once(':').unwrap_or((wish, ""));
    let (ruled, pattern) = rule.split_once(':').unwrap_or((rule, "*"));
    if capability != ruled {
        return false;
    }
    if parameter.is_empty() {
        return true;
    }
    match capability {
        // A wish for more bytes than the rule has is met in part only.
        "kv" => intersect(capability, parameter, pattern).as_deref() == Some(parameter),
        _ => {
            let common = intersect(capability, parameter, pattern);
            common.is_some_and(|common| common.eq_ignore_ascii_case(parameter))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_boundless, more, quoted};

    #[track_caller]
    fn check(asked: &[&str], given: &[&str], want: &[&str]) {
        let own = |rules: &[&str]| rules.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>();
        assert_eq!(more(&own(asked), &own(given)), want, "{asked:?} with {given:?}");
    }

    #[test]
    fn what_a_rule_covers_is_no_more_than_before() {
        check(&["process:git", "kv"], &["process:git", "kv"], &[]);
        check(&["process:git"], &["process"], &[]);
        check(&["process:git", "process:sh"], &["process:git"], &["process:sh"]);
        check(&["http:GET api.example.com"], &["http:GET *.example.com"], &[]);
        check(
            &["http:GET *.example.com"],
            &["http:GET api.example.com"],
            &["http:GET *.example.com"],
        );
        check(&["http:POST api.example.com"], &["http:GET *"], &["http:POST api.example.com"]);
        check(&["kv:200"], &["kv:100"], &["kv:200"]);
        check(&["kv:100"], &["kv:200"], &[]);
        check(&["kv"], &["workspace"], &["kv"]);
    }

    #[test]
    fn a_wish_for_anything_is_known() {
        for wish in [
            "process:*",
            "http:GET *",
            "http:* *",
            "http:* *:*",
            "tcp:*:5432",
            "kernel:GET /api/v1/*",
        ] {
            assert!(is_boundless(wish), "{wish}");
        }
        for wish in [
            "process:git",
            "http:GET *.example.com",
            "kv",
            "kv:100",
            "process:/usr/*",
            "tcp:db:5432",
            "kernel:GET /api/v1/runs/*",
        ] {
            assert!(!is_boundless(wish), "{wish}");
        }
    }

    #[test]
    fn rules_are_quoted_for_the_shell_where_they_must() {
        assert_eq!(quoted("process:git"), "process:git");
        assert_eq!(quoted("http:GET *.x"), "'http:GET *.x'");
        assert_eq!(quoted("http:GET a';id;'b"), r"'http:GET a'\'';id;'\''b'");
    }
}
