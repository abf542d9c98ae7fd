//! One call of git: its arguments, and the environment that all calls share.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_sdk::Command;
use tenon_sdk::process::Log;

use crate::source::Source;

/// The name of the remote that exists in the environment only.
pub(crate) const REMOTE: &str = "tenon";

/// What is read of an answer: the longest is a list of a thousand commits or all refs.
const STDOUT_BYTES: u32 = 1024 * 1024;
/// Enough for the lines that say why.
const STDERR_BYTES: u32 = 16 * 1024;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Answers git's question for a password from the environment.
const CREDENTIALS: &str = "!f() { test \"$1\" = get || exit 0; \
    printf 'username=%s\\npassword=%s\\n' \"$TENON_GIT_USERNAME\" \"$TENON_GIT_PASSWORD\"; }; f";

/// How SSH is called: it asks nobody, and accepts a host the first time it sees it.
const SSH: &str = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new";
/// The same with a key, which SSH takes from a file only: one that lives as long as the call.
const SSH_WITH_KEY: &str = "f() { umask 077; key=$(mktemp) || exit 1; \
    trap 'rm -f \"$key\"' EXIT; trap 'exit 143' TERM; \
    printf '%s\\n' \"$TENON_GIT_PRIVATE_KEY\" > \"$key\"; \
    ssh -i \"$key\" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o StrictHostKeyChecking=accept-new \"$@\"; }; f";

/// A call of git within an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stdin: Option<String>,
    /// Keep the standard output under this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keep: Option<String>,
    /// A failure is an answer: nothing is kept then.
    #[serde(default)]
    pub(crate) may_fail: bool,
}

/// Where the calls of an operation run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Volumes and their paths.
    pub(crate) mounts: Vec<(String, String)>,
    pub(crate) dir: Option<String>,
}

/// A call that must succeed.
pub(crate) fn git<T: Into<String>>(args: impl IntoIterator<Item = T>) -> Call {
    Call { args: args.into_iter().map(Into::into).collect(), ..Call::default() }
}

impl Call {
    /// Adds arguments.
    pub(crate) fn args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Keeps the standard output.
    pub(crate) fn keep(mut self, name: &str) -> Self {
        self.keep = Some(name.to_owned());
        self
    }

    /// Takes a failure for an answer.
    pub(crate) fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    /// Gives the standard input.
    pub(crate) fn stdin(mut self, text: String) -> Self {
        self.stdin = Some(text);
        self
    }

    /// Returns the word that says what it does, such as `fetch`.
    pub(crate) fn verb(&self) -> &str {
        let verb = self.args.iter().find(|arg| !arg.starts_with('-'));
        verb.map_or("git", String::as_str)
    }

    /// Returns the program to start.
    pub(crate) fn command(&self, source: &Source, place: &Place) -> Command {
        let log = if self.may_fail { Log::None } else { Log::Stderr };
        let mut command = Command::new("git")
            .args(&self.args)
            .envs(environment(source))
            .capture_stdout(STDOUT_BYTES)
            .capture_stderr(STDERR_BYTES)
            .log(log);
        for (volume, path) in &place.mounts {
            command = command.mount(volume, path);
        }
        if let Some(dir) = &place.dir {
            command = command.dir(dir);
        }
        if let Some(text) = &self.stdin {
            command = command.stdin(text.as_str());
        }
        command
    }
}

fn environment(source: &Source) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> = [
        ("PATH", PATH),
        ("LC_ALL", "C.UTF-8"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        // Whatever this looks like, it is ssh.
        ("GIT_SSH_VARIANT", "ssh"),
        ("GIT_SSH_COMMAND", if source.private_key.is_some() { SSH_WITH_KEY } else { SSH }),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Some(key) = &source.private_key {
        env.push(("TENON_GIT_PRIVATE_KEY".into(), key.clone()));
    }
    if let Some(password) = &source.password {
        let username = source.username.clone().unwrap_or_else(|| "git".into());
        env.push(("TENON_GIT_USERNAME".into(), username));
        env.push(("TENON_GIT_PASSWORD".into(), password.clone()));
    }
    let settings = settings(source);
    env.push(("GIT_CONFIG_COUNT".into(), settings.len().to_string()));
    for (n, (name, value)) in settings.into_iter().enumerate() {
        env.push((format!("GIT_CONFIG_KEY_{n}"), name));
        env.push((format!("GIT_CONFIG_VALUE_{n}"), value));
    }
    env
}

/// Returns the settings of each call; of two for one name, git takes the later.
fn settings(source: &Source) -> Vec<(String, String)> {
    let mut settings = vec![
        (format!("remote.{REMOTE}.url"), source.uri.clone()),
        ("advice.detachedHead".into(), "false".into()),
        // A background process would be ended with the attempt.
        ("gc.auto".into(), "0".into()),
        ("maintenance.auto".into(), "false".into()),
        ("user.name".into(), "Tenon".into()),
        ("user.email".into(), "tenon@localhost".into()),
    ];
    if source.password.is_some() {
        settings.push(("credential.helper".into(), CREDENTIALS.into()));
    }
    if source.skip_ssl_verification {
        settings.push(("http.sslVerify".into(), "false".into()));
    }
    settings.extend(source.git_config.iter().map(|setting| {
        let value = match &setting.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (setting.name.clone(), value)
    }));
    settings
}

#[cfg(test)]
mod tests;
