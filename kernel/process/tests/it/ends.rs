//! How programs begin and end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kernel_ports::process::Signal;

use super::{Place, ended};

#[tokio::test]
async fn the_exit_code_is_reported_to_everyone_who_waits() {
    let place = Place::new();
    let process = place.start(place.script("exit 7")).await.unwrap();
    let (one, two) = tokio::join!(ended(process.as_ref()), ended(process.as_ref()));
    assert_eq!((one.code, one.signal.clone()), (Some(7), None));
    assert_eq!(one, two);
    assert_eq!(ended(process.as_ref()).await, one);
}

#[tokio::test]
async fn death_by_a_signal_names_it() {
    let place = Place::new();
    let exit = place.run(place.script("kill -SEGV $$")).await;
    assert_eq!((exit.code, exit.signal.as_deref()), (None, Some("SEGV")));
    let process = place.start(place.program("sleep", &["1000"])).await.unwrap();
    process.signal(Signal::Term);
    assert_eq!(ended(process.as_ref()).await.signal.as_deref(), Some("TERM"));
    process.signal(Signal::Kill);
}

#[tokio::test]
async fn a_program_that_handles_a_signal_ends_as_it_likes() {
    let place = Place::new();
    let text = "trap 'exit 9' INT; echo 1 > ready; while :; do sleep 0.01; done";
    let process = place.start(place.script(text)).await.unwrap();
    place.number_in("ready").await;
    process.signal(Signal::Int);
    assert_eq!(ended(process.as_ref()).await.code, Some(9));
}

#[tokio::test]
async fn the_environment_holds_what_was_given_and_the_marker() {
    let place = Place::new();
    let mut spec = place.program("env", &[]);
    spec.env.insert("GREETING".to_owned(), "good day".to_owned());
    let marker = spec.marker.clone();
    place.run(spec).await;
    let text = place.sink.stdout();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let marker = format!("TENON_ATTEMPT={marker}");
    assert_eq!(lines, ["GREETING=good day", "PATH=/usr/bin:/bin", &marker]);
}

#[tokio::test]
async fn it_runs_in_its_directory_under_its_own_name() {
    let place = Place::new();
    place.run(place.script("pwd; echo $0")).await;
    let dir = place.path().canonicalize().unwrap();
    assert_eq!(place.sink.stdout(), format!("{}\nsh\n", dir.display()));
}

#[tokio::test]
async fn a_missing_program_says_where_it_was_looked_for() {
    let place = Place::new();
    let text = place.refusal(place.program("no-such-program", &[])).await;
    assert!(text.contains("\"no-such-program\"") && text.contains("/usr/bin:/bin"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_executed_says_why() {
    let place = Place::new();
    let write = |name: &str, text: &str, mode| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    };
    write("plain", "#!/bin/sh\n", 0o644);
    write("orphan", "#!/no/such/interpreter\n", 0o755);
    write("noise", "\u{1}\u{2}\u{3}", 0o755);
    for (program, reason) in
        [("./plain", "chmod +x"), ("./orphan", "interpreter"), ("./noise", "#!/bin/sh")]
    {
        let text = place.refusal(place.program(program, &[])).await;
        assert!(text.contains(reason), "{program}: {text}");
    }
}

#[tokio::test]
async fn a_directory_that_has_vanished_is_named() {
    let place = Place::new();
    let mut spec = place.script("true");
    spec.dir = place.path().join("gone");
    let text = place.refusal(spec).await;
    assert!(text.contains("gone does not exist"), "{text}");
}
