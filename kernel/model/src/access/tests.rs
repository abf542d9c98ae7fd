use super::{Scope, Verb, Verbs};

#[test]
fn a_set_has_what_it_was_made_of() {
    let some: Verbs = [Verb::View, Verb::Edit].into_iter().collect();
    assert_eq!(some.to_string(), "view, edit");
    assert!(some.has(Verb::Edit) && !some.has(Verb::Admin));
    assert!(Verbs::all().covers(some) && !some.covers(Verbs::all()));
    assert_eq!(Verbs::from_bits(some.bits()), Some(some));
    assert_eq!(Verbs::from_bits(0b0100_0000), None);
}

#[test]
fn each_verb_is_read_back() {
    for verb in Verb::ALL {
        assert_eq!(verb.word().parse(), Ok(verb));
    }
    let err = "delete".parse::<Verb>().unwrap_err().to_string();
    assert!(err.contains("view, run, approve, edit, secret-write, admin"), "{err}");
}

#[test]
fn each_scope_is_read_back() {
    for text in ["server", "project/p", "project/p/pipeline/ci"] {
        assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
    }
}

#[test]
fn what_cannot_be_a_path_is_no_scope() {
    for text in ["", "servers", "project", "project/", "project/..", "project/p/pipeline/../x"] {
        assert!(text.parse::<Scope>().is_err(), "{text}");
    }
}

#[test]
fn scopes_lie_in_each_other() {
    let scope: Scope = "project/p/pipeline/ci".parse().unwrap();
    let project = scope.parent().unwrap();
    assert_eq!(project.to_string(), "project/p");
    assert_eq!(project.parent(), Some(Scope::Server));
    assert_eq!(Scope::Server.parent(), None);
}
