//! Whole trees of processes.

use std::path::Path;

use kernel_ports::process::{Processes, Signal};

use super::{Place, ended, lives};

/// A child in the group, and one that leaves it and ignores the polite signals.
const FAMILY: &str = "sh -c 'trap \"\" TERM; echo $$ > child.new; mv child.new child; \
    while :; do sleep 1; done' & \
    setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > stray.new; mv stray.new stray; \
    while :; do sleep 1; done' &";

#[tokio::test]
async fn the_end_of_the_leader_is_the_end_of_all() {
    let place = Place::new();
    let text = format!("{FAMILY} while ! [ -e child ] || ! [ -e stray ]; do sleep 0.01; done");
    let exit = place.run(place.script(&text)).await;
    assert_eq!(exit.code, Some(0));
    let (child, stray) = (place.number_in("child").await, place.number_in("stray").await);
    assert!(!lives(child) && !lives(stray));
}

#[tokio::test]
async fn kill_ends_the_whole_tree_even_those_that_left_the_group() {
    let place = Place::new();
    let process = place.start(place.script(&format!("{FAMILY} wait"))).await.unwrap();
    let (child, stray) = (place.number_in("child").await, place.number_in("stray").await);
    assert!(lives(child) && lives(stray));
    process.signal(Signal::Kill);
    assert_eq!(ended(process.as_ref()).await.signal.as_deref(), Some("KILL"));
    assert!(!lives(child) && !lives(stray));
}

#[tokio::test]
async fn a_signal_reaches_those_that_left_the_group_once() {
    let place = Place::new();
    let text = "setsid sh -c 'trap \"echo got it >> got\" USR1; echo $$ > stray.new; \
        mv stray.new stray; while :; do sleep 0.01; done' & trap 'echo me >> got' USR1; \
        echo 1 > ready; while ! [ -e got ] || [ $(wc -l < got) -lt 2 ]; do sleep 0.01; done; exit 0";
    let process = place.start(place.script(text)).await.unwrap();
    place.number_in("stray").await;
    place.number_in("ready").await;
    process.signal(Signal::Usr1);
    assert_eq!(ended(process.as_ref()).await.code, Some(0));
    let got = std::fs::read_to_string(place.path().join("got")).unwrap();
    let mut lines: Vec<&str> = got.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["got it", "me"]);
}

#[tokio::test]
async fn a_pipe_that_a_stranger_holds_does_not_hold_up_the_end() {
    let place = Place::new();
    // Without its marker and out of its group, it cannot be told from a stranger.
    let text = "env -i /usr/bin/setsid sh -c 'echo $$ > /dev/fd/3; sleep 1000' 3> stray & \
        while ! [ -s stray ]; do sleep 0.01; done; echo done";
    let exit = place.run(place.script(text)).await;
    assert_eq!((exit.code, place.sink.stdout().as_str()), (Some(0), "done\n"));
    let stray = place.number_in("stray").await;
    assert!(lives(stray));
    let status =
        std::process::Command::new("kill").args(["-9", "--", &format!("-{stray}")]).status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn trees_that_run_side_by_side_do_not_touch_each_other() {
    let place = Place::new();
    let other = Place::new();
    let long = other.start(other.script(&format!("{FAMILY} wait"))).await.unwrap();
    let stray = other.number_in("stray").await;
    for _ in 0..20 {
        assert_eq!(place.run(place.script("setsid true & true")).await.code, Some(0));
    }
    assert!(lives(stray));
    long.signal(Signal::Kill);
    ended(long.as_ref()).await;
    assert!(!lives(stray));
}

#[tokio::test]
async fn what_a_dead_server_left_is_found_by_its_marker() {
    let place = Place::new();
    let mut left = place.script(&format!("{FAMILY} wait"));
    left.marker = format!("{}/left", left.marker);
    let prefix = left.marker.clone();
    let process = place.start(left).await.unwrap();
    let strays = [place.number_in("child").await, place.number_in("stray").await];
    let bystander = Place::new();
    let other = bystander.start(bystander.program("sleep", &["1000"])).await.unwrap();
    // The leader, its two children, and the `sleep` of each, perhaps several of those.
    assert!(place.processes.end_marked(&prefix).await >= 3);
    assert!(strays.iter().all(|pid| !lives(*pid)));
    ended(process.as_ref()).await;
    assert_eq!(place.processes.end_marked(&prefix).await, 0);
    assert_eq!(place.processes.end_marked("").await, 0);
    other.signal(Signal::Usr1);
    assert_eq!(ended(other.as_ref()).await.signal.as_deref(), Some("USR1"));
}

#[tokio::test]
async fn no_zombies_stay() {
    let place = Place::new();
    // The orphan's parent has ended, so it is ours, and ends before the leader does.
    let text = "setsid -f sh -c 'echo $$ > orphan.new; mv orphan.new orphan'; \
        while ! [ -e orphan ]; do sleep 0.01; done; sleep 0.1";
    place.run(place.script(text)).await;
    let orphan = place.number_in("orphan").await;
    assert!(!Path::new(&format!("/proc/{orphan}")).exists());
}
