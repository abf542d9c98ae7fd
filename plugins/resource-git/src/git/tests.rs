use serde_json::json;

use super::*;

#[test]
fn secrets_and_the_uri_are_in_the_environment_only() {
    let source = Source::read(&json!({
        "uri": "https://ada:s3cret@example.com/x.git",
        "username": "ada",
        "password": "secret:token",
        "private_key": "((secret:key))",
        "git_config": [{"name": "core.bigFileThreshold", "value": 5}],
    }))
    .expect("it is a source");
    let command = git(["fetch", REMOTE]).command(&source, &Place::default());
    assert_eq!(command.args, ["fetch", "tenon"]);
    let value = |name: &str| {
        let found = command.env.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(value("TENON_GIT_PASSWORD"), "secret:token");
    assert_eq!(value("TENON_GIT_PRIVATE_KEY"), "((secret:key))");
    assert_eq!(value("GIT_TERMINAL_PROMPT"), "0");
    let (last, count) = ("core.bigFileThreshold", 8);
    assert_eq!(value("GIT_CONFIG_COUNT"), count.to_string());
    assert_eq!(value("GIT_CONFIG_KEY_0"), "remote.tenon.url");
    assert_eq!(value(&format!("GIT_CONFIG_KEY_{}", count - 1)), last);
    assert_eq!(value(&format!("GIT_CONFIG_VALUE_{}", count - 1)), "5");
}

#[test]
fn gits_question_for_a_password_is_answered_from_the_environment() {
    let source = json!({"uri": "https://example.com/x", "username": "ada", "password": "pa'ss $x"});
    let source = Source::read(&source).expect("it is a source");
    let question = git(["credential", "fill"]).stdin("protocol=https\nhost=example.com\n\n".into());
    let command = question.command(&source, &Place::default());
    let mut program = std::process::Command::new(&command.program);
    program.args(&command.args).env_clear().envs(command.env.clone());
    program.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = program.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    std::io::Write::write_all(&mut stdin, &command.stdin.unwrap_or_default()).expect("git reads");
    drop(stdin);
    let output = child.wait_with_output().expect("git ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("username=ada\npassword=pa'ss $x\n"), "{text}");
}
