use expect_test::expect;

use super::*;
use crate::show::view::sample::failed;

#[test]
fn the_summary_of_a_failed_run_ends_with_the_reason() {
    let tail = vec!["one".to_owned(), "two".to_owned()];
    let extras = Extras {
        tails: vec![(6, tail)],
        artifacts: vec![("dist/app.tar.gz".to_owned(), 1_468_006)],
    };
    expect![[r#"

        ✓ source             900ms
        ├─ ✓ get repo         1.8s
        └─ ✓ setup            2.7s  reused
        ✗ checks              8.6s
        └─ ✗ in parallel      8.5s
           ├─ ✗ lint          8.4s  attempt 2  exit code 3
           └─ - test

        ✗ checks/lint failed: exit code 3
          │ one
          │ two

        kept files
          dist/app.tar.gz  1.4 MiB

        ✗ ci #3 failed in 12.4s
          4 steps: 2 succeeded, 1 failed, 1 skipped  ·  run_01k3
    "#]]
    .assert_eq(&(lines(&failed(), &extras, Look::PLAIN).join("\n") + "\n"));
}

#[test]
fn sizes_have_a_unit_and_are_rounded_to_the_nearest() {
    for (size, want) in [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1075, "1.0 KiB"),
        (1076, "1.1 KiB"),
        (1_468_006, "1.4 MiB"),
        (2_000_000, "1.9 MiB"),
        (1_048_524, "1023.9 KiB"),
        (1_048_525, "1.0 MiB"),
        (5_000_000_000, "4.7 GiB"),
        (u64::MAX, "16384.0 PiB"),
    ] {
        assert_eq!(bytes(size), want, "{size}");
    }
}
