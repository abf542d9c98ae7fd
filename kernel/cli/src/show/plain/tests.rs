use expect_test::expect;

use super::*;
use crate::show::view::sample::{failed, running};

#[test]
fn each_change_is_said_once() {
    let mut plain = Plain::default();
    let mut said = plain.news(&running(), &|_| false, Look::PLAIN);
    said.push("--".to_owned());
    said.extend(plain.news(&running(), &|_| false, Look::PLAIN));
    said.push("--".to_owned());
    said.extend(plain.news(&failed(), &|_| false, Look::PLAIN));
    expect![[r#"
        ▸ source begins
        ▸ source/get repo begins
        ▸ checks begins
        ▸ checks/lint begins, attempt 2
        · checks/test waits: all 2 slots are taken
        ✓ source/get repo succeeded in 1.8s
        ✓ source/setup succeeded in 2.7s, reused
        ✓ source succeeded in 900ms
        --
        --
        ✗ checks/lint failed in 8.4s: exit code 3
        - checks/test skipped
        ✗ checks failed in 8.6s
    "#]]
    .assert_eq(&(said.join("\n") + "\n"));
}

#[test]
fn the_end_of_a_step_comes_after_its_output() {
    let mut plain = Plain::default();
    let early = plain.news(&failed(), &|node| node.name == "lint", Look::PLAIN);
    assert!(!early.iter().any(|line| line.contains("checks/lint failed")), "{early:#?}");
    let late = plain.news(&failed(), &|_| false, Look::PLAIN);
    assert_eq!(late, ["✗ checks/lint failed in 8.4s: exit code 3", "✗ checks failed in 8.6s"]);
}
