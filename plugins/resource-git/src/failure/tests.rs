use super::*;
use crate::git::git;

#[track_caller]
fn check(args: &[&str], stderr: &str, status: Status, want: &str) {
    let source = Source { uri: "https://ada:pw@example.com/x".into(), ..Source::default() };
    let call = git(args.iter().copied());
    let ended =
        ProcessEnded { code: Some(128), stderr: Some(stderr.into()), ..ProcessEnded::default() };
    let Step::Done(outcome) = step(&source, &call, &ended) else { panic!("it is the end") };
    assert_eq!((outcome.status, outcome.message.as_deref()), (status, Some(want)));
}

#[test]
fn git_is_quoted_and_the_way_out_is_named() {
    check(
        &["fetch", "--quiet", "tenon"],
        "fatal: could not read Username for 'https://example.com': terminal prompts disabled\n",
        Status::Errored,
        "git fetch of https://example.com/x failed: could not read Username for \
         'https://example.com': terminal prompts disabled; give `username` and `password` in the \
         source",
    );
}

#[test]
fn a_password_that_git_repeats_is_not_shown() {
    check(
        &["ls-remote", "tenon"],
        "remote: hm\nfatal: repository 'https://ada:pw@example.com/x' odd\n",
        Status::Errored,
        "git ls-remote of https://example.com/x failed: repository 'https://example.com/x' odd",
    );
}

#[test]
fn silence_is_told_by_the_exit_code() {
    let want = "git log of https://example.com/x failed with exit code 128";
    check(&["--git-dir=x", "log"], "", Status::Errored, want);
}

#[test]
fn git_is_not_quoted_when_the_uri_holds_a_secret() {
    let uri = "https://((secret:token))@example.com/x";
    let source = Source { uri: uri.into(), ..Source::default() };
    let stderr = "fatal: unable to access 'https://t0ken@example.com/x': hm";
    let ended =
        ProcessEnded { code: Some(128), stderr: Some(stderr.into()), ..ProcessEnded::default() };
    let Step::Done(outcome) = step(&source, &git(["fetch"]), &ended) else { panic!("the end") };
    let want = "git fetch of https://example.com/x failed with exit code 128";
    assert_eq!(outcome.message.as_deref(), Some(want));
}
