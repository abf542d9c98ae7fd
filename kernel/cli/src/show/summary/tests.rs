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
          dist/app.tar.gz  1.3 MiB

        ✗ ci #3 failed in 12.4s
          4 steps: 2 succeeded, 1 failed, 1 skipped  ·  run_01k3
    "#]]
    .assert_eq(&(lines(&failed(), &extras, Look::PLAIN).join("\n") + "\n"));
}

#[test]
fn sizes_have_a_unit() {
    let shown = [0, 1023, 1024, 1_468_006, 5_000_000_000, u64::MAX].map(bytes);
    assert_eq!(shown[..5], ["0 B", "1023 B", "1.0 KiB", "1.3 MiB", "4.6 GiB"]);
    assert!(shown[5].ends_with("TiB"));
}
