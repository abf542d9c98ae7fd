//! What a plugin asks for, as rules: what is more than before, and what is asked without bounds.
//!
//! Pure: no engine, no I/O.

use wit_envelope::manifest::Request;

use crate::grant::{KV_BYTES, intersect, name};
use crate::policy::GRANTABLE;

/// The capabilities that are had as a whole, or with a size, rather than part by part.
const WHOLE: [&str; 4] = ["output", "workspace", "keyring", "kv"];

/// Returns all that a plugin asks for that imports `capabilities`, such as `kv` and `process:git`.
pub(crate) fn asked(capabilities: &[&str], requests: &[Request]) -> Vec<String> {
    let mut rules = Vec::new();
    for capability in GRANTABLE.into_iter().filter(|c| capabilities.contains(c)) {
        let of_it = requests.iter().filter(|request| request.capability == capability);
        let parameters: Vec<&String> = of_it.flat_map(|request| &request.parameters).collect();
        if parameters.is_empty() && !has_parts(capability) {
            rules.push(capability.to_owned());
        }
        rules.extend(parameters.into_iter().map(|wish| name(capability, Some(wish))));
    }
    rules.sort();
    rules.dedup();
    rules
}

/// Returns whether a capability is given part by part: host by host, program by program.
pub(crate) fn has_parts(capability: &str) -> bool {
    !WHOLE.contains(&capability)
}

/// Returns the rules with every capability that is given as a whole (`http`) replaced by what is
/// asked of it now, so that a later version finds nothing there for what it asks for then. What is
/// asked without bounds is not in it: that needs to be said.
pub(crate) fn settled(rules: &[String], asked: &[String]) -> Vec<String> {
    let mut settled = Vec::new();
    for rule in rules {
        let of_it = asked.iter().filter(|wish| capability_of(wish) == rule && !is_boundless(wish));
        match rule.as_str() {
            rule if rule.contains(':') => settled.push(rule.to_owned()),
            "kv" => settled.extend(of_it.map(|wish| match wish.as_str() {
                "kv" => name("kv", Some(&KV_BYTES.to_string())),
                wish => wish.to_owned(),
            })),
            _ => settled.extend(of_it.cloned()),
        }
    }
    settled.sort();
    settled.dedup();
    settled
}

/// Returns the capability that a rule or wish is for.
pub(crate) fn capability_of(rule: &str) -> &str {
    rule.split_once(':').map_or(rule, |(capability, _)| capability)
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
    let capability = capability_of(wish);
    if capability != capability_of(rule) {
        return false;
    }
    let Some((_, parameter)) = wish.split_once(':') else { return true };
    let pattern = rule.split_once(':').map(|(_, pattern)| pattern);
    match (capability, pattern) {
        // A wish for more bytes than the rule has is met in part only.
        ("kv", None) => parameter.parse().is_ok_and(|size: u64| size <= KV_BYTES),
        ("kv", Some(size)) => intersect(capability, parameter, size).as_deref() == Some(parameter),
        // It was for what was asked then.
        (_, None) => false,
        (_, Some(pattern)) => {
            let common = intersect(capability, parameter, pattern);
            common.is_some_and(|common| common.eq_ignore_ascii_case(parameter))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_boundless, more, quoted, settled};

    fn own(rules: &[&str]) -> Vec<String> {
        rules.iter().map(|rule| (*rule).to_owned()).collect()
    }

    #[track_caller]
    fn check(asked: &[&str], given: &[&str], want: &[&str]) {
        assert_eq!(more(&own(asked), &own(given)), want, "{asked:?} with {given:?}");
    }

    #[test]
    fn what_a_rule_covers_is_no_more_than_before() {
        check(&["process:git", "kv"], &["process:git", "kv"], &[]);
        check(&["process:git"], &["process"], &["process:git"]);
        check(&["process:git"], &["process:*"], &[]);
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
        check(&["kv", "workspace"], &["kv:100", "workspace"], &[]);
        check(&["kv:1048576"], &["kv"], &[]);
        check(&["kv:1048577"], &["kv"], &["kv:1048577"]);
    }

    #[test]
    fn a_whole_capability_is_what_is_asked_of_it_now() {
        for (rules, asked, want) in [
            (
                &["process"][..],
                &["process:git", "process:sh"][..],
                &["process:git", "process:sh"][..],
            ),
            (&["process", "process:git"], &["process:git"], &["process:git"]),
            (&["process:sh"], &["process:git"], &["process:sh"]),
            (&["process"], &["process:*", "process:git"], &["process:git"]),
            (&["process"], &["process:*"], &[]),
            (&["http"], &["process:git"], &[]),
            (&["workspace", "kv"], &["workspace", "kv"], &["kv:1048576", "workspace"]),
            (&["kv"], &["kv:200"], &["kv:200"]),
        ] {
            assert_eq!(settled(&own(rules), &own(asked)), want, "{rules:?} of {asked:?}");
        }
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
