use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

/// What is said in a test.
#[derive(Default)]
pub(crate) struct Say<'a> {
    pub(crate) file: Option<(&'a str, &'a str)>,
    pub(crate) environment: &'a [(&'a str, &'a str)],
    pub(crate) flags: &'a [(&'a str, &'a [&'a str])],
}

fn outcome(say: &Say<'_>) -> Result<(Settings, Vec<Note>), Mistakes> {
    let environment: BTreeMap<String, String> =
        say.environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let file =
        say.file.map(|(name, text)| Document::parse(Path::new(name), text, &environment).unwrap());
    let flags: Vec<GivenFlag> = say
        .flags
        .iter()
        .map(|(name, values)| GivenFlag {
            name: (*name).to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        })
        .collect();
    resolve(Given { file: file.as_ref(), environment: &environment, flags: &flags })
}

#[track_caller]
pub(crate) fn check(say: &Say<'_>, want: Expect) {
    let mut text = String::new();
    match outcome(say) {
        Ok((settings, notes)) => {
            for row in table::all().filter(|row| settings.is_set(row)) {
                let value = settings.text(row).unwrap();
                let origin = settings.origin(row).unwrap();
                writeln!(text, "{} = {value} ({origin})", row.key).unwrap();
            }
            for note in notes {
                writeln!(text, "-- {note}").unwrap();
            }
        }
        Err(mistakes) => writeln!(text, "!! {mistakes}").unwrap(),
    }
    want.assert_eq(&text);
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let file = Some(("tenon.toml", "[runs]\nmax = 2\nqueue_max = 2\nattempts_max = 2\n"));
    let environment = &[("TENON_RUNS_MAX", "3"), ("TENON_QUEUE_MAX", "3")][..];
    let flags: &[(&str, &[&str])] = &[("runs-max", &["4"])];
    check(
        &Say { file, environment, flags },
        expect![[r#"
        runs.max = 4 (--runs-max)
        runs.queue_max = 3 (TENON_QUEUE_MAX)
        runs.attempts_max = 2 (tenon.toml:4)
    "#]],
    );
    let settings = outcome(&Say::default()).unwrap().0;
    assert_eq!(settings.get::<usize>(&table::runs::RUNS_MAX).unwrap(), 100);
    assert_eq!(settings.get::<Option<String>>(&table::access::RULE).unwrap(), None);
}

#[test]
fn all_mistakes_are_said_at_once() {
    let text = "[server]\nlisen = \"x\"\n\n[runs]\nmax = 0\nlaunchers = \"a\"\n\n[network]\ntls_cert = \"c\"\ntrusted_proxies = [\"10.0.0.1/8\"]\n\n[x]\ny = \"${GONE}\"\n";
    check(
        &Say {
            file: Some(("tenon.toml", text)),
            environment: &[("TENON_GRACE", "10"), ("TENON_ALLOWED_FEATURES", "fetch,webhoks")],
            flags: &[("listen", &["here"]), ("runs-max", &["1", "2"])],
        },
        expect![[r#"
            !! 10 settings cannot be used:
              tenon.toml:13: x.y: the variable GONE is not set; set it, or write ${GONE:-default}
              tenon.toml:2: "server.lisen" is not known; did you mean "server.listen"?
              tenon.toml:6: "runs.launchers" is not known; did you mean "runs.launcher"?
              tenon.toml:5: runs.max: 0 is too small; the least is 1
              tenon.toml:10: network.trusted_proxies: "10.0.0.1/8" has bits behind its first 8; write the first address of the network, or /32 for one address
              TENON_GRACE: "10" is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m
              --listen: "here" is not an address with a port, such as 127.0.0.1:7070
              --runs-max: it takes one value, and there are 2
              tenon.toml:9: network.tls_cert needs network.tls_key (--tls-key, TENON_TLS_KEY) too
              TENON_ALLOWED_FEATURES: there is no feature "webhoks"; there are: fetch, secrets, retries, webhooks, schedules, notifications, approvals
        "#]],
    );
}

#[test]
fn keys_that_nobody_knows_come_with_what_may_be_meant() {
    let text = "listen: a\nserver: {listn: a, runs_max: 1}\nmongodb: {urii: a}\nsecret: 1\nlimits: 3\nzzz: 1\n";
    check(
        &Say { file: Some(("tenon.yaml", text)), ..Say::default() },
        expect![[r#"
        !! 7 settings cannot be used:
          tenon.yaml:1: "listen" is not known; did you mean "server.listen"?
          tenon.yaml:2: "server.listn" is not known; did you mean "server.listen"?
          tenon.yaml:2: "server.runs_max" is not known; `tenon config show` lists all settings
          tenon.yaml:3: "mongodb.urii" is not known; did you mean "mongodb.uri"?
          tenon.yaml:4: "secret" is not known; `tenon config show` lists all settings
          tenon.yaml:5: limits is a section, and cannot have a value itself
          tenon.yaml:6: "zzz" is not known; `tenon config show` lists all settings
    "#]],
    );
}

#[test]
fn secrets_are_never_repeated() {
    let secrets = &[
        ("TENON_KEY", "hunter2"),
        ("TENON_BASIC_AUTH", "hunter2"),
        ("TENON_SECRETS", "A=hunter2\nhunter2"),
        ("TENON_SUPER_TOKEN_HASH", "hunter2"),
    ][..];
    let said = outcome(&Say { environment: secrets, ..Say::default() }).unwrap_err().to_string();
    assert!(!said.contains("hunter2"), "{said}");
    let said = outcome(&Say { environment: &secrets[..1], ..Say::default() }).unwrap();
    assert!(!format!("{said:?}").contains("hunter2"), "{said:?}");
    assert_eq!(said.0.get::<String>(&table::secrets::KEY).unwrap(), "hunter2");
    check(
        &Say { environment: secrets, ..Say::default() },
        expect![[r#"
            !! 3 settings cannot be used:
              TENON_BASIC_AUTH: it cannot be used; expected `user:password`
              TENON_SECRETS: it cannot be used; expected a list, one per line: `NAME=VALUE`
              TENON_SUPER_TOKEN_HASH: expected a SHA-256 digest, 64 hexadecimal digits, as `printf %s TOKEN | sha256sum` prints it
        "#]],
    );
}

#[test]
fn a_secret_can_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "s3cr3t\n").unwrap();
    let path = path.display().to_string();
    let is_read = |say: &Say<'_>| {
        outcome(say).unwrap().0.get::<String>(&table::secrets::KEY).unwrap() == "s3cr3t"
    };
    assert!(is_read(&Say { environment: &[("TENON_KEY_FILE", &path)], ..Say::default() }));
    assert!(is_read(&Say { flags: &[("key-file", &[&path])], ..Say::default() }));
    let text = "[secrets]\nkey_file = \"key\"\n";
    let file = folder.path().join("tenon.toml").display().to_string();
    assert!(is_read(&Say { file: Some((&file, text)), ..Say::default() }));

    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    let empty = folder.path().join("empty").display().to_string();
    let said = outcome(&Say { environment: &[("TENON_KEY_FILE", &empty)], ..Say::default() });
    assert!(said.unwrap_err().to_string().ends_with("is empty"));
    check(
        &Say { environment: &[("TENON_KEY_FILE", "/nowhere/key")], ..Say::default() },
        expect![[r#"
            !! TENON_KEY_FILE: failed to read /nowhere/key: No such file or directory (os error 2)
        "#]],
    );
    check(
        &Say { environment: &[("TENON_KEY_FILE", &path), ("TENON_KEY", "x")], ..Say::default() },
        expect![[r#"
            !! TENON_KEY_FILE: TENON_KEY says the same; keep one of them
        "#]],
    );
}

#[test]
fn ours_wins_over_theirs_in_the_same_place() {
    let environment = &[("TENON_PORT", "1"), ("SERVER_PORT", "tcp://10.0.0.1:80")];
    check(
        &Say { environment, ..Say::default() },
        expect![[r#"
        server.port = 1 (TENON_PORT)
        -- SERVER_PORT: it is not looked at, as TENON_PORT is set
    "#]],
    );
}

#[test]
fn a_configuration_file_of_another_system_is_understood() {
    let text = "server:\n  port: ${SERVER_PORT}\n  max_request_size_mb: 100\n  read_timeout_seconds: 30\nmongodb:\n  uri: ${MONGODB_URI}\nencryption:\n  key_secret: ${ENCRYPTION_KEY}\n  algorithm: argon2id\nsession:\n  cookie_same_site: strict\n";
    check(
        &Say {
            file: Some(("config.yml", text)),
            environment: &[
                ("SERVER_PORT", "4454"),
                ("MONGODB_URI", "m"),
                ("ENCRYPTION_KEY", "0123"),
            ],
            ..Say::default()
        },
        expect![[r#"
            server.port = 4454 (SERVER_PORT)
            access.same_site = strict (config.yml:11)
            secrets.key = ******** (ENCRYPTION_KEY)
            limits.body_max = 100MiB (config.yml:3)
            limits.read_timeout = 30s (config.yml:4)
            -- config.yml:6: it has no meaning here: no database server is needed: everything is kept in the folder `server.data`
            -- config.yml:9: the key is always derived by argon2id
            -- config.yml:3: it is taken as limits.body_max
            -- config.yml:4: it is taken as limits.read_timeout
            -- config.yml:8: it is taken as secrets.key
            -- config.yml:11: it is taken as access.same_site
            -- MONGODB_URI: it has no meaning here: no database server is needed: everything is kept in the folder `server.data`
            -- ENCRYPTION_KEY: it is taken as secrets.key; here it is TENON_KEY
            -- SERVER_PORT: it is taken as server.port; here it is TENON_PORT
        "#]],
    );
}

#[test]
fn a_flag_of_the_same_name_is_theirs_where_ours_makes_no_sense() {
    check(
        &Say { flags: &[("secret", &["A=b", "C=d"])], ..Say::default() },
        expect![[r#"
            secrets.values = ******** (--secret)
        "#]],
    );
    check(
        &Say { flags: &[("secret", &["s3cr3t"])], ..Say::default() },
        expect![[r#"
            access.signing_secret = ******** (--secret)
            -- --secret: it is taken as access.signing_secret; here it is --signing-secret
        "#]],
    );
    check(
        &Say { flags: &[("launcher", &["a"])], ..Say::default() },
        expect![[r#"
        runs.launcher = a (--launcher)
    "#]],
    );
    check(
        &Say { flags: &[("launcher", &["a", "b"])], ..Say::default() },
        expect![[r#"
        runs.launchers_allowed = a, b (--launcher)
        -- --launcher: it is taken as runs.launchers_allowed; here it is --allowed-launchers
    "#]],
    );
}

#[test]
fn variables_that_look_like_ours_are_pointed_out() {
    let environment = &[
        ("TENON_LISTN", "x"),
        ("TENON_WHATEVER_THIS_IS", "x"),
        ("TENON_SERVER", "x"),
        ("TENON_LISTEN", ""),
    ];
    check(
        &Say { environment, ..Say::default() },
        expect![[r#"
        -- TENON_LISTN: no setting has this variable; did you mean TENON_LISTEN?
        -- TENON_WHATEVER_THIS_IS: no setting has this variable; `tenon config show` lists all settings
    "#]],
    );
}

#[test]
fn switches_stand_alone_or_say_which() {
    check(
        &Say { flags: &[("no-auth", &[])], ..Say::default() },
        expect![[r#"
            access.no_auth = true (--no-auth)
        "#]],
    );
    check(
        &Say { flags: &[("no-auth", &["false"])], ..Say::default() },
        expect![[r#"
            access.no_auth = false (--no-auth)
        "#]],
    );
}
