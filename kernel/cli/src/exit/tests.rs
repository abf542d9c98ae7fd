use super::*;

const ALL: [Exit; 11] = [
    Exit::Succeeded,
    Exit::Failed,
    Exit::Usage,
    Exit::Errored,
    Exit::TimedOut,
    Exit::Cancelled,
    Exit::Skipped,
    Exit::Unreachable,
    Exit::Refused,
    Exit::Broken,
    Exit::Killed,
];

#[test]
fn each_code_is_in_the_help_and_means_one_thing() {
    let mut codes: Vec<u8> = ALL.iter().map(|exit| exit.code()).collect();
    for code in &codes {
        assert!(HELP.lines().any(|line| line.starts_with(&format!("{code:>4}  "))), "{code}");
    }
    codes.dedup();
    assert_eq!(codes.len(), ALL.len());
}

#[test]
fn the_four_ways_not_to_succeed_are_told_apart() {
    let marks = [Mark::Failed, Mark::Errored, Mark::TimedOut, Mark::Cancelled];
    assert_eq!(marks.map(|mark| Exit::of(mark).code()), [1, 3, 4, 5]);
}
