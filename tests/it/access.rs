//! A server that asks who somebody is, from outside: logins, roles, tokens, and the audit.

mod api;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server_process::Server;
use crate::tenon::{Said, tenon};

pub(crate) const PASSWORD: &str = "correct horse battery\n";

/// A command line of somebody with a home of their own.
pub(crate) struct Person<'a> {
    pub(crate) home: &'a Path,
    pub(crate) server: &'a str,
}

impl Person<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = tenon(args);
        command.env("HOME", self.home).env("TENON_SERVER", self.server);
        command
    }

    pub(crate) fn said(&self, args: &[&str]) -> Said {
        self.command(args).stdin(Stdio::null()).output().unwrap().into()
    }

    /// The same with something on the standard input.
    pub(crate) fn told(&self, args: &[&str], input: &str) -> Said {
        told(self.command(args), input)
    }
}

pub(crate) fn told(mut command: Command, input: &str) -> Said {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// Starts a server once, so that its folder is there, and adds an administrator to it.
pub(crate) async fn prepare(data: &Path) {
    assert_eq!(Server::start_closed(data, &[]).await.terminate(), Some(0));
    let folder = data.display().to_string();
    let args = ["user", "--data", &folder, "add", "root", "--role", "admin"];
    told(tenon(&args), PASSWORD).ends(0);
}

#[tokio::test]
async fn people_log_in_do_what_their_role_allows_and_log_out() {
    let (data, home, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    prepare(data.path()).await;
    let server = Server::start_closed(data.path(), &[]).await;
    let root = Person { home: home.path(), server: &server.url };
    let refused = root.said(&["pipeline", "list"]).ends(11);
    assert!(refused.stderr.contains("tenon login"), "{refused:#?}");
    root.told(&["login", "root"], "wrong password\n").ends(11);
    root.told(&["login", "root"], PASSWORD).ends(0);
    let who = root.said(&["whoami", "--output", "json"]).ends(0).json();
    assert_eq!(who[0]["actor"], "user/root");

    root.told(&["user", "add", "viv", "--role", "viewer"], PASSWORD).ends(0);
    let viv = Person { home: other.path(), server: &server.url };
    viv.told(&["login", "viv"], PASSWORD).ends(0);
    let file = data.path().join("p.yml");
    let source = "jobs:\n  - name: j\n    plan:\n      - task: t\n        config:\n          \
                  platform: linux\n          run: {path: 'true'}\n";
    std::fs::write(&file, source).unwrap();
    let file = file.display().to_string();
    let denied = viv.said(&["pipeline", "set", &file]).ends(11);
    let missing = "user/viv may not edit on project/default/pipeline/p";
    assert!(denied.stderr.contains(missing), "{denied:#?}");
    root.said(&["pipeline", "set", &file]).ends(0);
    viv.said(&["pipeline", "run", "p"]).ends(11);
    // A rule of the pipeline gives what the role does not.
    let rule = ["rule", "set", "runner", "name == \"viv\"", "--pipeline", "p"];
    root.said(&rule).ends(0);
    viv.said(&["pipeline", "run", "p"]).ends(0);
    // And its secrets, but those of nobody else.
    let rule = ["rule", "set", "maintainer", "name == \"viv\"", "--pipeline", "p"];
    root.said(&rule).ends(0);
    let set = ["secret", "set", "token", "--value", "hunter2hunter2"];
    viv.said(&[&set[..], &["--pipeline", "p"]].concat()).ends(0);
    let listed = viv.said(&["secret", "list", "--pipeline", "p"]).ends(0);
    assert!(listed.stdout.contains("user/viv"), "{listed:#?}");
    for scope in ["server", "project"] {
        let denied = viv.said(&[&set[..], &["--scope", scope]].concat()).ends(11);
        assert!(denied.stderr.contains("may not secret-write"), "{denied:#?}");
        viv.said(&["secret", "list", "--scope", scope]).ends(11);
        viv.said(&["secret", "remove", "token", "--scope", scope]).ends(11);
    }
    let bad = root.said(&["rule", "set", "runner", "grups == 1"]).ends(11);
    assert!(bad.stderr.contains("\"grups\""), "{bad:#?}");

    let denials = ["audit", "list", "--outcome", "denied", "--output", "json"];
    let denials = root.said(&denials).ends(0).json();
    let actors = denials[0].as_array().unwrap().iter().map(|link| link["actor"].as_str().unwrap());
    assert!(actors.collect::<Vec<_>>().contains(&"user/viv"), "{denials:#?}");
    root.said(&["user", "disable", "viv"]).ends(0);
    viv.said(&["whoami"]).ends(11);
    root.said(&["audit", "verify"]).ends(0);
    root.said(&["logout"]).ends(0);
    root.said(&["whoami"]).ends(11);
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_after_a_restart_and_an_older_database() {
    let (data, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    prepare(data.path()).await;
    let server = Server::start_closed(data.path(), &[]).await;
    let root = Person { home: home.path(), server: &server.url };
    root.told(&["login", "root"], PASSWORD).ends(0);
    let create = ["token", "create", "deploy", "--verb", "view", "--service", "--output", "json"];
    let made = root.said(&create).ends(0).json().remove(0);
    let (text, id) = (made["text"].as_str().unwrap(), made["token"]["id"].as_str().unwrap());
    assert_eq!(server.terminate(), Some(0));
    let database = data.path().join("control.db");
    let backup = std::fs::read(&database).unwrap();

    let server = Server::start_closed(data.path(), &[]).await;
    let root = Person { home: home.path(), server: &server.url };
    root.told(&["login", "root"], PASSWORD).ends(0);
    let with = ["pipeline", "list", "--token", text];
    root.said(&with).ends(0);
    root.said(&["token", "revoke", id]).ends(0);
    root.said(&with).ends(11);
    assert_eq!(server.terminate(), Some(0));

    for is_restored in [false, true] {
        if is_restored {
            std::fs::write(&database, &backup).unwrap();
        }
        let server = Server::start_closed(data.path(), &[]).await;
        let root = Person { home: home.path(), server: &server.url };
        let refused = root.said(&with).ends(11);
        assert!(refused.stderr.contains("revoked"), "{refused:#?}");
        // An older database lacks the end of the audit, which is found out.
        root.told(&["login", "root"], PASSWORD).ends(0);
        root.said(&["audit", "verify"]).ends(i32::from(is_restored));
        assert_eq!(server.terminate(), Some(0));
    }
}
