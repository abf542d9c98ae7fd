//! Users, niceness and limits.

use super::{Place, is_root};

#[tokio::test]
async fn niceness_and_limits_are_those_of_the_program() {
    let place = Place::new();
    let mut spec = place.script("nice; ulimit -n; ulimit -Hn; ulimit -c; echo $0");
    spec.nice = Some(7);
    spec.rlimits = [("nofile".to_owned(), 123), ("core".to_owned(), 0)].into();
    let exit = place.run(spec).await;
    assert_eq!(place.sink.stderr(), "");
    assert_eq!((exit.code, place.sink.stdout().as_str()), (Some(0), "7\n123\n123\n0\nsh\n"));
}

#[tokio::test]
async fn too_large_a_file_ends_a_program_that_may_not_write_it() {
    let place = Place::new();
    let mut spec = place.program("dd", &["if=/dev/zero", "of=large", "bs=1024", "count=100"]);
    spec.rlimits = [("fsize".to_owned(), 4096)].into();
    assert_eq!(place.run(spec).await.signal.as_deref(), Some("XFSZ"));
    assert_eq!(std::fs::metadata(place.path().join("large")).unwrap().len(), 4096);
}

#[tokio::test]
async fn an_unknown_limit_is_refused_with_the_known_ones() {
    let place = Place::new();
    let mut spec = place.script("true");
    spec.rlimits = [("files".to_owned(), 1)].into();
    let text = place.refusal(spec).await;
    assert!(text.contains("\"files\"") && text.contains("nofile"), "{text}");
}

#[tokio::test]
async fn a_program_that_the_shim_cannot_start_says_so() {
    let place = Place::new();
    std::fs::write(place.path().join("noise"), "#!/no/such/interpreter\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.path().join("noise"), executable).unwrap();
    let mut spec = place.program("./noise", &[]);
    spec.nice = Some(1);
    assert_eq!(place.run(spec).await.code, Some(126));
    let text = place.sink.stderr();
    assert!(text.contains("\"./noise\""), "{text}");
}

#[tokio::test]
async fn an_unknown_user_is_refused() {
    let place = Place::new();
    let mut spec = place.script("true");
    spec.user = Some("no-such-user".to_owned());
    let text = place.refusal(spec).await;
    assert!(text.contains("\"no-such-user\""), "{text}");
}

#[tokio::test]
async fn another_user_needs_root_and_keeps_no_groups() {
    let place = Place::new();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.path(), open).unwrap();
    let mut spec = place.script("id -u; id -g; id -G");
    spec.user = Some("12345".to_owned());
    if !is_root() {
        assert!(place.refusal(spec).await.contains("root"));
        return;
    }
    // Without the shim, and with it: the limit is set before the right to raise it is given up.
    place.run(spec.clone()).await;
    assert_eq!(place.sink.stdout(), "12345\n12345\n12345\n");
    let limited = Place::new();
    spec.args[1] = "id -u; id -G; nice; ulimit -n".to_owned();
    spec.nice = Some(-3);
    spec.rlimits = [("nofile".to_owned(), 77)].into();
    let exit = limited.run(spec).await;
    assert_eq!((exit.code, limited.sink.stderr().as_str()), (Some(0), ""));
    assert_eq!(limited.sink.stdout(), "12345\n12345\n-3\n77\n");
}
