use serde_json::{Value, json};
use tenon_sdk::envelope::machine::{Outcome, Status};
use tenon_sdk::{Resource, testing};

use super::*;
use crate::driver::{World, commit_in, git_in, request};
use crate::machine::Git;

/// A world whose input `source` is a clone with one commit more; the remote takes pushes.
fn world() -> (World, String) {
    let world = World::new();
    world.commit("a.txt", "1");
    world.git(&["config", "receive.denyCurrentBranch", "ignore"]);
    let volume = world.volume("source");
    git_in(&volume, &["clone", "--quiet", &world.uri(), "."]);
    let commit = commit_in(&volume, "b.txt", "1");
    (world, commit)
}

fn put(world: &World, mut source: Value, params: Value) -> Result<Outcome> {
    source["uri"] = json!(world.uri());
    let mut request = request(source);
    request.params = params;
    let mount = |name: &str| Mount { volume: name.into(), path: name.into(), read_only: false };
    request.inputs = vec![mount("source"), mount("facts")];
    world.run(Git::put, request)
}

#[track_caller]
fn pushed(world: &World, source: Value, params: Value) -> Value {
    let outcome = put(world, source, params).expect("the put is answered");
    assert_eq!(outcome.status, Status::Succeeded, "{:?}", outcome.message);
    outcome.output["version"].clone()
}

fn facts(files: &[(&str, &str)]) {
    let volume = Volume::open("facts").expect("it opens");
    for (path, text) in files {
        volume.write(path, text).expect("it is written");
    }
}

#[test]
fn head_is_pushed_to_the_branch_that_the_remote_calls_its_own() {
    let (world, commit) = world();
    let version = pushed(&world, json!({}), json!({"repository": "source"}));
    assert_eq!(version, json!({"ref": commit}));
    assert_eq!(world.git(&["rev-parse", "main"]), commit);
}

#[test]
fn another_branch_is_made() {
    let (world, commit) = world();
    pushed(&world, json!({"branch": "main"}), json!({"repository": "source", "branch": "next"}));
    assert_eq!(world.git(&["rev-parse", "next"]), commit);
}

#[test]
fn a_push_that_others_forestalled_fails_with_the_way_out() {
    let (world, _) = world();
    world.commit("c.txt", "1");
    let outcome = put(&world, json!({}), json!({"repository": "source"})).expect("git answers");
    assert_eq!(outcome.status, Status::Failed);
    let message = outcome.message.expect("it says why");
    assert!(message.contains("set `rebase: true`"), "{message}");
}

#[test]
fn a_rebase_puts_the_commits_on_top() {
    let (world, commit) = world();
    let theirs = world.commit("c.txt", "1");
    let version = pushed(&world, json!({}), json!({"repository": "source", "rebase": true}));
    let head = world.git(&["rev-parse", "main"]);
    assert_eq!(version, json!({"ref": head}));
    assert_ne!(head, commit);
    assert_eq!(world.git(&["rev-parse", "main~1"]), theirs);
}

#[test]
fn a_conflict_fails_and_says_so() {
    let (world, _) = world();
    world.commit("b.txt", "theirs");
    let params = json!({"repository": "source", "rebase": true});
    let outcome = put(&world, json!({}), params).expect("git answers");
    assert_eq!(outcome.status, Status::Failed);
    assert!(outcome.message.is_some_and(|message| message.contains("rebase them by hand")));
}

#[test]
fn force_overwrites_what_others_pushed() {
    let (world, commit) = world();
    world.commit("c.txt", "1");
    pushed(&world, json!({}), json!({"repository": "source", "force": true}));
    assert_eq!(world.git(&["rev-parse", "main"]), commit);
}

#[test]
fn a_tag_is_read_from_a_file_and_pushed_alone() {
    let (world, commit) = world();
    facts(&[("version", "1.2.3\n"), ("message", "The third\n")]);
    let before = world.git(&["rev-parse", "main"]);
    let params = json!({
        "repository": "source",
        "tag": "facts/version",
        "tag_prefix": "v",
        "annotate": "facts/message",
        "only_tag": true,
    });
    let version = pushed(&world, json!({"tag_filter": "v*"}), params);
    assert_eq!(version, json!({"ref": commit, "tag": "v1.2.3"}));
    assert_eq!(world.git(&["rev-parse", "v1.2.3^{commit}"]), commit);
    assert_eq!(world.git(&["tag", "--list", "--format=%(contents)", "v1.2.3"]), "The third");
    assert_eq!(world.git(&["rev-parse", "main"]), before);
}

#[test]
fn params_that_make_no_sense_are_refused() {
    testing::reset();
    for (params, part) in [
        (json!({}), "`repository`"),
        (json!({"repository": "nope"}), "no input holds \"nope\"; there are: source, facts"),
        (json!({"repository": "source", "only_tag": true}), "`tag`"),
        (json!({"repository": "source", "rebase": true, "force": true}), "exclude each other"),
        (json!({"repository": "source", "branch": "a b"}), "\"a b\""),
    ] {
        let world = World::new();
        let err = put(&world, json!({}), params).expect_err("it is refused");
        assert!(err.message.contains(part), "{}", err.message);
    }
}
