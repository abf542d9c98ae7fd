use async_trait::async_trait;

use super::*;

struct Vault;

#[async_trait]
impl Secrets for Vault {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        match name {
            "token" => Ok("t0k".to_owned()),
            "team/key" => Ok("((secret:token))".to_owned()),
            _ => Err(SecretError::Missing { name: name.to_owned() }),
        }
    }
}

#[track_caller]
fn check(text: &str, want: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let got = runtime.expect("a runtime").block_on(resolve(text, RunId(1), &Vault));
    assert_eq!(got.unwrap_or_else(|err| format!("error: {err}")), want);
}

#[test]
fn references_are_replaced_whole_and_inside() {
    check("secret:token", "t0k");
    check("Bearer ((secret:token))!", "Bearer t0k!");
    check("((secret:token))((secret:token))", "t0kt0k");
}

#[test]
fn a_value_is_not_looked_into_again() {
    check("x((secret:team/key))", "x((secret:token))");
}

#[test]
fn what_only_looks_like_a_reference_stays() {
    check("a secret: of mine", "a secret: of mine");
    check("((secret:no such name)) and ((secret:", "((secret:no such name)) and ((secret:");
}

#[test]
fn a_missing_one_is_named() {
    check(
        "((secret:nope))",
        "error: there is no secret \"nope\"; set it with `tenon secret set nope`, \
         or give it to the run with --secret",
    );
}
