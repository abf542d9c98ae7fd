use std::fs;

use serde_json::json;
use tenon_sdk::envelope::machine::{Outcome, Status};
use tenon_sdk::{Resource, testing};

use crate::driver::{World, git_in, request};
use crate::machine::Git;

#[track_caller]
fn got(world: &World, source: serde_json::Value, version: serde_json::Value) -> Outcome {
    let mut request = request(source);
    request.version = Some(version);
    request.volume = Some("source".into());
    let outcome = world.run(Git::get, request).expect("the get is answered");
    assert_eq!(outcome.status, Status::Succeeded, "{:?}", outcome.message);
    outcome
}

fn fact(name: &str) -> String {
    testing::with(|host| {
        let file = host.volumes["source"].get(&format!(".git/{name}")).expect("it was written");
        String::from_utf8_lossy(&file.bytes).into_owned()
    })
}

#[test]
fn a_commit_is_checked_out_on_its_branch_with_its_facts() {
    let world = World::new();
    let old = world.commit("a.txt", "1");
    world.commit("a.txt", "2");
    let outcome = got(&world, json!({"uri": world.uri()}), json!({"ref": old}));
    let volume = world.volume("source");
    assert_eq!(fs::read_to_string(volume.join("a.txt")).expect("it is there"), "1");
    assert_eq!(git_in(&volume, &["rev-parse", "--abbrev-ref", "HEAD"]), "main");
    assert_eq!(git_in(&volume, &["remote", "get-url", "origin"]), world.uri());
    assert_eq!(fact("ref"), format!("{old}\n"));
    assert_eq!(fact("short_ref"), format!("{}\n", &old[..7]));
    assert_eq!(fact("commit_message"), "Change a.txt\n\nBecause.\n");
    assert_eq!(fact("committer"), "ada@example.com\n");
    assert_eq!(outcome.output["version"], json!({"ref": old}));
    let metadata = outcome.output["metadata"].as_array().expect("there is a list");
    let names: Vec<_> = metadata.iter().filter_map(|fact| fact["name"].as_str()).collect();
    let want =
        ["commit", "author", "author_date", "committer", "committer_date", "branch", "message"];
    assert_eq!(names, want);
    assert_eq!(metadata[1]["value"], "Ada");
}

#[test]
fn a_second_attempt_cleans_what_the_first_one_left() {
    let world = World::new();
    let commit = world.commit("a.txt", "1");
    got(&world, json!({"uri": world.uri()}), json!({"ref": commit}));
    let volume = world.volume("source");
    fs::write(volume.join("a.txt"), "changed").expect("it is writable");
    fs::write(volume.join("left"), "").expect("it is writable");
    got(&world, json!({"uri": world.uri()}), json!({"ref": commit}));
    assert_eq!(fs::read_to_string(volume.join("a.txt")).expect("it is there"), "1");
    assert!(!volume.join("left").exists());
}

#[test]
fn a_depth_fetches_so_many_commits_of_an_old_version() {
    let world = World::new();
    world.commit("a.txt", "1");
    let old = world.commit("a.txt", "2");
    world.commit("a.txt", "3");
    got(&world, json!({"uri": world.uri(), "depth": 1}), json!({"ref": old}));
    let count = git_in(&world.volume("source"), &["rev-list", "--count", "HEAD"]);
    assert_eq!(count, "1");
}

#[test]
fn a_tag_is_checked_out_without_a_branch() {
    let world = World::new();
    let commit = world.commit("a.txt", "1");
    world.git(&["tag", "v1"]);
    world.commit("a.txt", "2");
    let version = json!({"ref": commit, "tag": "v1"});
    let outcome = got(&world, json!({"uri": world.uri(), "tag_filter": "v*"}), version.clone());
    assert_eq!(outcome.output["version"], version);
    assert_eq!(fact("tags"), "v1\n");
    let head = git_in(&world.volume("source"), &["rev-parse", "--abbrev-ref", "HEAD"]);
    assert_eq!(head, "HEAD");
}

#[test]
fn a_commit_of_another_branch_is_found() {
    let world = World::new();
    world.commit("a.txt", "1");
    world.git(&["checkout", "--quiet", "-b", "side"]);
    let side = world.commit("b.txt", "1");
    world.git(&["checkout", "--quiet", "main"]);
    got(&world, json!({"uri": world.uri(), "branch": "main"}), json!({"ref": side}));
    assert!(world.volume("source").join("b.txt").exists());
}

#[test]
fn a_commit_that_is_gone_is_named_with_the_way_out() {
    let world = World::new();
    world.commit("a.txt", "1");
    let mut request = request(json!({"uri": world.uri()}));
    request.version = Some(json!({"ref": "0123456789012345678901234567890123456789"}));
    request.volume = Some("source".into());
    let err = world.run(Git::get, request).expect_err("there is no such commit");
    assert_eq!(err.code, "not-found");
    assert!(err.message.contains("has no commit 0123456789"), "{}", err.message);
}
