use kernel_ports::access::Identity;

use super::{Rule, RuleError};

fn octo() -> Identity {
    Identity {
        provider: "idp".to_owned(),
        email: "octo@example.com".to_owned(),
        nick_name: "octo".to_owned(),
        organizations: vec!["myorg".to_owned()],
        groups: vec!["platform".to_owned()],
        raw_json: r#"{"plan":{"name":"pro"},"admin":true}"#.to_owned(),
        ..Identity::default()
    }
}

#[track_caller]
fn is(expression: &str, want: bool) {
    let rule = Rule::new(expression).unwrap_or_else(|err| panic!("{expression}: {err}"));
    assert_eq!(rule.evaluate(&octo()), Ok(want), "{expression}");
}

#[track_caller]
fn refused(expression: &str, words: &str) {
    let err = Rule::new(expression).unwrap_err().to_string();
    assert!(err.contains(words), "{expression}: {err}");
}

#[test]
fn rules_of_both_spellings_work_unchanged() {
    is(r#""myorg" in Organizations && Provider == "idp""#, true);
    is(r#""platform" in groups && provider == "idp""#, true);
    is(r#""other" in Organizations || Provider == "other""#, false);
    is(r#"Email endsWith "@example.com""#, true);
    is(r#"email matches "^octo@""#, true);
    is(r#"NickName in ["octo", "cat"]"#, true);
    is(r#"not (nick_name == "octo")"#, false);
    is(r#"any(Groups, # startsWith "plat")"#, true);
    is(r#"any(groups, {# == "platform"})"#, true);
    is(r#"len(Organizations) > 0 ? true : false"#, true);
    is(r#"let org = "myorg"; org in organizations"#, true);
    is(r#"RawData?.admin == true"#, true);
    is("true", true);
}

#[test]
fn what_does_not_parse_is_refused() {
    refused(r#""myorg" in"#, "does not parse");
    refused("(true", "does not parse");
    refused("  ", "empty");
}

#[test]
fn unknown_names_are_refused_wherever_they_stand() {
    refused("Groupz == nil", "\"Groupz\"");
    refused("true || organisation == \"x\"", "\"organisation\"");
    refused(r#"false && Group == "x""#, "did you mean \"groups\"");
    refused(r#"any(groups, # == wanted)"#, "\"wanted\"");
}

#[test]
fn names_in_strings_and_members_are_no_names() {
    is(r#"provider != "Groupz" && provider != 'a\'b'"#, true);
    is(r#"{a: 1}.a == 1 // Groupz"#, true);
}

#[test]
fn what_gives_no_truth_is_refused() {
    refused("1 + 1", "must give true or false");
    refused("provider", "must give true or false");
    refused(r#"nofunction(groups)"#, "cannot be evaluated");
}

#[test]
fn an_endless_rule_is_refused() {
    let long = format!("true{}", " || true".repeat(1_000));
    assert!(matches!(Rule::new(&long), Err(RuleError::Long { .. })));
}
