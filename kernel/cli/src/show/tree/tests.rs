use expect_test::{Expect, expect};

use super::*;
use crate::show::view::sample::{NOW_MS, failed, running};

#[track_caller]
fn check(view: &View, rows_max: usize, width: usize, want: Expect) {
    let look = Look { colors: false, width };
    let draw = Draw { look, now_ms: NOW_MS, turn: None, rows_max };
    want.assert_eq(&(lines(view, draw).join("\n") + "\n"));
}

#[test]
fn a_tree_shows_states_times_and_reasons() {
    check(
        &running(),
        100,
        100,
        expect![[r#"
        ✓ source             900ms
        ├─ ✓ get repo         1.8s
        └─ ✓ setup            2.7s  reused
        ▸ checks             12.0s
        └─ ▸ in parallel     11.9s
           ├─ ▸ lint         11.8s  attempt 2
           └─ · test                waits: all 2 slots are taken
    "#]],
    );
    check(
        &failed(),
        100,
        100,
        expect![[r#"
        ✓ source             900ms
        ├─ ✓ get repo         1.8s
        └─ ✓ setup            2.7s  reused
        ✗ checks              8.6s
        └─ ✗ in parallel      8.5s
           ├─ ✗ lint          8.4s  attempt 2  exit code 3
           └─ - test
    "#]],
    );
}

#[test]
fn when_rows_are_few_ended_groups_are_folded() {
    check(
        &running(),
        5,
        100,
        expect![[r#"
        ✓ source             900ms  (2 steps)
        ▸ checks             12.0s
        └─ ▸ in parallel     11.9s
           ├─ ▸ lint         11.8s  attempt 2
           └─ · test                waits: all 2 slots are taken
    "#]],
    );
}

#[test]
fn when_rows_are_fewer_ended_steps_are_left_out() {
    check(
        &running(),
        4,
        100,
        expect![[r#"
        ▸ checks             12.0s
        └─ ▸ in parallel     11.9s
           ├─ ▸ lint         11.8s  attempt 2
           └─ · test                waits: all 2 slots are taken
    "#]],
    );
}

#[test]
fn what_still_does_not_fit_is_counted() {
    check(
        &running(),
        2,
        100,
        expect![[r#"
        ▸ checks     12.0s
        … and 3 more
    "#]],
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    check(
        &running(),
        100,
        32,
        expect![[r#"
        ✓ source             900ms
        ├─ ✓ get repo         1.8s
        └─ ✓ setup            2.7s  reu…
        ▸ checks             12.0s
        └─ ▸ in parallel     11.9s
           ├─ ▸ lint         11.8s  att…
           └─ · test                wai…
    "#]],
    );
}

#[test]
fn colours_change_no_text() {
    let plain = Draw { look: Look::PLAIN, now_ms: NOW_MS, turn: Some(3), rows_max: 100 };
    let colored = Draw { look: Look { colors: true, ..Look::PLAIN }, ..plain };
    let without: Vec<String> = lines(&failed(), colored)
        .iter()
        .map(|line| console::strip_ansi_codes(line).into_owned())
        .collect();
    assert_ne!(lines(&failed(), colored), lines(&failed(), plain));
    assert_eq!(without, lines(&failed(), plain));
}
