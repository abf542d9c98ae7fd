use serde_json::{Value, json};
use tenon_sdk::Resource;
use tenon_sdk::envelope::machine::Status;

use crate::driver::{World, request};
use crate::machine::Git;

#[track_caller]
fn versions(world: &World, source: Value, since: Option<Value>) -> Vec<Value> {
    let mut request = request(source);
    request.version = since;
    let outcome = world.run(Git::check, request).expect("the check is answered");
    assert_eq!(outcome.status, Status::Succeeded, "{:?}", outcome.message);
    outcome.output["versions"].as_array().expect("there is a list").clone()
}

#[test]
fn the_first_check_finds_the_newest_commit_by_one_question() {
    let world = World::new();
    world.commit("a", "1");
    let newest = world.commit("a", "2");
    let found = versions(&world, json!({"uri": world.uri()}), None);
    assert_eq!(found, [json!({"ref": newest})]);
    assert_eq!(world.calls.borrow().len(), 1);
}

#[test]
fn a_check_without_news_asks_one_question() {
    let world = World::new();
    let only = world.commit("a", "1");
    let source = json!({"uri": world.uri(), "branch": "main", "paths": ["a"]});
    let found = versions(&world, source, Some(json!({"ref": only})));
    assert_eq!(found, [json!({"ref": only})]);
    assert_eq!(world.calls.borrow().len(), 1);
}

#[test]
fn later_checks_find_all_since_from_old_to_new() {
    let world = World::new();
    let first = world.commit("a", "1");
    let second = world.commit("a", "2");
    let third = world.commit("a", "3");
    let found = versions(&world, json!({"uri": world.uri()}), Some(json!({"ref": first})));
    assert_eq!(found, [json!({"ref": first}), json!({"ref": second}), json!({"ref": third})]);
}

#[test]
fn a_branch_pushed_by_force_starts_anew() {
    let world = World::new();
    world.commit("a", "1");
    let lost = world.commit("a", "2");
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let newest = world.commit("a", "3");
    let found = versions(&world, json!({"uri": world.uri()}), Some(json!({"ref": lost})));
    assert_eq!(found, [json!({"ref": newest})]);
}

#[test]
fn paths_and_ignored_paths_choose_the_commits() {
    let world = World::new();
    let code = world.commit("src/main.rs", "1");
    let docs = world.commit("docs/README.md", "1");
    let both = world.commit("src/lib.rs", "1");
    world.commit("docs/index.md", "2");
    let source = json!({"uri": world.uri(), "paths": ["src"]});
    assert_eq!(versions(&world, source.clone(), None), [json!({"ref": both})]);
    let since = Some(json!({"ref": code}));
    assert_eq!(versions(&world, source, since), [json!({"ref": code}), json!({"ref": both})]);
    let source = json!({"uri": world.uri(), "ignore_paths": ["docs"]});
    let since = Some(json!({"ref": docs}));
    assert_eq!(versions(&world, source, since), [json!({"ref": docs}), json!({"ref": both})]);
}

#[test]
fn tags_are_found_by_pattern_and_in_the_order_of_their_numbers() {
    let world = World::new();
    let first = world.commit("a", "1");
    world.git(&["tag", "v1.9"]);
    let second = world.commit("a", "2");
    world.git(&["tag", "--annotate", "--message=ten", "v1.10"]);
    world.git(&["tag", "other"]);
    let source = json!({"uri": world.uri(), "tag_filter": "v*"});
    let newest = json!({"ref": second, "tag": "v1.10"});
    assert_eq!(versions(&world, source.clone(), None), std::slice::from_ref(&newest));
    let since = json!({"ref": first, "tag": "v1.9"});
    assert_eq!(versions(&world, source, Some(since.clone())), [since, newest]);
}

#[test]
fn an_empty_repository_has_no_versions() {
    let world = World::new();
    assert_eq!(versions(&world, json!({"uri": world.uri()}), None), [] as [Value; 0]);
}

#[test]
fn a_missing_branch_or_repository_is_named_with_the_way_out() {
    let world = World::new();
    world.commit("a", "1");
    let source = json!({"uri": world.uri(), "branch": "nope"});
    let err = world.run(Git::check, request(source)).expect_err("there is no such branch");
    assert_eq!(err.code, "not-found");
    assert!(err.message.contains("no branch \"nope\"; check `branch`"), "{}", err.message);

    let uri = format!("{}-gone", world.uri());
    let outcome = world.run(Git::check, request(json!({"uri": uri}))).expect("git says no");
    assert_eq!(outcome.status, Status::Errored);
    let message = outcome.message.expect("it says why");
    assert!(message.starts_with(&format!("git ls-remote of {uri} failed: ")), "{message}");
    assert!(message.ends_with("; check `uri` in the source"), "{message}");
}

#[test]
fn a_source_that_git_would_misread_is_refused() {
    for (source, part) in [
        (json!({}), "`uri`"),
        (json!({"uri": "x", "branch": "--upload-pack=evil"}), "--upload-pack"),
        (json!({"uri": "x", "brnach": "main"}), "brnach"),
    ] {
        let err = Git::check(request(source)).expect_err("it is refused");
        assert!(err.code == "invalid" && err.message.contains(part), "{err:?}");
    }
    let mut odd = request(json!({"uri": "x"}));
    odd.version = Some(json!({"ref": "--output=evil"}));
    assert_eq!(Git::check(odd).expect_err("it is refused").code, "invalid");
}
