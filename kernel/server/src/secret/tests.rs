use super::*;

const RUN: RunId = RunId(1);

#[tokio::test]
async fn a_value_belongs_to_its_run_alone() {
    let secrets = LentSecrets::default();
    secrets.secret_lend(RUN, "token", "hunter22");
    assert_eq!(secrets.secret_get(RUN, "token").await.unwrap(), "hunter22");
    let err = secrets.secret_get(RunId(2), "token").await.unwrap_err();
    assert_eq!(
        err.to_string(),
        "there is no secret \"token\"; set it before the run, or give it with --secret"
    );
}

#[tokio::test]
async fn an_ended_run_has_no_values() {
    let secrets = LentSecrets::default();
    secrets.secret_lend(RUN, "token", "hunter22");
    secrets.secret_forget(RUN);
    assert!(secrets.secret_get(RUN, "token").await.is_err());
    assert!(secrets.masker(RUN).is_empty());
}

#[test]
fn a_value_that_is_lent_later_is_masked_too() {
    let secrets = LentSecrets::default();
    assert!(secrets.masker(RUN).is_empty());
    secrets.secret_lend(RUN, "one", "first-value");
    assert_eq!(secrets.masker(RUN).mask(b"first-value second-value"), b"*** second-value");
    secrets.secret_lend(RUN, "two", "second-value");
    assert_eq!(secrets.masker(RUN).mask(b"first-value second-value"), b"*** ***");
}

#[test]
fn nothing_shows_a_value() {
    let secrets = LentSecrets::default();
    secrets.secret_lend(RUN, "token", "hunter22");
    assert!(!format!("{secrets:?}").contains("hunter22"));
}
